"""Points of activities as channels of a record.

A synchronous channel has a sample each second, the first one a second after the start of the
record. It is the latest value at or before that moment, but not an older one than `HOLD`. Without a
value it is 0, and the channel of quality says that the sensor was not connected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.exchange.activity import Activity, Column, Floats, Points, Session, Ticks
from apps.exchange.equivalents import BREATHING_RATE, DATATYPES, HEART_RATE
from apps.signals.storage import store
from apps.signals.storage.ingestion import sample_type
from apps.signals.storage.series import Series
from hexostore.hexotime import TICKS_PER_SECOND

HOLD = 10 * TICKS_PER_SECOND

RR_INTERVAL = 18
HEART_RATE_QUALITY, BREATHING_RATE_QUALITY = 1000, 1001

QUALITIES = {HEART_RATE: (HEART_RATE_QUALITY, 2), BREATHING_RATE: (BREATHING_RATE_QUALITY, 1 | 2)}
"""The datatype of the quality of a channel, and the flags of a sensor that is not connected."""

BIOMETRIC = (
    Column.HEART_RATE,
    Column.BREATHING_RATE,
    Column.MINUTE_VENTILATION,
    Column.TIDAL_VOLUME,
)
"""What makes a record. Steps and energy alone do not."""

CHANNELS = (RR_INTERVAL, *DATATYPES.values(), HEART_RATE_QUALITY, BREATHING_RATE_QUALITY)
"""The datatypes that a record of a file can have."""


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Values of one column with their times, in order of time."""

    times: Ticks
    values: Floats


def is_biometric(activity: Activity) -> bool:
    """Return whether an activity has samples of a body: heart, breath, or intervals of beats."""
    if any(each.intervals is not None and len(each.intervals.times) for each in activity.sessions):
        return True
    return any(
        np.isfinite(points.columns[column]).any()
        for points in _all_points(activity)
        for column in BIOMETRIC
        if column in points.columns
    )


def has_values(session: Session) -> bool:
    """Return whether anything is known of any moment of a session."""
    if session.intervals is not None and len(session.intervals.times):
        return True
    columns = (column for points in session.points for column in points.columns.values())
    return any(np.isfinite(column).any() for column in columns)


def time_span(activity: Activity) -> tuple[int, int]:
    """Return the first and last tick of an activity: of its sessions and their points."""
    starts = [each.start for each in activity.sessions]
    ends = [each.end for each in activity.sessions]
    for points in _all_points(activity):
        if len(points):
            starts.append(int(points.times[0]))
            ends.append(int(points.times[-1]))
    return min(starts), max([*ends, *starts])


def channels_of(
    activity: Activity, start: int, end: int, datatypes: Mapping[int, Datatype]
) -> Iterator[tuple[Datatype, Series]]:
    """Yield the channels of a record of that time, as far as the store knows their datatypes."""
    seconds = (end - start) // TICKS_PER_SECOND
    for column, dataid in DATATYPES.items():
        found = moments_of(activity, column)
        if dataid in datatypes and len(found.times) and seconds:
            yield from _sampled(found, start, seconds, dataid, datatypes)
    offsets, counts = _intervals(activity, start)
    if RR_INTERVAL in datatypes and len(offsets):
        datatype = datatypes[RR_INTERVAL]
        yield datatype, store.event_series(datatype, offsets, counts)


def moments_of(activity: Activity, column: Column) -> KnownValues:
    """Return all known values of a column."""
    times, values = [np.empty(0, np.int64)], [np.empty(0)]
    for points in _all_points(activity):
        found = points.columns.get(column)
        if found is not None:
            known = np.isfinite(found)
            times.append(points.times[known])
            values.append(found[known])
    joined = KnownValues(np.concatenate(times), np.concatenate(values))
    order = np.argsort(joined.times, kind="stable")
    return KnownValues(joined.times[order], joined.values[order])


def _sampled(
    found: KnownValues, start: int, seconds: int, dataid: int, datatypes: Mapping[int, Datatype]
) -> Iterator[tuple[Datatype, Series]]:
    datatype = datatypes[dataid]
    counts, is_known = sample(found, start, seconds, datatype)
    yield datatype, store.samples_of(datatype, counts)
    quality, flags = QUALITIES.get(dataid, (0, 0))
    if quality in datatypes:
        worn = np.where(is_known, 0, flags).astype(np.uint16)
        yield datatypes[quality], store.samples_of(datatypes[quality], worn)


def sample(
    found: KnownValues, start: int, seconds: int, datatype: Datatype
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the counts of a channel, and for each whether there was a value."""
    moments = start + TICKS_PER_SECOND * np.arange(1, seconds + 1, dtype=np.int64)
    latest = np.searchsorted(found.times, moments, side="right") - 1
    at = np.maximum(latest, 0)
    is_known = (latest >= 0) & (moments - found.times[at] <= HOLD)
    limits = np.iinfo(sample_type(datatype))
    counts = np.rint((found.values - datatype.offset) / datatype.gain)
    fitting = np.clip(counts, limits.min, limits.max).astype(np.int64)
    return np.where(is_known, fitting[at], 0), is_known


def _intervals(activity: Activity, start: int) -> tuple[Ticks, Ticks]:
    """Return the offsets and the lengths of the intervals between beats, both in ticks."""
    found = [each.intervals for each in activity.sessions if each.intervals is not None]
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    offsets = np.concatenate([each.times for each in found]).astype(np.int64) - start
    lengths = np.concatenate([each.seconds for each in found]) * TICKS_PER_SECOND
    order = np.argsort(offsets, kind="stable")
    within = order[offsets[order] >= 0]
    return offsets[within], np.rint(lengths[within]).astype(np.int64)


def _all_points(activity: Activity) -> Iterable[Points]:
    return (points for each in activity.sessions for points in each.points)


def joined_points(pieces: Iterable[Points]) -> Points:
    """Return pieces as one."""
    found: Sequence[Points] = list(pieces)
    if len(found) == 1:
        return found[0]
    names = {name for each in found for name in each.columns}
    times = np.concatenate([np.empty(0, np.int64), *(each.times for each in found)])
    return Points(times, {name: np.concatenate([e.column(name) for e in found]) for name in names})
