"""The kinds of work. Each domain registers its own when its app is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
_MOST_DOUBLINGS = 20  # beyond the longest wait, and far from an overflow

Work = Callable[[dict[str, Any]], bool | None]
"""Does what a payload describes, inside the transaction that holds the job's row.

It returns True if there is more to do at once, and is then called again in a new transaction, with
what it noted in the payload. It raises Failed, GiveUp, or any other error.
"""

End = Callable[[dict[str, Any], str], None]
"""Is told the payload of a job that was given up, and why, inside the transaction that ends it."""


class Failed(Exception):
    """A try failed for an expected reason. The text says why and contains no secret."""


class GiveUp(Failed):
    """Another try would fail in the same way."""


@dataclass(frozen=True)
class Kind:
    """One kind of work. A job is given up after `tries`, unless it is repeated `every` so often.

    `secrets` are the fields of a payload that are removed when the job is over. `first_wait` is the
    time until the second try. `given_up` is called for a job that is given up.
    """

    name: str
    work: Work
    tries: int
    every: timedelta | None
    secrets: frozenset[str]
    first_wait: timedelta = FIRST_WAIT
    given_up: End | None = None

    def wait_after(self, tries: int) -> timedelta:
        """Return the time until the next try: the first one, doubled each time, at most an hour."""
        doublings = min(max(tries - 1, 0), _MOST_DOUBLINGS)
        return min(self.first_wait * (1 << doublings), LONGEST_WAIT)


KINDS: dict[str, Kind] = {}
"""All kinds by name. They are code, not rows."""


def job_kind(
    name: str,
    *,
    tries: int = 10,
    every: timedelta | None = None,
    secrets: tuple[str, ...] = (),
    first_wait: timedelta = FIRST_WAIT,
    given_up: End | None = None,
) -> Callable[[Work], Work]:
    """Return the decorator that makes a function the work of a new kind."""

    def register(work: Work) -> Work:
        KINDS[name] = Kind(name, work, tries, every, frozenset(secrets), first_wait, given_up)
        return work

    return register
