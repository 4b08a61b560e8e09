"""The process that does jobs, next to the web servers of `serve` or by itself."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

import django

from apps.control.names import MAIN
from hexostore.database.using import unlimit_statements
from hexostore.server import Child
from hexostore.web.listening import Listener

if TYPE_CHECKING:
    from apps.control.plane import ControlPlane


def job_worker(listeners: Sequence[Listener] = ()) -> Child:
    """Return the process that the supervisor keeps running. It closes the listeners."""
    return Child("job worker", _work_in_child, (tuple(listeners),))


def _work_in_child(listeners: Sequence[Listener]) -> None:
    for listener in listeners:  # only who accepts connections holds a port
        listener.socket.close()
    django.setup()  # which a forked process has behind it, and a spawned one has not
    unlimit_statements()  # the supervisor has loaded what the web servers run
    work_until_stopped()


def work_until_stopped() -> None:
    """Do jobs in this process until SIGTERM or SIGINT comes."""
    from apps.control.clocks import inside_for_jobs
    from apps.control.plane import plane
    from apps.jobs import worker

    stop = Event()

    def ask_to_stop(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask_to_stop)
    known = plane()
    if known is None:
        worker.run_worker(stop)
        return
    threads = _start_housekeeping(known, stop)
    worker.run_worker(stop, lambda: inside_for_jobs(known, MAIN, waits=True))
    stop.set()
    for thread in threads:
        thread.join(worker.PATIENCE)


def _start_housekeeping(known: ControlPlane, stop: Event) -> list[Thread]:
    """Start the threads that keep the sandboxes in order and do their jobs."""
    from apps.control.journal.rows import keep_draining
    from apps.control.keeper import keep_house
    from apps.control.sandbox_jobs import do_jobs_of_sandboxes
    from apps.sandbox.store_worlds import store_sandboxes, store_templates

    keeping = store_sandboxes(), store_templates(), stop
    threads = [
        Thread(target=keep_house, args=keeping, name="keeper", daemon=True),
        Thread(target=do_jobs_of_sandboxes, args=(known, stop), name="sandbox jobs", daemon=True),
        Thread(target=keep_draining, args=(stop,), name="journal", daemon=True),
    ]
    for thread in threads:
        thread.start()
    return threads
