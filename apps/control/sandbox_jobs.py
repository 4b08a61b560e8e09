"""The jobs of sandboxes other than main.

PostgreSQL tells nobody outside of a database about the jobs in it. So whoever adds one says so on a
channel of the control database, where one thread listens. It does the jobs of one sandbox after
those of another, and looks again later if some are left.
"""

from __future__ import annotations

from threading import Event

from apps.control.background import keep_working
from apps.control.clocks import Advancing, inside_for_jobs
from apps.control.connection import control
from apps.control.names import MAIN
from apps.control.plane import ControlPlane, UnknownSandbox, current_sandbox
from apps.jobs import queue

CHANNEL = "hexostore_sandbox_jobs"

_AGAIN = 10  # times that it listened, before it looks again at sandboxes with jobs for later
_LISTENED = 0.5  # seconds


def announce_job() -> None:
    """Say that the sandbox of this context has a new job, unless it is main."""
    sandbox = current_sandbox()
    if sandbox is not None and sandbox.name != MAIN:
        control().execute("SELECT pg_notify(%s, %s)", [CHANNEL, sandbox.world])


def do_jobs_of_sandboxes(known: ControlPlane, stop: Event) -> None:
    """Do the jobs of all sandboxes except main, until `stop` is set. This survives restarts of the
    database."""
    keep_working(lambda: _work(known, stop), "the jobs of sandboxes are waiting", stop)


def _work(known: ControlPlane, stop: Event) -> None:
    control().execute(f"LISTEN {CHANNEL}")
    unfinished = {each.world for each in known.state().sandboxes.values()}
    turns = 0
    while not stop.is_set():
        asked = set(unfinished) if turns % _AGAIN == 0 else set()
        asked |= {each.payload for each in control().notifies(timeout=_LISTENED, stop_after=1)}
        for world in asked:
            unfinished.discard(world)
            if _do_jobs_in(known, world):
                unfinished.add(world)
        turns += 1


def _do_jobs_in(known: ControlPlane, world: str) -> bool:
    """Do what is due in a world. Return whether there is more to do later."""
    names = [each.name for each in known.state().sandboxes.values() if each.world == world]
    if not names or names == [MAIN]:
        return False
    try:
        with inside_for_jobs(known, names[0], waits=False):
            queue.do_due()
            return queue.are_waiting()
    except UnknownSandbox:
        return False
    except Advancing:
        return True
