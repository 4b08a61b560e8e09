"""The points of an excerpt: one for each second UTC of which anything is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from apps.exchange.activity import Column, Floats, Points, Ticks
from apps.exchange.excerpts import CHANNELS, Excerpt, WayPart
from apps.exchange.ways import WayReader
from apps.metrics.stretches import Span, union
from apps.signals.storage.gathering import Need, Stretch, TimeSeries, gather
from hexostore.hexotime import TICKS_PER_SECOND

PIECE = 1800
"""The seconds of a piece. Longer ones cost less time, and as TCX more memory than that is worth."""

NO_POINT = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class PooledPoints:
    """The points of all records and tracks of an excerpt, in pieces of half an hour.

    They are read anew each time, with two statements for each piece in which there is anything. A
    point has the time of the sample of its second, or else that of the last position in it.
    Samples of 0 mean that there was no data, and are left out.
    """

    excerpt: Excerpt

    def __iter__(self) -> Iterator[Points]:
        ways = WayReader()
        for first in _first_seconds(self.excerpt):
            piece = _Seconds(first)
            self._fill_samples(piece)
            self._fill_positions(piece, ways)
            points = piece.points()
            if len(points):
                yield points

    def _fill_samples(self, piece: _Seconds) -> None:
        gains = self.excerpt.gains
        stretches = piece.cut(self.excerpt.stretches)
        (found,) = gather([stretches], [Need(series=frozenset(gains if stretches else ()))])
        for datatype, series in found.series.items():
            piece.add_samples(CHANNELS[datatype], series, gains[datatype])

    def _fill_positions(self, piece: _Seconds, ways: WayReader) -> None:
        for times, columns in ways.read(piece.cut_ways(self.excerpt.ways)):
            piece.add_positions(times, columns)


def _first_seconds(excerpt: Excerpt) -> Iterator[int]:
    """Yield the first second of each piece in which there may be anything."""
    covered = [Span(start, end) for _, start, end in (*excerpt.stretches, *excerpt.ways)]
    reached = None
    for start, end in union(covered):
        pieces = range(start // TICKS_PER_SECOND // PIECE, end // TICKS_PER_SECOND // PIECE + 1)
        for piece in pieces:
            if reached is None or piece > reached:
                yield piece * PIECE
                reached = piece


class _Seconds:
    """The seconds from `first` on, each with a place for a point."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._times: Ticks = np.full(PIECE, NO_POINT)
        self._columns: dict[Column, Floats] = {}
        self._lower = first * TICKS_PER_SECOND
        self._upper = (first + PIECE) * TICKS_PER_SECOND - 1  # is the last tick

    def cut(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Return the parts of stretches that lie in the piece."""
        parts = (
            Stretch(record, max(start, self._lower - 1), min(end, self._upper))
            for record, start, end in stretches
        )
        return [part for part in parts if part.start < part.end]

    def cut_ways(self, ways: Sequence[WayPart]) -> list[WayPart]:
        """Return the parts of ways that lie in the piece."""
        parts = (
            WayPart(track, max(start, self._lower), min(end, self._upper))
            for track, start, end in ways
        )
        return [part for part in parts if part.start <= part.end]

    def add_samples(self, column: Column, series: TimeSeries, gain: float) -> None:
        """Have the seconds of samples hold them."""
        places = series.ticks // TICKS_PER_SECOND - self._first
        self._times[places] = series.ticks
        self._place(column)[places] = np.where(series.values == 0, np.nan, series.values * gain)

    def add_positions(self, times: Ticks, columns: dict[Column, Floats]) -> None:
        """Have each second hold the last of its positions."""
        places = times // TICKS_PER_SECOND - self._first
        places, first_from_end = np.unique(places[::-1], return_index=True)
        chosen = len(times) - 1 - first_from_end
        free = self._times[places] == NO_POINT
        self._times[places] = np.where(free, times[chosen], self._times[places])
        for column, values in columns.items():
            self._place(column)[places] = values[chosen]

    def _place(self, column: Column) -> Floats:
        if column not in self._columns:
            self._columns[column] = np.full(PIECE, np.nan)
        return self._columns[column]

    def points(self) -> Points:
        """Return the seconds of which anything is known."""
        known = np.zeros(PIECE, np.bool_)
        for values in self._columns.values():
            known |= ~np.isnan(values)
        columns = {column: values[known] for column, values in self._columns.items()}
        return Points(self._times[known], columns)
