"""Units of the times in somebody's file, and which one it is if nobody says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from apps.simulation.scoring.matching import Floats
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

UNITS = {
    "seconds": "seconds from the start",
    "ms": "milliseconds from the start",
    "ticks": "ticks of 1/256 s from the start",
    "timestamps": "HexoTimestamps",
    "unix": "seconds since 1970",
    "iso": "ISO times",
}
"""What a unit is called, and what it means. Besides, `500Hz` stands for numbers of samples."""

SLACK = 60.0
"""Seconds by which times may be outside of a record without making their unit doubtful."""

_SHOWN, _LISTED = 60, 12
"""The most letters of a cell, and the most names of a list, in a message."""

_RATE = re.compile(r"(\d+(?:\.\d+)?) ?hz", re.IGNORECASE)


class ScoringError(Exception):
    """What was given cannot be scored. The message says what is wrong, and where."""


@dataclass(frozen=True)
class RecordPlace:
    """Where the time of a record is: its start in ticks since 1970, and its seconds."""

    start: int
    seconds: float


def shown(cell: object) -> str:
    """Return what is in a cell for a message, the beginning of it if it is long."""
    told = repr(cell)
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."


def listed(names: Sequence[object]) -> str:
    """Return names for a message, the first ones if there are many."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(shown(name) for name in names[:_LISTED]) + more


def explain_unit(unit: str) -> str:
    """Return what a unit means. Raise ScoringError for an unknown one."""
    if unit in UNITS:
        return UNITS[unit]
    return f"samples at {_rate_of(unit):g} Hz from the start"


def _rate_of(unit: str) -> float:
    found = _RATE.fullmatch(unit)
    if found is None or not 0 < float(found[1]) < inf:
        known = ", ".join(UNITS)
        raise ScoringError(f"there is no unit {unit!r}; choose from {known}, or a rate as in 500Hz")
    return float(found[1])


def length_of_unit(unit: str) -> float:
    """Return the seconds of one of that unit; of ISO times, whose lengths are in seconds, 1."""
    fixed = {"ms": 0.001, "ticks": 1 / SECOND, "timestamps": 1 / SECOND}
    if unit in UNITS:
        return fixed.get(unit, 1.0)
    return 1 / _rate_of(unit)


def read_times(
    cells: Sequence[object], unit: str, place: RecordPlace, where: Callable[[int], str]
) -> Floats:
    """Return times as seconds from the start of the record.

    `where` says where a cell is. Raise ScoringError for one that is no time of this unit.
    """
    if unit == "iso":
        read = [_read_iso(cell, where(at)) - place.start / SECOND for at, cell in enumerate(cells)]
        return np.array(read, np.float64)
    numbers = np.array([read_number(cell, where(at)) for at, cell in enumerate(cells)], np.float64)
    if unit == "timestamps":
        numbers -= place.start
    elif unit == "unix":
        numbers -= place.start / SECOND
    return numbers * length_of_unit(unit)


def read_number(cell: object, where: str) -> float:
    """Return the number in a cell. Raise ScoringError if it has none."""
    number = number_in(cell)
    if number is None:
        raise ScoringError(f"{where}: {shown(cell)} is not a number")
    return number


def number_in(cell: object) -> float | None:
    """Return the finite number in a cell, which may be text, or None."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return None
    try:
        number = float(cell)
    except (ValueError, OverflowError):
        return None
    return number if np.isfinite(number) else None


def is_time(cell: object) -> bool:
    """Return whether a cell can be a time: a number or an ISO time."""
    if number_in(cell) is not None:
        return True
    try:
        hexotime.from_iso(str(cell))
    except ValueError:
        return False
    return True


def _read_iso(cell: object, where: str) -> float:
    try:
        return hexotime.from_datetime(hexotime.from_iso(str(cell))) / SECOND
    except ValueError as error:
        raise ScoringError(f"{where}: {shown(cell)} is not an ISO time") from error


USUAL = ("seconds", "timestamps", "unix")


def guess_unit(
    cells: Sequence[object], place: RecordPlace, name: str, units: Sequence[str] = ()
) -> str:
    """Return the first of these units that has all times in the record, or a minute beside it.

    By default these are seconds from the start, HexoTimestamps, and seconds since 1970, and text is
    taken for ISO times. Raise ScoringError if none fits: milliseconds, ticks and samples from the
    start cannot be told from each other. A file that names a single unit has that.
    """
    numbers = [number for cell in cells if (number := number_in(cell)) is not None]
    if len(units) == 1 or not cells:
        return next(iter(units), "seconds")
    if not numbers:
        return "iso"
    for unit in units or USUAL:
        placed = read_times(numbers, unit, place, str)
        if placed.min() >= -SLACK and placed.max() <= place.seconds + SLACK:
            return unit
    low, high = min(numbers), max(numbers)
    raise ScoringError(
        f"{name}: its times, {low:.12g} to {high:.12g}, are neither seconds of a record of "
        f"{place.seconds:g} s nor times during it; say their unit with --unit "
        f"({', '.join(UNITS)}, or a rate as in 500Hz)"
    )
