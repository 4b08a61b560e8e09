"""What the connections of one worker process share."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

from hexostore import clock
from hexostore.web.budgets import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hexostore.web.connection import Connection
    from hexostore.web.limits import WebLimits
    from hexostore.web.observer import Observer
    from hexostore.web.refusals import WebRefusal
    from hexostore.web.reply import Application
    from hexostore.web.threads import Threads

_LAST_SECOND = 1.0
_RETIRE_LOOK = 0.1  # seconds between two looks whether clients are left

_log = logging.getLogger("hexostore.web")


class WebServer:
    """The application with its threads, the connections, and the common limits."""

    def __init__(
        self,
        application: Application,
        threads: Threads,
        limits: WebLimits,
        observer: Observer | None = None,
    ) -> None:
        self.observer = observer
        self.application, self.threads, self.limits = application, threads, limits
        self.bodies, self.answers = Budget(limits.waiting_bodies), Budget(limits.waiting_answers)
        self.stopping = self.retiring = False
        self.is_draining: Callable[[], bool] = lambda: False
        self.date = _date_line()
        self._loop = asyncio.get_running_loop()
        self._connections: set[Connection] = set()
        self._exchanges: set[asyncio.Task[None]] = set()

    def is_leaving(self) -> bool:
        """Return whether connections end with the response to their next request."""
        return self.stopping or self.retiring or self.is_draining()

    def now(self) -> float:
        """Return the loop's time in seconds. Changes of the clock do not affect it."""
        return self._loop.time()

    def admit(self, connection: Connection) -> None:
        """Accept a connection. If there is no room, another one is closed.

        This is the one whose client has let it wait longest or, if all wait for the application,
        the one that has kept us busy longest. Otherwise a crowd of those could keep everybody else
        out.
        """
        if len(self._connections) >= self.limits.connections:
            waiting = [each for each in self._connections if each.is_waiting]
            longest = min(waiting or self._connections, key=lambda each: each.since)
            self.forget(longest)
            longest.abort()
        self._connections.add(connection)
        self._note_connections()

    def forget(self, connection: Connection) -> None:
        """Stop counting a closed connection."""
        self._connections.discard(connection)
        self.answers.free(connection)
        self._note_connections()

    def _note_connections(self) -> None:
        if self.observer is not None:
            self.observer.note_connections(len(self._connections))

    def note_refusal(self, refusal: WebRefusal) -> None:
        """Note what is refused without an exchange. One that failed has told it."""
        if self.observer is not None and refusal.status is not HTTPStatus.INTERNAL_SERVER_ERROR:
            self.observer.refuse(refusal.status.value)

    def start(self, exchange: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run an exchange beside the others."""
        task = self._loop.create_task(exchange)
        self._exchanges.add(task)
        task.add_done_callback(self._exchanges.discard)
        return task

    def report(self, error: BaseException | None) -> None:
        """Log what broke off an exchange, unless the client went away."""
        if error is not None and not isinstance(error, ConnectionError):
            _log.error("An answer broke off", exc_info=error)

    def tick(self) -> None:
        """Set the date of the responses and check deadlines. Call this once a second."""
        self.date = _date_line()
        now = self.now()
        for connection in tuple(self._connections):
            connection.sweep(now)

    async def retire(self, stopping: asyncio.Event) -> None:
        """Wait until all clients have left, or until this stops or takes too long."""
        self.retiring = True
        deadline = self.now() + self.limits.retire_seconds
        while self._connections and not stopping.is_set() and self.now() < deadline:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _RETIRE_LOOK)

    async def stop(self) -> None:
        """Let running requests end, for a few seconds, and close all connections."""
        self.stopping = True
        for connection in tuple(self._connections):
            connection.shut()
        if self._exchanges:
            await asyncio.wait(self._exchanges, timeout=self.limits.stop_seconds)
        for connection in tuple(self._connections):
            connection.abort()
        if self._exchanges:  # which let go of what they have
            await asyncio.wait(self._exchanges, timeout=_LAST_SECOND)


def _date_line() -> str:
    return f"Date: {formatdate(clock.now().timestamp(), usegmt=True)}\r\n"
