"""The values that a plan asks for, as columns of timestamps and counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.signals.selection.plan import ChannelSlice, PlannedSeries
from apps.signals.selection.query import Query
from apps.signals.storage import reader, thinning
from apps.signals.storage.reader import Part, Piece, StoredChannel

Column = tuple[NDArray[np.int64], NDArray[Any]]


def read_columns(
    query: Query, series: list[PlannedSeries]
) -> Iterator[tuple[PlannedSeries, Column]]:
    """Yield each non-empty series with its timestamps and counts, thinned to the limit.

    The limit applies per user and datatype, over all records together.
    """
    parts = [part for one in series for part in _sample_parts(one, query)]
    parts += reader.event_parts([
        (stretch.source, stretch.lower, stretch.upper)
        for one in series for stretch in one.stretches if not stretch.source.step
    ])  # fmt: skip
    pieces = _by_source(parts)
    for one in series:
        column = _joined(one, pieces, query)
        if len(column[0]):
            yield one, column


def _sample_parts(series: PlannedSeries, query: Query) -> Iterator[Part]:
    """Yield the parts of synchronous channels. Thinning counts across all stretches."""
    every = query.keep(sum(len(s.samples) for s in series.stretches))
    phase = 0
    for stretch in series.stretches:
        if stretch.source.step:
            samples, phase = thinning.every(stretch.samples, every, phase)
            yield from reader.sample_parts(stretch.source, samples)


def _by_source(parts: Iterable[Part]) -> dict[StoredChannel, list[Piece]]:
    pieces: dict[StoredChannel, list[Piece]] = {}
    for piece in reader.read(parts):
        pieces.setdefault(piece.source, []).append(piece)
    return pieces


def _joined(
    series: PlannedSeries, pieces: dict[StoredChannel, list[Piece]], query: Query
) -> Column:
    """Return one series as two arrays. Events are cut to the window and thinned here."""
    cut = [
        _cut(piece, stretch)
        for stretch in series.stretches
        for piece in pieces.get(stretch.source, [])
    ]
    if not cut:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    timestamps, values = (np.concatenate(arrays) for arrays in zip(*cut, strict=True))
    if len(series.stretches) > 1 and np.any(np.diff(timestamps) < 0):  # records that overlap
        order = np.argsort(timestamps, kind="stable")
        timestamps, values = timestamps[order], values[order]
    every = 1 if series.stretches[0].source.step else query.keep(len(timestamps))
    return timestamps[::every], values[::every]


def _cut(piece: Piece, stretch: ChannelSlice) -> Column:
    """Return the events of a piece within the stretch. Samples are already chosen by number."""
    timestamps = piece.timestamps
    if piece.source.step:
        return timestamps, piece.values
    first, stop = np.searchsorted(timestamps, (stretch.lower, stretch.upper))
    return timestamps[first:stop], piece.values[first:stop]
