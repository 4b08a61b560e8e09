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
from enum import Enum
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import Any

from django.db import connections

from hexostore import succession
from hexostore.lifeline import dies_with_parent
from hexostore.retired import Retired
from hexostore.web.board import Board
from hexostore.web.listening import Listener
from hexostore.web.observer import ObservedNames, Observer
from hexostore.web.threads import thread_count
from hexostore.web.told import WorkerTold

PATIENCE = 30.0  # seconds for the servers to answer, and to stop
SHORT_LIFE = 10.0  # seconds; who dies sooner is started again later each time
FIRST_PAUSE, SLOWEST_RESTART = 0.5, 30.0  # seconds before a start, after a short life

LOOK = 0.5  # seconds between two looks at the children

_FORKS = sys.platform == "linux"
_WEB, _PLACE = "web server", "web-"

_log = logging.getLogger("hexostore.server")


class RunOutcome(Enum):
    """What a supervisor has come to."""

    STOPPED = "it was asked to stop"
    FAILED = "the servers never answered"
    RESTART = "it was asked to restart, and its children still run"


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


@dataclass(frozen=True)
class WebGroup:
    """The web servers of one supervisor: how many, what they listen on, what they tell and are
    told, and the seconds in which what runs may end when they are stopped."""

    listeners: tuple[Listener, ...]
    count: int
    board: Board
    stop_seconds: float
    observation: Observation | None = None

    def children(self) -> list[Child]:
        """Return the processes."""
        places = range(1, self.count + 1)
        return [Child(f"{_WEB} {place}", _serve_web, (self, place)) for place in places]


def _serve_web(group: WebGroup, place: int) -> None:
    from hexostore import health
    from hexostore.database.using import use_pool
    from hexostore.web import worker
    from hexostore.wsgi import application

    use_pool()
    health.serve_readiness(group.board.is_draining)
    observer, observation = None, group.observation
    if observation is not None:
        observation.listener.socket.close()  # which is another process's
        observer = Observer(observation.folder, f"{_PLACE}{place}", observation.names)
    told = WorkerTold(
        group.board.is_draining, lambda: group.board.note_serving(place), group.stop_seconds
    )
    threads = thread_count(group.count)
    worker.serve_requests(application, group.listeners, threads, observer, told)


class Supervisor:
    """Runs the children until a signal comes.

    `tend` is called twice a second, `on_ready` once, when all listeners answer, and `release` in
    each child, to close what belongs to the parent. SIGTERM begins the drain of the web servers, if
    they have one, and succession.SIGNAL asks for a restart, before which `may_restart` is called.
    """

    def __init__(
        self,
        children: Sequence[Child],
        web: WebGroup,
        *,
        tend: Callable[[], None],
        release: Callable[[], None],
        may_restart: Callable[[], bool] = lambda: True,
        drain: float = 0.0,
        retired: Retired | None = None,
    ) -> None:
        self.children, self.web = children, web
        self.tend, self.release, self.may_restart = tend, release, may_restart
        self.drain = drain
        self.retired = retired or Retired()
        self._stop_at: float | None = None
        self._restart_wanted = False
        self._running: list[Running] = []
        self._due: list[Due] = []

    def _is_asked_to_stop(self) -> bool:
        return self._stop_at is not None

    def _must_stop(self) -> bool:
        return self._stop_at is not None and monotonic() >= self._stop_at

    def run(self, on_ready: Callable[[], None]) -> RunOutcome:
        """Run the children, and end them unless the outcome is a restart."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask_to_stop)
        signal.signal(succession.SIGNAL, self._ask_to_restart)
        outcome = RunOutcome.FAILED
        try:
            self._running = [self._start_child(child) for child in self.children]
            if self._wait_until_ready():
                on_ready()
                self.retired.retire()
                outcome = self._watch_children()
            elif self._is_asked_to_stop():
                outcome = RunOutcome.STOPPED
        finally:
            if outcome is not RunOutcome.RESTART:
                self.retired.end()
                _end_processes([each.process for each in self._running], self.web.stop_seconds)
        return outcome

    def processes(self) -> tuple[list[int], list[int]]:
        """Return the processes of web servers that run, and all others."""
        web: list[int] = []
        others = self.retired.pids()
        for each in self._running:
            pid = each.process.pid
            if pid is not None:
                (web if each.child.name.startswith(_WEB) else others).append(pid)
        return web, others

    def _ask_to_stop(self, signum: int, _frame: FrameType | None) -> None:
        """Stop after the drain; at once by Ctrl-C, or when asked again."""
        is_first = self._stop_at is None
        drain = self.drain if is_first and signum == signal.SIGTERM else 0.0
        self._stop_at = monotonic() + drain
        self.web.board.drain()

    def _ask_to_restart(self, _signum: int, _frame: FrameType | None) -> None:
        self._restart_wanted = True

    def _start_child(self, child: Child, pause: float = 0.0) -> Running:
        return Running(child, start_child(child, self.release), monotonic(), pause)

    def _wait_until_ready(self) -> bool:
        deadline = monotonic() + PATIENCE
        waiting = list(self.web.listeners)
        while waiting and self._stop_at is None:
            if monotonic() > deadline or not all(each.process.is_alive() for each in self._running):
                _log.error("%s does not respond", waiting[0].url)
                return False
            if self._all_new_serve() and waiting[0].answers():
                waiting.pop(0)
            else:
                sleep(0.02)
        return self._stop_at is None

    def _all_new_serve(self) -> bool:
        """Return whether it is not the web servers before who answer."""
        return self.retired.is_empty() or self.web.board.all_serve()

    def _watch_children(self) -> RunOutcome:
        while not self._must_stop():
            wait([each.process.sentinel for each in self._running], timeout=self._next_look())
            if self._must_stop():
                break
            self._replace_dead()
            self.retired.look()
            self.tend()
            if self._restart_wanted and self._stop_at is None:
                self._restart_wanted = False
                if self.may_restart():
                    return RunOutcome.RESTART
        return RunOutcome.STOPPED

    def _next_look(self) -> float:
        if self._stop_at is None:
            return LOOK
        return min(LOOK, max(0.0, self._stop_at - monotonic()))

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


def _end_processes(processes: list[BaseProcess], stop_seconds: float) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(PATIENCE + stop_seconds)
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
    signal.signal(succession.SIGNAL, signal.SIG_IGN)
    if release is not None:
        release()
    child.target(*child.arguments)


def default_workers() -> int:
    """Return one per core, at most two. A test bench rarely needs more."""
    return min(os.cpu_count() or 1, 2)
