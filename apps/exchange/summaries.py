"""What points come to over a session and over each of its laps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import Column, Floats, Points, Totals

Numbers = NDArray[np.int64]


class Interval(NamedTuple):
    """The points at `start` < tick <= `end`, as it is for samples (contract, metrics 11)."""

    start: int
    end: int


def summarize(pieces: Iterable[Points], intervals: Sequence[Interval]) -> list[Totals]:
    """Return the totals of each interval, for which the points are read once.

    A second has as much energy as its sample says. The distance of an interval is the way between
    the last position before it and the last one in it; None where nobody has a position.
    """
    spreads = {column: _Spread(len(intervals)) for column in _MEASURED}
    way = _Way(intervals)
    starts, ends = (np.array(bounds, np.int64) for bounds in zip(*intervals, strict=True))
    for points in pieces:
        firsts, stops = (np.searchsorted(points.times, each, "right") for each in (starts, ends))
        for column in points.columns.keys() & _MEASURED:
            spreads[column].add(points.columns[column], firsts, stops)
        way.add(points)
    return [_totals(spreads, way, at) for at in range(len(intervals))]


_MEASURED = frozenset((Column.HEART_RATE, Column.BREATHING_RATE, Column.ENERGY, Column.SPEED))


def _totals(spreads: dict[Column, _Spread], way: _Way, at: int) -> Totals:
    return Totals(
        distance=way.distance(at),
        energy=spreads[Column.ENERGY].sum(at),
        average_heart_rate=spreads[Column.HEART_RATE].mean(at),
        maximum_heart_rate=spreads[Column.HEART_RATE].maximum(at),
        average_breathing_rate=spreads[Column.BREATHING_RATE].mean(at),
        maximum_speed=spreads[Column.SPEED].maximum(at),
    )


class _Spread:
    """Number, sum and maximum of a column in each interval."""

    def __init__(self, intervals: int) -> None:
        self._numbers = np.zeros(intervals, np.int64)
        self._sums = np.zeros(intervals)
        self._maxima = np.full(intervals, -np.inf)

    def add(self, values: Floats, firsts: Numbers, stops: Numbers) -> None:
        """Count the values of a piece, of which each interval has those from first up to stop."""
        known = ~np.isnan(values)
        self._numbers += _sums_between(known.astype(np.int64), firsts, stops)
        self._sums += _sums_between(np.where(known, values, 0), firsts, stops)
        ranked = np.where(known, values, -np.inf)
        for at in np.flatnonzero(firsts < stops):
            most = ranked[firsts[at] : stops[at]].max()
            self._maxima[at] = max(self._maxima[at], most)

    def sum(self, at: int) -> float | None:
        """Return the sum in an interval, None without a value."""
        return float(self._sums[at]) if self._numbers[at] else None

    def mean(self, at: int) -> float | None:
        """Return the mean in an interval, None without a value."""
        return float(self._sums[at] / self._numbers[at]) if self._numbers[at] else None

    def maximum(self, at: int) -> float | None:
        """Return the largest value in an interval, None without a value."""
        return float(self._maxima[at]) if self._numbers[at] else None


def _sums_between(values: NDArray[Any], firsts: Numbers, stops: Numbers) -> NDArray[Any]:
    sums = np.concatenate([[0], np.cumsum(values)])
    between: NDArray[Any] = sums[stops] - sums[firsts]
    return between


class _Way:
    """How far the way had led at the bounds of each interval."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self._bounds = np.array(intervals, np.int64)
        self._reached = np.zeros(self._bounds.shape)
        self._is_known = False

    def add(self, points: Points) -> None:
        """Go on with a piece."""
        distances = points.columns.get(Column.DISTANCE)
        if distances is None:
            return
        known = ~np.isnan(distances)
        passed = np.searchsorted(points.times[known], self._bounds, "right")
        self._reached[passed > 0] = distances[known][passed[passed > 0] - 1]
        self._is_known |= bool(known.any())

    def distance(self, at: int) -> float | None:
        """Return the metres in an interval, None if no position is known at all."""
        start, end = self._reached[at]
        return float(end - start) if self._is_known else None
