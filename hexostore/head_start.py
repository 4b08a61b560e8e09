"""The database of a new store, which PostgreSQL makes while the program is still being loaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hexostore.home import HomeError, is_durable
from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError

_begun: dict[Path, Embedded] = {}


@contextmanager
def head_start(home: Path) -> Iterator[None]:
    """Begin to make the database of a home that has none, for `start_embedded` to go on with.

    What nobody has gone on with is undone in the end.
    """
    with suppress(HomeError, PostgresError):  # which the start itself will tell
        early = _embedded(home)
        early.begin()
        _begun[home] = early
    try:
        yield
    finally:
        if left := _begun.pop(home, None):
            left.stop()


def start_embedded(home: Path) -> Embedded:
    """Return the PostgreSQL of a home, with its head start if it has one. It belongs to the
    caller."""
    return _begun.pop(home, None) or _embedded(home)


def _embedded(home: Path) -> Embedded:
    return Embedded(home, durable=is_durable(os.environ))
