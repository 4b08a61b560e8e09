"""From the columns of a file to points: what cannot be is left out, and each moment stands once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import Column, Floats, Points, Ticks
from apps.exchange.formats.xml.point_columns import Columns
from hexostore.hexotime import TICKS_PER_HOUR

_LIMITS = {
    Column.LATITUDE: (-90, 90),
    Column.LONGITUDE: (-180, 180),
    Column.ALTITUDE: (-20_000, 200_000),
    Column.DISTANCE: (0, 1e9),
    Column.SPEED: (0, 1e6),
    Column.COURSE: (0, 360),
    Column.HEART_RATE: (1, 255),
    Column.STEP_RATE: (1, 1000),
}
"""The least and greatest value of a column; all others are 0 or more."""

_BEFORE, _AFTER = TICKS_PER_HOUR, 24 * TICKS_PER_HOUR
"""How long before and after a session a point may be. Others come from a clock that jumped."""


def leave_out_the_impossible(columns: Columns) -> None:
    """Make NaN of values outside the limits of their column, and of half positions."""
    for column, values in columns.items():
        low, high = _LIMITS.get(column, (0, 1e9))
        with np.errstate(invalid="ignore"):
            values[~((values >= low) & (values <= high))] = np.nan
    _leave_out_false_positions(columns)


def _leave_out_false_positions(columns: Columns) -> None:
    latitudes, longitudes = columns.get(Column.LATITUDE), columns.get(Column.LONGITUDE)
    if latitudes is None or longitudes is None:
        columns.pop(Column.LATITUDE, None)
        columns.pop(Column.LONGITUDE, None)
        return
    # Receivers that know no position write 0, 0.
    false = np.isnan(latitudes) | np.isnan(longitudes) | ((latitudes == 0) & (longitudes == 0))
    latitudes[false] = longitudes[false] = np.nan


def near(ticks: Ticks, start: int, end: int) -> NDArray[np.bool_]:
    """Return which moments can belong to a session."""
    return (ticks >= start - _BEFORE) & (ticks <= end + _AFTER)


def in_order(ticks: Ticks, columns: Columns) -> Points:
    """Return the points in the order of time, without those of which nothing is known.

    A moment that a file tells twice, as at the boundary of laps, is one point. It has the values
    that come later in the file, and others where those are unknown.
    """
    order = np.argsort(ticks, kind="stable")
    ticks = ticks[order]
    firsts = np.flatnonzero(np.diff(ticks, prepend=ticks[:1] - 1))
    merged = {column: _last_known(values[order], firsts) for column, values in columns.items()}
    known = np.zeros(len(firsts), np.bool_)
    for values in merged.values():
        known |= ~np.isnan(values)
    kept = {column: values[known] for column, values in merged.items()}
    return Points(ticks[firsts][known], {c: v for c, v in kept.items() if not np.isnan(v).all()})


def _last_known(values: Floats, firsts: NDArray[np.int64]) -> Floats:
    """Return the last known value of each group, which begins at one of `firsts`."""
    if len(firsts) == len(values):
        return values
    # Groups (60, NaN) and (NaN,) have the places (0, -1) and (-1,): 60 and NaN remain.
    places = np.where(np.isnan(values), -1, np.arange(len(values)))
    last = np.maximum.reduceat(places, firsts)
    return np.where(last < 0, np.nan, values[last])
