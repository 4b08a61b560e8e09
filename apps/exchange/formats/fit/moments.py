"""Records of a FIT file as points in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import Column, Floats

from .developers import Described, described_fields
from .frames import FitPart
from .profile import (
    CADENCE,
    FEET,
    FIRST_ABSOLUTE,
    FRACTIONAL_CADENCE,
    INVALID_TIME,
    PLAUSIBLE,
    RECORD_FIELDS,
    Message,
)
from .tables import DeveloperKey, FieldPlace, Table

Integers = NDArray[np.int64]

_HOUR = 3600
_BEFORE, _AFTER = _HOUR, 24 * _HOUR
"""How far a record may be outside the activity; those further away have a wrong clock."""

_DEGREES_TO_A_POLE = 90


@dataclass(frozen=True, slots=True)
class Moments:
    """What was measured at FIT times. Each column has one entry per time, NaN if unknown."""

    times: Integers
    columns: dict[Column, Floats]

    def __len__(self) -> int:
        return len(self.times)

    def within(self, start: int, end: int) -> Moments:
        """Return what was measured from one FIT time on and before another one."""
        which = slice(*np.searchsorted(self.times, [start, end]))
        columns = {name: values[which] for name, values in self.columns.items()}
        return Moments(self.times[which], columns)

    def plausible(self, start: int, end: int) -> Moments:
        """Return what was measured near an activity: the others are jumps of the clock."""
        return self.within(start - _BEFORE, end + _AFTER + 1)


NOTHING = Moments(np.zeros(0, dtype=np.int64), {})


def has_only_relative_times(part: FitPart) -> bool:
    """Return whether all records of a part count seconds since the watch was switched on."""
    times = [np.asarray(table.times) for table in part.of(Message.RECORD)]
    known = [each[each != INVALID_TIME] for each in times]
    return any(map(len, known)) and all((each < FIRST_ABSOLUTE).all() for each in known)


def recorded_moments(part: FitPart, others: Moments = NOTHING) -> Moments:
    """Return what the records tell, one moment per second.

    If several tell the same of a second, the last one counts; `others` count where none does.
    """
    described = described_fields(part)
    tables = part.of(Message.RECORD)
    times = [np.asarray(table.times, dtype=np.int64) for table in tables]
    order = [np.asarray(table.order, dtype=np.int64) for table in tables]
    columns = [_columns(table, described) for table in tables]
    before = np.full(len(others), -1)
    moments = _joined([others.times, *times], [others.columns, *columns])
    return _one_per_second(moments, np.concatenate([before, *order]))


def _columns(table: Table, described: dict[DeveloperKey, Described]) -> dict[Column, Floats]:
    """Return the columns of records of one definition."""
    found: dict[Column, Floats] = {}
    for column, quantities in RECORD_FIELDS.items():
        for quantity in quantities:
            _add(found, column, table.quantity(quantity))
    _add(found, Column.STEP_RATE, _steps(table))
    for key, field in described.items():
        _add(found, field.column, _developer_values(table, key, field))
    _drop_false_positions(found)
    _drop_implausible(found)
    return found


def _add(columns: dict[Column, Floats], column: Column, values: Floats | None) -> None:
    """Fill the unknown values of a column."""
    if values is None:
        return
    known = columns.get(column)
    columns[column] = values if known is None else np.where(np.isnan(known), values, known)


def _steps(table: Table) -> Floats | None:
    strides, parts = table.quantity(CADENCE), table.quantity(FRACTIONAL_CADENCE)
    if strides is None:
        return None
    rest = 0 if parts is None else np.nan_to_num(parts)
    return (strides + rest) * FEET


def _developer_values(table: Table, key: DeveloperKey, field: Described) -> Floats | None:
    place = table.developer_places.get(key)
    if place is None:
        return None
    typed = FieldPlace(place.offset, place.size, field.base_type)
    values = table.floats(typed)
    if values is None:
        return None
    quantity = field.quantity
    return (values[:, 0] / quantity.scale - quantity.offset) * field.factor


def _drop_false_positions(columns: dict[Column, Floats]) -> None:
    """Forget positions of which a half is unknown, beyond the poles, or exactly 0, 0."""
    latitude, longitude = columns.get(Column.LATITUDE), columns.get(Column.LONGITUDE)
    if latitude is None or longitude is None:
        columns.pop(Column.LATITUDE, None)
        columns.pop(Column.LONGITUDE, None)
        return
    known = (np.abs(latitude) <= _DEGREES_TO_A_POLE) & ~np.isnan(longitude)
    true = known & ((latitude != 0) | (longitude != 0))
    columns[Column.LATITUDE] = np.where(true, latitude, np.nan)
    columns[Column.LONGITUDE] = np.where(true, longitude, np.nan)


def _drop_implausible(columns: dict[Column, Floats]) -> None:
    """Forget values that are beyond what a column can have."""
    for column in columns.keys() & PLAUSIBLE.keys():
        smallest, largest = PLAUSIBLE[column]
        values = columns[column]
        plausible = (values >= smallest) & (values <= largest)
        columns[column] = np.where(plausible, values, np.nan)


def _joined(times: Sequence[Integers], columns: Sequence[dict[Column, Floats]]) -> Moments:
    names = {name for each in columns for name in each}
    together = {
        name: np.concatenate(
            [
                each.get(name, np.full(len(moments), np.nan))
                for moments, each in zip(times, columns, strict=True)
            ]
        )
        for name in sorted(names)
    }
    return Moments(np.concatenate(times), together)


def _one_per_second(moments: Moments, order: Integers) -> Moments:
    """Return moments in order of time, with the last known value of each second."""
    absolute = (moments.times >= FIRST_ABSOLUTE) & (moments.times != INVALID_TIME)
    sequence = np.lexsort([order, moments.times])
    sequence = sequence[absolute[sequence]]
    times = moments.times[sequence]
    begins = np.flatnonzero(np.diff(times, prepend=-1))
    if len(begins) == len(times):
        return Moments(times, {name: each[sequence] for name, each in moments.columns.items()})
    columns = {name: _last_known(each[sequence], begins) for name, each in moments.columns.items()}
    return Moments(times[begins], columns)


def _last_known(values: Floats, begins: Integers) -> Floats:
    """Return the last value that is known in each group of neighbours."""
    places = np.where(np.isnan(values), -1, np.arange(len(values)))
    last = np.maximum.reduceat(places, begins)
    return np.where(last < 0, np.nan, values[last])
