"""The supervisor: it starts the processes of a store, and again when they die.

It has loaded the application before it starts them; where processes fork (Linux) they
therefore begin at once and share its memory.
"""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from time import monotonic, sleep
from types import FrameType
from typing import Any

from django.db import connections

from hexostore.lifeline import dies_with_parent
from hexostore.web.listening import Listener
from hexostore.web.threads import thread_count

PATIENCE = 30.0  # seconds for the servers to answer, and to stop
SHORT_LIFE = 10.0  # seconds; who dies sooner is started again later each time
SLOWEST_RESTART = 30.0

_FORKS = sys.platform == "linux"

_log = logging.getLogger("hexostore.server")


@dataclass(frozen=True)
class Child:
    """A process that the supervisor keeps running, by the name that the log calls it.

    `target` runs in it, and on SIGTERM ends what it has begun.
    """

    name: str
    target: Callable[..., None]
    arguments: tuple[Any, ...] = ()


@dataclass
class Running:
    """A child that was started: its process, since when, and after how long it may start again."""

    child: Child
    process: BaseProcess
    since: float = field(default_factory=monotonic)
    delay: float = 0.0

    @property
    def next_delay(self) -> float:
        """Seconds to wait before the next start: none after a long life, else twice as many as
        last time."""
        if monotonic() - self.since > SHORT_LIFE:
            return 0.0
        return min(SLOWEST_RESTART, 2 * self.delay or 0.5)


def web_workers(listeners: Sequence[Listener], count: int) -> list[Child]:
    """Return the children that serve the listeners."""
    arguments = (tuple(listeners), thread_count(count))
    return [Child(f"web server {number + 1}", _serve_web, arguments) for number in range(count)]


def _serve_web(listeners: Sequence[Listener], threads: int) -> None:
    from hexostore.web import worker
    from hexostore.wsgi import application

    worker.serve(application, listeners, threads)


class Supervisor:
    """Runs the children until a signal comes.

    `tend` is called twice a second; `on_ready` once, when all listeners answer; `release` in each
    child, to let go of what belongs to the parent.
    """

    def __init__(
        self,
        children: Sequence[Child],
        listeners: Sequence[Listener],
        *,
        tend: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self.children, self.listeners = children, listeners
        self.tend, self.release = tend, release
        self._stopping = False
        self._running: list[Running] = []
        self._due: list[tuple[float, Running]] = []

    def run(self, on_ready: Callable[[], None]) -> bool:
        """True when it was asked to stop, False when the servers never answered."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask_to_stop)
        self._running = [
            Running(child, start_child(child, self.release)) for child in self.children
        ]
        try:
            if self._wait_until_ready():
                on_ready()
                self._watch()
            return self._stopping
        finally:
            _end([each.process for each in self._running])

    def _ask_to_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, child: Child, *, delay: float = 0.0) -> Running:
        return Running(child, start_child(child, self.release), delay=delay)

    def _wait_until_ready(self) -> bool:
        deadline = monotonic() + PATIENCE
        waiting = list(self.listeners)
        while waiting and not self._stopping:
            if monotonic() > deadline or not all(each.process.is_alive() for each in self._running):
                _log.error("%s does not answer", waiting[0].url)
                return False
            if waiting[0].answers():
                waiting.pop(0)
            else:
                sleep(0.02)
        return not self._stopping

    def _watch(self) -> None:
        while not self._stopping:
            wait([each.process.sentinel for each in self._running], timeout=0.5)
            if not self._stopping:
                self._replace_dead()
                self.tend()

    def _replace_dead(self) -> None:
        """Note who died, and start those again whose time has come."""
        for each in [each for each in self._running if not each.process.is_alive()]:
            self._running.remove(each)
            self._due.append((monotonic() + each.next_delay, each))
            _log.error(
                "%s ended with status %s; starting it again%s",
                each.child.name,
                each.process.exitcode,
                f" in {each.next_delay:g} s" if each.next_delay else "",
            )
        for due in [due for due in self._due if due[0] <= monotonic()]:
            self._due.remove(due)
            _, dead = due
            self._running.append(self._start(dead.child, delay=dead.next_delay))


def _end(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()


def start_child(child: Child, release: Callable[[], None]) -> BaseProcess:
    """Start a child, which dies with the thread that starts it.

    Where processes fork, it calls `release` first, to let go of what belongs to its parent.
    """
    connections.close_all()  # a fork would read from the same sockets as its parent
    context = multiprocessing.get_context("fork" if _FORKS else "spawn")
    process = context.Process(  # type: ignore[attr-defined]
        target=_live,
        args=(child, dies_with_parent(signal.SIGKILL), release if _FORKS else None),
    )
    process.start()
    assert isinstance(process, BaseProcess)
    return process


def _live(child: Child, bind: Callable[[], None], release: Callable[[], None] | None) -> None:
    """What every child does."""
    bind()
    os.setsid()  # Ctrl-C reaches the supervisor alone, which then stops all in order
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    if release is not None:
        release()
    child.target(*child.arguments)


def default_workers() -> int:
    """One per core, at most two: a test bench rarely needs more."""
    return min(os.cpu_count() or 1, 2)
