"""The jobs of sandboxes other than main.

PostgreSQL tells nobody outside of a database about the jobs in it. So whoever adds one says so on a
channel of the control database, where one thread listens. It does the jobs of one sandbox after
those of another, and looks again later if some are left.
"""

from __future__ import annotations

import logging
from threading import Event

import psycopg
from django.db import Error, connection

from apps.control.clocks import Advancing, inside_for_jobs
from apps.control.connection import close_control, control, has_control
from apps.control.names import MAIN
from apps.control.plane import ControlPlane, UnknownSandbox, plane
from apps.jobs import queue
from hexostore.database.chosen import chosen_database

CHANNEL = "hexostore_sandbox_jobs"

_AGAIN = 10  # times that it listened, before it looks again at sandboxes with jobs for later
_LISTENED = 0.5  # seconds

_log = logging.getLogger("hexostore.control")


def announce_job() -> None:
    """Say that the sandbox of this context has a new job, unless it is main."""
    chosen = chosen_database() if has_control() else None
    known = plane()
    if chosen is None or known is None or chosen.name == known.sandbox(MAIN).world:
        return
    control().execute("SELECT pg_notify(%s, %s)", [CHANNEL, chosen.name])


def do_jobs_of_sandboxes(known: ControlPlane, stop: Event) -> None:
    """Do the jobs of all sandboxes except main, until `stop` is set. This survives restarts of the
    database."""
    while not stop.is_set():
        try:
            control().execute(f"LISTEN {CHANNEL}")
            _work(known, stop)
        except (Error, psycopg.Error) as error:
            _log.warning("the jobs of sandboxes are waiting: %s", type(error).__name__)
            close_control()
            connection.close()
            stop.wait(_LISTENED)
    close_control()
    connection.close()


def _work(known: ControlPlane, stop: Event) -> None:
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
