"""From which copy of the database a context reads: a replica that is far enough, or the primary.

A position says what a copy must have replayed. Its LSN is a place in the log of the primary. Its
lineage is a mark in the tables that is new after every promotion: a copy of another lineage may
count to the same LSN, and have other rows (apps/api/own_writes.py).

All statements of a reading are sent to one copy. If it fails, the rest are sent to the primary.
Writes are always sent there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from hexostore.contexts import set_during
from hexostore.database import replicas
from hexostore.database.replicas import Replica


@dataclass(frozen=True)
class LogPosition:
    """A place in the log of a lineage."""

    lineage: str
    lsn: int

    def includes(self, needed: LogPosition) -> bool:
        """Return whether a copy at this position has replayed everything up to another one."""
        return self.lineage == needed.lineage and self.lsn >= needed.lsn


def parse_lsn(text: str) -> int:
    """Return the number of an LSN in PostgreSQL's notation, such as `16/B374D848`."""
    high, _, low = text.partition("/")
    return int(high, 16) << 32 | int(low, 16)


class Reading:
    """What a context reads: at least up to a position, and from which replica.

    `replica` is None before the first statement, and after the primary took over. `moves` counts
    how often statements went to another copy than those before.
    """

    def __init__(self, needed: LogPosition, preferred: int) -> None:
        self.needed = needed
        self.moves = 0
        self.replica: Replica | None = None
        self._candidates = replicas.usable_replicas(preferred)

    def candidates(self) -> list[Replica]:
        """Return the replicas that may be read from, best first; none if it is the primary."""
        return self._candidates if self.replica is None else [self.replica]

    def settle(self, replica: Replica) -> None:
        """Have all statements from now on sent to a replica."""
        self.replica = replica

    def go_to_primary(self) -> None:
        """Have all statements from now on sent to the primary."""
        self.moves += self.replica is not None
        self._candidates, self.replica = [], None

    def note_move(self) -> None:
        """Note that some statements are sent to the primary, in a transaction."""
        self.moves += 1


_reading: ContextVar[Reading | None] = ContextVar("reading from a copy", default=None)


def current_reading() -> Reading | None:
    """Return what this context reads from a copy, None if it only uses the primary."""
    return _reading.get()


def begin_reading(reading: Reading) -> None:
    """Have this context read from a copy, until the block around it ends."""
    _reading.set(reading)


@contextmanager
def reading_block(reading: Reading | None = None) -> Iterator[None]:
    """Have a block read from a copy, or from the primary until it begins a reading."""
    with set_during(_reading, reading):
        yield


def count_moves() -> int:
    """Return how often this context has changed the copy. What is read before and after a change
    may be of different times."""
    reading = _reading.get()
    return 0 if reading is None else reading.moves
