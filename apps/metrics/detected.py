"""Sleep that is found without being told: ranges that only `include_autodetected` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.metrics import sleep
from apps.metrics.channels import ACTIVITY, POSITION
from apps.metrics.sleep import CALM, MINUTE, SHORTEST_SLEEP, UPRIGHT
from apps.metrics.subject import SLEEP
from apps.records.models import Range, Record
from apps.signals.storage.gathering import Need, Stretch, TimeSeries, gather
from hexostore.hexotime import TICKS_PER_SECOND

Flags: TypeAlias = NDArray[np.bool_]

NAME = "Sleep"
"""What ranges that are found are called."""

_TICKS = MINUTE * TICKS_PER_SECOND
_NEED = Need(series=frozenset([ACTIVITY.datatype]), states=frozenset([POSITION]))


def detect_sleep(record: Record) -> None:
    """Make the ranges of the sleep in a record, in place of those that were found in it before.

    Nothing is written where the same was found.
    """
    start, end = record.start, record.end
    if start is None or end is None:
        return
    found = {(start + first * _TICKS, start + last * _TICKS) for first, last in _sleeps(record)}
    within = Range.objects.filter(
        user=record.user_id, autodetected=True, start__gte=start, end__lte=end
    )
    there = {(begin, stop): pk for pk, begin, stop in within.values_list("pk", "start", "end")}
    Range.objects.filter(pk__in=[there[each] for each in there.keys() - found]).delete()
    Range.objects.bulk_create(
        Range(
            user_id=record.user_id,
            name=NAME,
            start=begin,
            end=stop,
            activitytype_id=SLEEP,
            autodetected=True,
        )
        for begin, stop in sorted(found - there.keys())
    )


def _sleeps(record: Record) -> list[tuple[int, int]]:
    """First and last minute, excluded, of each sleep; none in records too short for one."""
    start, end = record.start or 0, record.end or 0
    minutes = (end - start) // _TICKS
    if minutes < SHORTEST_SLEEP:
        return []
    (held,) = gather([[Stretch(record.pk, start, end)]], [_NEED])
    activity = held.series_of(ACTIVITY.datatype).values
    moving = sleep.count_moving(activity)[:minutes]
    lying = _lying(held.states.get(POSITION, ()), start, len(moving))
    return sleep.find_sleeps(lying, moving <= CALM)


def _lying(states: Sequence[tuple[Stretch, TimeSeries]], start: int, minutes: int) -> Flags:
    """Whether somebody lies in the middle of each minute; no minute where no position is known."""
    middles = start + _TICKS * np.arange(minutes) + _TICKS // 2
    lying = np.zeros(minutes, np.bool_)
    for _, found in states:
        last = np.searchsorted(found.ticks, middles, side="right") - 1
        known = last >= 0
        codes = np.nan_to_num(found.values[last[known]], nan=0)
        lying[known] = (codes != 0) & (codes != UPRIGHT)
    return lying
