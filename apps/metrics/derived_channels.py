"""Channels of records that came without them, derived from those that they have.

What is derived remembers from what; asking again does nothing while that is the same, and what a
device or a file brought stays as it is (apps/signals/storage/derivation.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.metrics import heartbeats, variability, variability_channels
from apps.metrics.channels import HEART_RATE, NN, QUALITY, RR
from apps.metrics.heartbeats import DetectorMissing
from apps.metrics.reading import Events, known_events, read_series
from apps.metrics.variability_channels import VARIABILITY
from apps.records.models import Record
from apps.signals.models import Channel
from apps.signals.storage import derivation, record_state, store
from apps.signals.storage.gathering import Gathered, Need, Stretch, gather
from apps.signals.storage.series import Series
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

ECG, QRS = 4113, 17

Derived: TypeAlias = Mapping[int, NDArray[Any] | Events]
"""By datatype the counts of samples, or the events."""

_VARIABILITY, _BEATS = "variability 1", "beats 1"
"""Another number for another method: what the one before gave is derived anew."""

_HOUR = 3600 * SECOND
_MARGIN = 10 * SECOND
"""What a detector hears of before it is believed."""

_NO_EVENTS = np.empty(0, np.int64), np.empty(0, np.int64)


def derive_channels(record: Record) -> str | None:
    """Derive all that a record came without, and return a remark on what could not be derived."""
    try:
        derive_beats(record)
        return None
    except DetectorMissing as error:
        return str(error)
    finally:
        derive_variability(record)


def derive_beats(record: Record) -> bool:
    """Derive beats (17), their intervals (18) and quality (1004), and heart rate (19) of the ECG.

    A record that came with intervals is left alone. Return whether anything changed. Raises
    DetectorMissing where beats are wanted and what finds them is not installed.
    """
    if record.start is None:
        return False
    with transaction.atomic():
        store.lock(record)
        version = derivation.source_version(record, f"{_BEATS} {record.end}", [ECG])
        wanted = derivation.due(record, (QRS, RR, QUALITY, HEART_RATE.datatype), version)
        if RR not in wanted:
            return False
        ecg = Channel.objects.filter(record=record, datatype=ECG).first()
        derived = _told_by(record.start, _beats(record, ecg)) if ecg else {}
        return replace_derived(record, wanted, derived, version)


def _beats(record: Record, ecg: Channel) -> NDArray[np.int64]:
    """Return the ticks since 1970 of the beats in an ECG, of which an hour is read at a time."""
    step = ecg.step or 1
    stop = ecg.start + ecg.count * step
    found = []
    for first in range(ecg.start, stop, _HOUR):
        last = min(first + _HOUR, stop)
        part = Stretch(record.pk, first - _MARGIN - 1, last + _MARGIN)
        (read,) = gather([[part]], [Need(series=frozenset([ECG]))])
        series = read.series_of(ECG)
        beats = series.ticks[0] + heartbeats.find_beats(series.values, step)
        found.append(beats[(beats >= first) & (beats < last)])
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _told_by(start: int, beats: NDArray[np.int64]) -> Derived:
    """Return what a device tells of beats."""
    if not len(beats):
        return {}
    seconds = int(beats[-1] - start) // SECOND
    return {
        QRS: (beats, np.arange(1, len(beats) + 1)),
        RR: (beats, heartbeats.beat_intervals(beats)),
        QUALITY: (beats, heartbeats.interval_quality(beats)),
        HEART_RATE.datatype: heartbeats.mean_rate(beats - start, seconds),
    }


def derive_variability(record: Record) -> bool:
    """Derive NN intervals (318) and the variability of five minutes (271 to 279) of a record.

    They come from the beat intervals and their quality. The windows follow each other from the
    start of the record, whichever range they are asked for; one with too few intervals has 0, and
    a record of less than five minutes has NN intervals only. Return whether anything changed.
    """
    if record.start is None:
        return False
    with transaction.atomic():
        store.lock(record)
        sources = [RR, QUALITY, *derivation.recorded(record, [NN])]
        version = derivation.source_version(record, variability_method(record), sources)
        wanted = derivation.due(record, (NN, *VARIABILITY), version)
        if not wanted:
            return False
        derived = find_variability(record, read_series(record, sources))
        return replace_derived(record, wanted, derived, version)


def variability_method(record: Record) -> str:
    """Return how variability is derived, of which a channel remembers a digest."""
    return f"{_VARIABILITY} {record.start} {record.end}"


def find_variability(record: Record, found: Gathered) -> Derived:
    """Return NN intervals and variability, given beat intervals, their quality, and NN intervals
    that were recorded; nothing where there are no intervals."""
    rr, quality, nn = (known_events(found.series_of(source)) for source in (RR, QUALITY, NN))
    if rr is None and nn is None:
        return {}
    valid = variability_channels.select_valid(rr or _NO_EVENTS, quality if rr else None, nn)
    starts = variability.full_windows(record.start or 0, _end(record, (rr or valid)[0]))
    measured = variability_channels.measure_windows(valid, rr or _NO_EVENTS, starts)
    return {NN: valid, **variability_channels.as_channels(measured)}


def _end(record: Record, ends: NDArray[np.int64]) -> int:
    """The end of the record, or of its last interval while that is not known."""
    return int(ends[-1]) if record.end is None else record.end


def replace_derived(
    record: Record, wanted: Iterable[int], derived: Derived, version: bytes
) -> bool:
    """Store the wanted ones of what was derived, and give up those that there is nothing of.

    Return whether anything changed. The caller holds the lock of the record.
    """
    empty = {dataid for dataid in wanted if not count_items(derived.get(dataid))}
    changed = derivation.give_up(record, empty)
    for dataid, datatype in Datatype.objects.in_bulk(sorted(set(wanted) - empty)).items():
        series = series_of(record, datatype, derived[dataid])
        derivation.write_derived(record, datatype, series, version)
        changed = True
    if changed:
        record_state.settle(record)
    return changed


def count_items(items: NDArray[Any] | Events | None) -> int:
    """How many samples or events there are."""
    if items is None:
        return 0
    return len(items[0] if isinstance(items, tuple) else items)


def series_of(record: Record, datatype: Datatype, items: NDArray[Any] | Events) -> Series:
    """Return counts or events as they are stored."""
    if not isinstance(items, tuple):
        return store.samples_of(datatype, items)
    ticks, values = items
    return store.event_series(datatype, ticks - store.start_of(record), values)
