"""Heart rates that a chest strap has kept, as under water, and given to the watch afterwards.

Messages `hr` count beats in 1/1024 s. One of them tells which FIT time a count belongs to; those
that follow only have the last 12 bits of each count (Garmin FIT SDK, plugin for HR messages).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import Column, Floats

from .frames import FitPart
from .moments import NOTHING, Moments
from .profile import (
    FIRST_ABSOLUTE,
    HR_BEATS,
    HR_EVENT,
    HR_EVENT_12,
    HR_FRACTION,
    INVALID_TIME,
    Message,
)
from .tables import Table

Integers = NDArray[np.int64]

_COUNTS_PER_SECOND = 1024
_SHORT = 1 << 12
_BYTES_OF_TWO = 3
"""Two counts of 12 bits share three bytes."""


@dataclass(frozen=True, slots=True)
class _Beats:
    """Counts with the heart rate at each; `times` are NaN where a message does not tell it."""

    order: Integers
    counts: Integers
    whole: NDArray[np.bool_]  # not only the last 12 bits
    times: Floats
    rates: Floats


def buffered_heart_rates(part: FitPart) -> Moments:
    """Return the heart rates of messages `hr`, the last one of each second."""
    tables = [_beats(table) for table in part.of(Message.HR)]
    found = [beats for beats in tables if beats is not None]
    if not found:
        return NOTHING
    sequence = np.argsort(np.concatenate([beats.order for beats in found]), kind="stable")
    counts, whole, times, rates = (
        np.concatenate([getattr(beats, name) for beats in found])[sequence]
        for name in ("counts", "whole", "times", "rates")
    )
    return _per_second(_absolute(counts, whole, times), rates)


def _beats(table: Table) -> _Beats | None:
    rates = table.floats(table.places.get(HR_BEATS.field))
    long, short = _long_counts(table), _short_counts(table)
    counts = short if long is None else long
    if rates is None or counts is None:
        return None
    width = min(rates.shape[1], counts.shape[1])
    times = np.full((len(table), width), np.nan)
    times[:, 0] = _times(table)
    told = ~np.isnan(counts[:, :width]).ravel()
    return _Beats(
        np.repeat(np.asarray(table.order, dtype=np.int64), width)[told],
        counts[:, :width].ravel()[told].astype(np.int64),
        np.full(np.count_nonzero(told), long is not None),
        times.ravel()[told],
        rates[:, :width].ravel()[told],
    )


def _long_counts(table: Table) -> Floats | None:
    return table.floats(table.places.get(HR_EVENT))


def _short_counts(table: Table) -> Floats | None:
    place = table.places.get(HR_EVENT_12)
    if place is None or place.size < _BYTES_OF_TWO or not len(table):
        return None
    shape = (len(table), place.size // _BYTES_OF_TWO, _BYTES_OF_TWO)
    strides = (table.size, _BYTES_OF_TWO, 1)
    low, middle, high = np.moveaxis(
        np.ndarray(shape, np.uint8, table.rows, place.offset, strides).astype(np.int64), -1, 0
    )
    pairs = np.stack([low | (middle & 0xF) << 8, middle >> 4 | high << 4], axis=-1)
    return pairs.reshape(len(table), -1).astype(np.float64)


def _times(table: Table) -> Floats:
    """Return the FIT time of each message with its fraction, NaN for those without."""
    seconds = np.asarray(table.times, dtype=np.float64)
    known = (seconds >= FIRST_ABSOLUTE) & (seconds != INVALID_TIME)
    fraction = table.quantity(HR_FRACTION)
    rest = 0 if fraction is None else np.nan_to_num(fraction)
    return np.where(known, seconds + rest, np.nan)


def _absolute(counts: Integers, whole: NDArray[np.bool_], times: Floats) -> Floats:
    """Return the FIT time of each count, NaN before the first one that is told."""
    steps = np.diff(counts, prepend=0) % _SHORT
    ascending = np.cumsum(steps)
    full = _latest(whole)
    long = counts[full] + ascending - ascending[full]
    anchors = _latest(whole & ~np.isnan(times))
    found = times[anchors] + (long - long[anchors]) / _COUNTS_PER_SECOND
    return np.where((full < 0) | (anchors < 0), np.nan, found)


def _latest(which: NDArray[np.bool_]) -> Integers:
    """Return for each place the last one until there that is marked, -1 if there is none."""
    return np.maximum.accumulate(np.where(which, np.arange(len(which)), -1))


def _per_second(times: Floats, rates: Floats) -> Moments:
    known = ~np.isnan(times) & (rates > 0)
    seconds = np.floor(times[known]).astype(np.int64)
    sequence = np.argsort(seconds, kind="stable")
    seconds = seconds[sequence]
    last = np.flatnonzero(np.diff(seconds, append=np.iinfo(np.int64).max))
    return Moments(seconds[last], {Column.HEART_RATE: rates[known][sequence][last]})
