"""The current time. This is the only module that asks the system for it.

A sandbox can have a clock of its own. Like its database (database/chosen.py), it is chosen for the
context of a request or a job, so all code in it is told the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from hexostore import hexotime
from hexostore.contexts import set_during

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(2999, 12, 31, tzinfo=UTC)
"""What a clock can show. There is room on both sides for what is added to the time."""


@dataclass(frozen=True)
class Clock:
    """A clock that showed `shown` at the real moment `since`, and runs `speed` times as fast as
    real time. It stands still at speed 0, and at LATEST."""

    shown: datetime
    since: datetime
    speed: float = 0.0

    def moment(self, real: datetime) -> datetime:
        """Return what the clock shows at a real moment. This is never before `shown`."""
        if not self.speed or real <= self.since:
            return self.shown
        try:
            return min(self.shown + (real - self.since) * self.speed, LATEST)
        except OverflowError:
            return LATEST


_chosen: ContextVar[Clock | None] = ContextVar("chosen clock", default=None)


def choose_clock(chosen: Clock | None) -> None:
    """Have this context be told the time of that clock; None for the system's."""
    _chosen.set(chosen)


def chosen_clock() -> Clock | None:
    """Return the clock of this context, or None for the system's."""
    return _chosen.get()


@contextmanager
def by_clock(chosen: Clock | None) -> Iterator[None]:
    """Have a block be told the time of that clock."""
    with set_during(_chosen, chosen):
        yield


def now() -> datetime:
    """Return the present moment, aware, in UTC, to the microsecond."""
    chosen, real = _chosen.get(), system_now()
    return real if chosen is None else chosen.moment(real)


def ticks() -> int:
    """Return the present moment in ticks (1/256 s since 1970 UTC), rounded down."""
    return hexotime.from_datetime(now())


def system_now() -> datetime:
    """Return the present moment by the system's clock, whatever clock is chosen. Only what is
    outside of all sandboxes asks for it."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that may


def lead_django() -> None:
    """Have Django, and libraries that ask it for the time, ask this module.

    Sessions, logins and columns of the OAuth library take their time from there.
    """
    from django.utils import timezone

    timezone.now = _now_for_django  # noqa: TID251 - which has others ask us


def _now_for_django() -> datetime:
    return now()
