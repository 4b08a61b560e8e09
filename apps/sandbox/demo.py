"""The signals of the demo world, made from the number of each record."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import store
from apps.signals.synthesis import Body
from hexostore import hexotime

WHOLE, WITH_ECG = 37700, 43419

PRINTED: dict[int, dict[int, list[tuple[int, list[int]]]]] = {
    WHOLE: {
        19: [(0, [70, 71])],
        33: [(0, [12, 13])],
        37: [(5, [43, 43])],
        1000: [(0, [32, 32, 40, 32])],
    },
    WITH_ECG: {4113: [(0, [1715]), (79, [1423])]},
}
"""Counts that the documents print (seed 002), by record, datatype and number of the sample."""

NIGHT = 7 * 3600 * hexotime.TICKS_PER_SECOND
"""Records longer than this are nights, spent lying down."""

Channels = dict[int, NDArray[np.int64]]


def make_signals(progress: Callable[[str], None] = lambda _: None) -> None:
    """Stores the signals of all records that have a start and an end; the same every time.

    Every record gets its channels of one sample a second; the two that the documents print
    from get more. What is not synchronised yet has no raw signals.
    """
    datatypes = Datatype.objects.in_bulk()
    for record in Record.objects.filter(start__isnull=False, end__isnull=False).order_by("pk"):
        progress(f"signals of record {record.pk}")
        ticks = (record.end or 0) - (record.start or 0)
        body = Body(record.pk, ticks, active=0.0 if ticks > NIGHT else 0.4)
        for dataid, counts in _channels(record, body).items():
            store.write_channel(record, datatypes[dataid], _as_printed(record, dataid, counts))
        if record.pk == WHOLE:
            for dataid, (offsets, values) in body.events().items():
                store.write_events(record, datatypes[dataid], offsets, values)


def _channels(record: Record, body: Body) -> Channels:
    channels = body.heart() | body.breathing() | body.motion()
    if record.pk in (WHOLE, WITH_ECG):
        channels[4113] = body.ecg()
    if record.pk == WHOLE:
        channels |= body.respiration() | body.acceleration()
    return channels


def _as_printed(record: Record, dataid: int, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The counts with those that the documents print in their places."""
    for first, values in PRINTED.get(record.pk, {}).get(dataid, []):
        counts[first : first + len(values)] = values
    return counts
