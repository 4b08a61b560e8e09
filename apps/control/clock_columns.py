"""How the control database keeps the clock of a sandbox, and the one that belongs to a snapshot.

The columns are null if it is the clock of the system.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from apps.control.connection import control
from hexostore import clock
from hexostore.clock import Clock

SET_CLOCK = "clock_shown = %s, clock_since = %s, clock_speed = %s"
"""The part of an UPDATE that takes the values of `columns_of`."""

_KEEP = f"UPDATE snapshot SET {SET_CLOCK} WHERE sandbox = %s AND name = %s"  # noqa: S608
_COPY = """
    UPDATE sandbox SET clock_shown = source.clock_shown, clock_since = source.clock_since,
    clock_speed = source.clock_speed FROM sandbox source
    WHERE source.name = %s AND sandbox.name = %s
"""


def read_clock(columns: Sequence[Any]) -> Clock | None:
    """Return the clock in the columns `clock_shown`, `clock_since` and `clock_speed`."""
    shown, since, speed = columns
    return None if shown is None else Clock(shown.astimezone(UTC), since.astimezone(UTC), speed)


def columns_of(chosen: Clock | None) -> list[datetime | float | None]:
    """Return the values of the three columns."""
    return [None] * 3 if chosen is None else [chosen.shown, chosen.since, chosen.speed]


def keep_with_snapshot(chosen: Clock | None, sandbox: str, snapshot: str) -> None:
    """Keep with a snapshot what the clock of its sandbox shows now, and its speed."""
    if chosen is not None:
        control().execute(_KEEP, [*columns_of(_from_now(chosen)), sandbox, snapshot])


def kept_clock(sandbox: str, snapshot: str) -> Clock | None:
    """Return the clock that was kept with a snapshot. It runs on from what it showed then."""
    found = control().execute(
        "SELECT clock_shown, clock_since, clock_speed FROM snapshot "
        "WHERE sandbox = %s AND name = %s",
        [sandbox, snapshot],
    )
    kept = read_clock(found.fetchone() or (None, None, None))
    return None if kept is None else Clock(kept.shown, clock.system_now(), kept.speed)


def copy_clock(source: str, sandbox: str) -> None:
    """Have a new sandbox be told the time of another."""
    control().execute(_COPY, [source, sandbox])


def _from_now(chosen: Clock) -> Clock:
    real = clock.system_now()
    return Clock(chosen.moment(real), real, chosen.speed)
