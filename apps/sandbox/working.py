"""The process that does jobs, beside the web servers of `serve` or by itself."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from threading import Event
from types import FrameType, TracebackType
from typing import Self

import django
from django.db import connections

from hexostore.lifeline import dies_with_parent

PATIENCE = 10.0  # seconds that the process has to end before it is killed

_log = logging.getLogger("hexostore.jobs")


class WorkerProcess:
    """A worker that is there as long as the context lasts, and dies with its parent.

    `release` is called in the child, to let go of what belongs to the parent. To be entered and
    tended by the main thread, which the child watches.
    """

    def __init__(self, release: Callable[[], None]) -> None:
        method = "fork" if sys.platform == "linux" else "spawn"
        self._context = multiprocessing.get_context(method)
        self._release = release if method == "fork" else None
        self._process: BaseProcess | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()

    @property
    def process(self) -> BaseProcess:
        """The worker of the moment."""
        assert self._process is not None
        return self._process

    def tend(self) -> None:
        """Start the worker again if it died."""
        if not self.process.is_alive():
            _log.error("The job worker died; starting it again.")
            self._start()

    def _start(self) -> None:
        connections.close_all()  # a fork would read from the same sockets as its parent
        bind = dies_with_parent(signal.SIGTERM)
        process = self._context.Process(  # type: ignore[attr-defined]
            target=_work_in_child, args=(bind, self._release), name="hexostore-jobs"
        )
        process.start()
        self._process = process


def _work_in_child(bind: Callable[[], None], release: Callable[[], None] | None) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)  # a fork has its parent's
    bind()
    os.setsid()  # Ctrl-C reaches the supervisor alone, which then stops all in order
    if release is not None:
        release()
    django.setup()
    work_until_stopped()


def work_until_stopped() -> None:
    """Do jobs in this process until SIGTERM or SIGINT comes."""
    from apps.jobs import worker

    stop = Event()

    def ask_to_stop(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask_to_stop)
    worker.run(stop)
