"""Sleep that records tell of: ranges of their own for it, and phases where none came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from apps.metrics import sleep
from apps.metrics.channels import ACTIVITY, HEART_RATE, PHASE, POSITION
from apps.metrics.derived_channels import Derived, replace_derived
from apps.metrics.reading import Events, known_events, read_series
from apps.metrics.sleep import MINUTE, UPRIGHT
from apps.metrics.stretches import OPEN, Span, union
from apps.records.models import Range, Record
from apps.signals.storage import derivation, store
from apps.signals.storage.gathering import Gathered, TimeSeries
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

SLEEP = 12
"""The id of sleep among activity types and among training routines."""
NO_STAGE = 0
"""The code of times out of bed (catalogue, datatype 280)."""
DEVICE_POSITION = 269
SLEEP_SOURCES = ACTIVITY.datatype, DEVICE_POSITION
"""What phases are derived from."""

_PHASES = "phases 1"
"""Another number for another method: what the one before gave is derived anew."""
_NAME = "Sleep"


@dataclass(frozen=True)
class Minutes:
    """What somebody did in each full minute of a record: how many seconds they moved, whether
    they lay, and whether the garment was worn.
    """

    moving: NDArray[np.int64]
    lying: NDArray[np.bool_]
    worn: NDArray[np.bool_]


def find_sleep_spans(record: Record) -> list[Span]:
    """Return when somebody slept in a record: lying and hardly moving for four hours or more.

    Without activity or any position, nothing is found.
    """
    if record.start is None:
        return []
    minutes = _minutes(record.start, read_series(record, _SOURCES))
    calm = (minutes.moving <= sleep.CALM) & minutes.worn
    ticks = MINUTE * SECOND
    return [
        Span(record.start + first * ticks, record.start + last * ticks)
        for first, last in sleep.find_sleeps(minutes.lying, calm)
    ]


_SOURCES = ACTIVITY.datatype, HEART_RATE.datatype, POSITION, DEVICE_POSITION


def _minutes(start: int, found: Gathered) -> Minutes:
    moving = sleep.count_moving(_each_second(start, found.series_of(ACTIVITY.datatype)))
    middles = start + (np.arange(len(moving)) * MINUTE + MINUTE // 2) * SECOND
    rates = _each_second(start, found.series_of(HEART_RATE.datatype))
    return Minutes(moving, _lying(_positions(found), middles), _worn(rates, len(moving)))


def _each_second(start: int, series: TimeSeries) -> NDArray[np.int64]:
    """Return a channel of 1 Hz from the start of its record on; a sample stands at its end."""
    seconds = (series.ticks - start) // SECOND - 1
    values = np.zeros(int(seconds[-1]) + 1 if len(seconds) else 0, np.int64)
    values[seconds[seconds >= 0]] = series.values[seconds >= 0]
    return values


def _positions(found: Gathered) -> Events | None:
    """Return the positions of the body, which those of the device tell where there are none."""
    positions = known_events(found.series_of(POSITION))
    if positions is not None:
        return positions
    device = known_events(found.series_of(DEVICE_POSITION))
    return None if device is None else body_positions(device)


def body_positions(device: Events) -> Events:
    """Return positions of the body (270) by those of the device (269), which hangs wire up.

    The first four have the same numbers; both ways upright are one.
    """
    ticks, codes = device
    return ticks, np.minimum(codes, UPRIGHT)


def _lying(positions: Events | None, middles: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return at which moments somebody lies."""
    if positions is None:
        return np.zeros(len(middles), np.bool_)
    ticks, codes = positions
    before = np.searchsorted(ticks, middles, side="right")
    holding: NDArray[np.int64] = np.concatenate(([0], codes))[before]
    return (holding > 0) & (holding < UPRIGHT)


def _worn(rates: NDArray[np.int64], minutes: int) -> NDArray[np.bool_]:
    """Return in which minutes a heart beats; in all where there is no heart rate to tell."""
    if not rates.any():
        return np.ones(minutes, np.bool_)
    beating = np.zeros(minutes * MINUTE, np.bool_)
    known = rates[: len(beating)] > 0
    beating[: len(known)] = known
    worn: NDArray[np.bool_] = beating.reshape(minutes, MINUTE).max(axis=1)
    return worn


@transaction.atomic
def update_sleep_ranges(record: Record) -> bool:
    """Make the automatic ranges of sleep those that a record tells of, and say if any changed.

    A range that is there already moves with what is found. Where the owner told of a sleep, there
    is no automatic one.
    """
    if record.start is None:
        return False
    store.lock(record)
    told = _sleeps(record, autodetected=False)
    spans = [span for span in find_sleep_spans(record) if not _overlaps(span, told)]
    present = list(_sleeps(record, autodetected=True).order_by("start", "pk"))
    moved = [_move(row, span) for row, span in zip(present, spans, strict=False)]
    for span in spans[len(present) :]:
        Range.objects.create(
            user_id=record.user_id,
            name=_NAME,
            start=span.start,
            end=span.end,
            activitytype_id=SLEEP,
            trainingroutine_id=SLEEP,
            autodetected=True,
        )
    surplus = [row.pk for row in present[len(spans) :]]
    Range.objects.filter(pk__in=surplus).delete()
    return any(moved) or len(spans) != len(present)


def _sleeps(record: Record, *, autodetected: bool) -> QuerySet[Range]:
    """Return the owner's ranges of sleep in the time of a record."""
    rows = Range.objects.filter(
        user=record.user_id, activitytype=SLEEP, autodetected=autodetected, end__gt=record.start
    )
    return rows if record.end is None else rows.filter(start__lt=record.end)


def _overlaps(span: Span, ranges: Iterable[Range]) -> bool:
    """Whether a span has time in common with one of the ranges, which have an end."""
    return any(span.start < (row.end or 0) and row.start < span.end for row in ranges)


def _move(row: Range, span: Span) -> bool:
    """Give a range the times of a span, and say if they are others."""
    if (row.start, row.end) == span:
        return False
    row.start, row.end = span
    row.save(update_fields=["start", "end", "last_modified"])
    return True


def derive_sleep(record: Record) -> bool:
    """Derive the phases (280) and positions (270) of a record's sleeps, and say if any changed.

    Movement tells waking from sleep in the ranges of sleep; it does not tell REM. Positions are
    those of the device. A record in which nobody sleeps has neither.
    """
    if record.start is None:
        return False
    with transaction.atomic():
        store.lock(record)
        spans = times_in_bed(record)
        version = derivation.source_version(record, sleep_method(record, spans), SLEEP_SOURCES)
        wanted = derivation.due(record, (PHASE, POSITION), version)
        if not wanted:
            return False
        derived = find_phases(record, spans, read_series(record, SLEEP_SOURCES)) if spans else {}
        return replace_derived(record, wanted, derived, version)


def sleep_method(record: Record, spans: Sequence[Span]) -> str:
    """Return how phases are derived, of which a channel remembers a digest."""
    return f"{_PHASES} {record.start} {[tuple(span) for span in spans]}"


def times_in_bed(record: Record) -> Sequence[Span]:
    """Return the times of the owner's ranges of sleep, told or found, within the record."""
    rows = Range.objects.filter(
        Q(end__gt=record.start), user=record.user_id, activitytype=SLEEP
    ).values_list("start", "end")
    last = record.end if record.end is not None else OPEN
    clipped = (Span(max(start, record.start or 0), min(end or last, last)) for start, end in rows)
    return union(span for span in clipped if span.start < span.end)


def find_phases(record: Record, spans: Sequence[Span], found: Gathered) -> Derived:
    """Return phases in bed, by minutes from the start of the record on, and positions, given
    activity and the positions of the device."""
    start = store.start_of(record)
    moving = sleep.count_moving(_each_second(start, found.series_of(ACTIVITY.datatype)))
    waking = sleep.find_waking(moving)
    codes = np.where(waking, sleep.WAKE, sleep.NREM)
    begins = start + np.arange(len(codes)) * MINUTE * SECOND
    in_bed = np.zeros(len(codes), np.bool_)
    for span in spans:
        in_bed |= (begins + MINUTE * SECOND > span.start) & (begins < span.end)
    codes[~in_bed] = NO_STAGE
    changed = np.flatnonzero(np.diff(codes, prepend=-1))
    positions = _positions(found)
    phases = begins[changed], codes[changed]
    return {PHASE: phases} if positions is None else {PHASE: phases, POSITION: positions}
