"""Which database the statements of a request run in.

A server may hold several worlds, each in a database of its own (apps/control). All code uses the
same connection, and the connection follows what is chosen here (base.py). The choice belongs to the
context of a request, so it holds for all threads that work on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from hexostore.contexts import set_during


@dataclass(frozen=True)
class ChosenDatabase:
    """A database by name. `incarnation` differs after its rows were exchanged for others."""

    name: str
    incarnation: int


_direct: ContextVar[bool] = ContextVar("past the pooler", default=False)
_chosen: ContextVar[ChosenDatabase | None] = ContextVar("chosen database", default=None)


def choose_database(chosen: ChosenDatabase | None) -> None:
    """Have the statements of this context run in that database; None for the configured one."""
    _chosen.set(chosen)


def chosen_database() -> ChosenDatabase | None:
    """Return the database of this context, or None for the configured one."""
    return _chosen.get()


def goes_direct() -> bool:
    """Return whether the statements of this context go past a pooler."""
    return _direct.get()


@contextmanager
def past_pooler() -> Iterator[None]:
    """Have the statements of a block go past a pooler, if there is one: those that need a session,
    such as locks that outlive a transaction. Not within a transaction."""
    with set_during(_direct, True):
        yield


@contextmanager
def in_database(chosen: ChosenDatabase | None) -> Iterator[None]:
    """Have the statements of a block run in that database. Blocks may be nested, but not within a
    transaction."""
    with set_during(_chosen, chosen):
        yield
