"""The supervisor: it starts the processes of a store, and restarts them when they die.

It loads the application before it starts them. If processes fork (Linux), they therefore begin at
once and share its memory.
"""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import Any

from django.db import connections

from hexostore.lifeline import dies_with_parent
from hexostore.web.listening import Listener
from hexostore.web.observer import ObservedNames, Observer
from hexostore.web.threads import thread_count

PATIENCE = 30.0  # seconds for the servers to answer, and to stop
SHORT_LIFE = 10.0  # seconds; who dies sooner is started again later each time
FIRST_PAUSE, SLOWEST_RESTART = 0.5, 30.0  # seconds before a start, after a short life

_FORKS = sys.platform == "linux"

_log = logging.getLogger("hexostore.server")


@dataclass(frozen=True)
class Child:
    """A process that the supervisor keeps running, under the name in the log.

    `target` runs in it. On SIGTERM it ends what it has begun.
    """

    name: str
    target: Callable[..., None]
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Running:
    """A started child: its process, its start, and the pause before it."""

    child: Child
    process: BaseProcess
    since: float
    pause: float = 0.0

    def next_pause(self, now: float) -> float:
        """Return the seconds before the next start: 0 after a long life, else twice as many as last
        time."""
        if now - self.since > SHORT_LIFE:
            return 0.0
        return min(SLOWEST_RESTART, 2 * self.pause or FIRST_PAUSE)


@dataclass(frozen=True)
class Due:
    """A child that must be started again at a time."""

    child: Child
    at: float
    pause: float


@dataclass(frozen=True)
class Observation:
    """That requests are counted: in which folder, by which names, and who shows the counts."""

    folder: Path
    names: ObservedNames
    listener: Listener


def web_workers(
    listeners: Sequence[Listener], count: int, observation: Observation | None = None
) -> list[Child]:
    """Return the children that serve the listeners, and count requests if that is wanted."""
    known = tuple(listeners), thread_count(count), observation
    places = range(1, count + 1)
    return [Child(f"web server {place}", _serve_web, (*known, place)) for place in places]


def _serve_web(
    listeners: Sequence[Listener], threads: int, observation: Observation | None, place: int
) -> None:
    from hexostore.web import worker
    from hexostore.wsgi import application

    observer = None
    if observation is not None:
        observation.listener.socket.close()  # which is another process's
        observer = Observer(observation.folder, f"web-{place}", observation.names)
    worker.serve_requests(application, listeners, threads, observer)


class Supervisor:
    """Runs the children until a signal comes.

    `tend` is called twice a second, `on_ready` once, when all listeners answer, and `release` in
    each child, to close what belongs to the parent.
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
        self._due: list[Due] = []

    def run(self, on_ready: Callable[[], None]) -> bool:
        """Return True when it was asked to stop, and False if the servers never answered."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask_to_stop)
        self._running = [self._start_child(child) for child in self.children]
        try:
            if self._wait_until_ready():
                on_ready()
                self._watch_children()
            return self._stopping
        finally:
            _end_processes([each.process for each in self._running])

    def _ask_to_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start_child(self, child: Child, pause: float = 0.0) -> Running:
        return Running(child, start_child(child, self.release), monotonic(), pause)

    def _wait_until_ready(self) -> bool:
        deadline = monotonic() + PATIENCE
        waiting = list(self.listeners)
        while waiting and not self._stopping:
            if monotonic() > deadline or not all(each.process.is_alive() for each in self._running):
                _log.error("%s does not respond", waiting[0].url)
                return False
            if waiting[0].answers():
                waiting.pop(0)
            else:
                sleep(0.02)
        return not self._stopping

    def _watch_children(self) -> None:
        while not self._stopping:
            wait([each.process.sentinel for each in self._running], timeout=0.5)
            if not self._stopping:
                self._replace_dead()
                self.tend()

    def _replace_dead(self) -> None:
        """Log which children died, and restart those whose time has come."""
        now = monotonic()
        for dead in [each for each in self._running if not each.process.is_alive()]:
            self._running.remove(dead)
            pause = dead.next_pause(now)
            self._due.append(Due(dead.child, now + pause, pause))
            status = dead.process.exitcode
            when = f" in {pause:g} s" if pause else ""
            _log.error(
                "%s ended with status %s; starting it again%s", dead.child.name, status, when
            )
        for due in [each for each in self._due if each.at <= now]:
            self._due.remove(due)
            self._running.append(self._start_child(due.child, due.pause))


def _end_processes(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()


def start_child(child: Child, release: Callable[[], None]) -> BaseProcess:
    """Start a child, which dies with the thread that starts it.

    If processes fork, it calls `release` first, to close what belongs to its parent.
    """
    connections.close_all()  # a fork would read from the same sockets as its parent
    context = multiprocessing.get_context("fork" if _FORKS else "spawn")
    process = context.Process(  # type: ignore[attr-defined]
        target=_live_with_parent,
        args=(child, dies_with_parent(signal.SIGKILL), release if _FORKS else None),
    )
    process.start()
    assert isinstance(process, BaseProcess)
    return process


def _live_with_parent(
    child: Child, bind: Callable[[], None], release: Callable[[], None] | None
) -> None:
    """Do what every child does."""
    bind()
    os.setsid()  # Ctrl-C reaches the supervisor alone, which then stops all in order
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    if release is not None:
        release()
    child.target(*child.arguments)


def default_workers() -> int:
    """Return one per core, at most two. A test bench rarely needs more."""
    return min(os.cpu_count() or 1, 2)
