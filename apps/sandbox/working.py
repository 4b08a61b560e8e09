"""The process that does jobs, next to the web servers of `serve` or by itself."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from threading import Event
from types import FrameType

import django

from hexostore.server import Child
from hexostore.settings import unlimit_statements
from hexostore.web.listening import Listener


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
    from apps.jobs import worker

    stop = Event()

    def ask_to_stop(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask_to_stop)
    worker.run_worker(stop)
