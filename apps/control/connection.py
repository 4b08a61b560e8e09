"""The connection to the control database, one for each thread.

The control database is beside that of the store, on the same server. It holds what must outlive a
reset: which sandboxes there are, and in which databases. It has few tables, which Django's models
and migrations would know for all databases, so they are reached with psycopg alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from hexostore.database import idle

URL = "HEXOSTORE_CONTROL_URL"
"""The variable with the address of the control database. `serve` sets it for its workers."""

SHARED = "HEXOSTORE_CONTROL_SHARED"
"""The variable that is 1 if servers on several machines have this control database."""

Row = tuple[Any, ...]

_local = threading.local()


class NoControl(Exception):
    """This process has no control database."""


def has_control() -> bool:
    """Return whether this process has a control database."""
    return bool(os.environ.get(URL))


def control() -> psycopg.Connection[Row]:
    """Return this thread's connection to the control database; each statement is committed.

    Raise NoControl if there is none, or psycopg.OperationalError if it cannot be reached.
    """
    url = os.environ.get(URL)
    if not url:
        raise NoControl
    found: tuple[int, str, psycopg.Connection[Row]] | None = getattr(_local, "kept", None)
    if found is not None and found[:2] == (os.getpid(), url) and not idle.has_ended(found[2]):
        return found[2]
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
    # A crash of the machine may undo the last moment. Dropping a database flushes all that was
    # committed before, so a sandbox never has a world that is gone.
    connection.execute("SET synchronous_commit = off")
    _local.kept = os.getpid(), url, connection
    return connection


@contextmanager
def held_lock(number: int, key: str, *, shared: bool = False, waits: bool = True) -> Iterator[bool]:
    """Hold a lock of the control database for a block. It ends with its connection at the latest.

    Yield False, without the lock, if others hold it and this does not wait.
    """
    take = "pg_advisory_lock" if waits else "pg_try_advisory_lock"
    suffix = "_shared" if shared else ""
    connection, of = control(), "(%s, hashtext(%s))"
    taken = connection.execute(f"SELECT {take}{suffix}{of}", [number, key]).fetchone()
    if taken == (False,):
        yield False
        return
    try:
        yield True
    finally:
        connection.execute(f"SELECT pg_advisory_unlock{suffix}{of}", [number, key])


def close_control() -> None:
    """Close this thread's connection, if it has one of its own."""
    found = getattr(_local, "kept", None)
    _local.kept = None
    if found is not None and found[0] == os.getpid():
        found[2].close()
