"""What the processes of one home share by files, shared by those of several machines.

The edition is a sequence of the control database, and gates are advisory locks of it. Both cost
statements, so only servers that were started as one of several use them (`serve --web-only`). The
control database says whether they do, for commands that join it.

A process holds its locks by one connection of its own. So the locks of a process that is killed, or
whose machine is lost, end by themselves.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

import psycopg

from apps.control.connection import SHARED, URL, control, held_lock
from hexostore.database import idle

_TURNSTILE, _GATE = 0x48655475, 0x48654761

_edition: ContextVar[int | None] = ContextVar("edition of a request", default=None)

_ENTER = """
    SELECT CASE WHEN pg_try_advisory_xact_lock_shared(%s, hashtext(%s))
        THEN pg_try_advisory_lock_shared(%s, hashtext(%s)) ELSE false END,
        (SELECT last_value FROM edition)
"""
_LEAVE = "SELECT pg_advisory_unlock_shared(%s, hashtext(%s))"


def are_several() -> bool:
    """Return whether the control of this process is that of servers on several machines."""
    return os.environ.get(SHARED) == "1"


class DatabaseNumbers:
    """The edition of the control database, in that database.

    A request reads it when it passes a gate, and keeps it to its end (`fix_edition`).
    """

    def edition(self) -> int:
        """Return the edition of the control database."""
        fixed = _edition.get()
        if fixed is not None:
            return fixed
        return _number(control().execute("SELECT last_value FROM edition").fetchone())

    def grow_edition(self) -> None:
        """Have every process read the control database again, before its next request."""
        grown = _number(control().execute("SELECT nextval('edition')").fetchone())
        if _edition.get() is not None:
            fix_edition(grown)

    def forget_closing(self) -> None:
        """Do nothing: what killed processes were closing is open again."""


def fix_edition(edition: int | None) -> None:
    """Have this context see the control database as of an edition; None for as it is now."""
    _edition.set(edition)


class DatabaseGates:
    """The gates of worlds (gates.py) as advisory locks of the control database.

    The turnstile is a second lock. Who closes a gate holds it alone, and who enters looks whether
    it is free. So a busy process that holds the gate already keeps nobody waiting for ever.
    """

    def __init__(self) -> None:
        self._turn = Lock()  # one thread at a time uses the connection
        self._connection: psycopg.Connection[Any] | None = None

    def enter(self, world: str) -> MachinePassage:
        """Pass the gate of a world, and read the edition. This waits while it is closed."""
        while True:
            with self._turn:
                connection = self._connected()
                row = connection.execute(_ENTER, [_TURNSTILE, world, _GATE, world]).fetchone()
            assert row is not None
            if row[0]:
                fix_edition(int(row[1]))
                return MachinePassage(self, world, connection)
            _wait_at_turnstile(world)

    @contextmanager
    def closed(self, world: str) -> Iterator[None]:
        """Close the gate of a world for a block, after everybody inside has left."""
        with held_lock(_TURNSTILE, world), held_lock(_GATE, world):
            yield

    def is_left(self, world: str) -> bool:
        """Return whether nobody is in a world. Nobody enters one that no sandbox has."""
        taken = control().execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_GATE, world]
        )
        return taken.fetchone() == (True,)

    def remove(self, world: str) -> None:
        """Do nothing: a lock that nobody holds leaves nothing behind."""

    def keep_only(self, worlds: Collection[str]) -> None:
        """Do nothing: a process holds the locks of its requests only."""

    def leave(self, world: str, connection: psycopg.Connection[Any]) -> None:
        """Release the lock of a request, if the connection that holds it has not ended."""
        fix_edition(None)
        with self._turn:
            if connection is not self._connection:
                return
            try:
                connection.execute(_LEAVE, [_GATE, world])
            except psycopg.Error:
                connection.close()

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or idle.has_ended(self._connection):
            url = os.environ[URL]
            self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
        return self._connection


class MachinePassage:
    """That a request is in a world, whichever thread works on it. Call `leave` once."""

    def __init__(
        self, gates: DatabaseGates, world: str, connection: psycopg.Connection[Any]
    ) -> None:
        self._gates, self._world, self._connection = gates, world, connection

    def leave(self) -> None:
        """Leave the world."""
        self._gates.leave(self._world, self._connection)


def _wait_at_turnstile(world: str) -> None:
    statement = "SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))"
    control().execute(statement, [_TURNSTILE, world])


def _number(row: tuple[Any, ...] | None) -> int:
    assert row is not None
    return int(row[0])
