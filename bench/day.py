"""A record of many hours with every channel of a shirt, made in seconds for the benchmarks.

The signals are no physiology; they are as hard to compress as real ones, and cost as much to
decode. Ten minutes of each are drawn and repeated, for chunks are packed one by one anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
START = 359_840_226_870
RAW = (4113, 4114, 4115, 4129, 4130, 4145, 4146, 4147, 64)
"""ECG at 256 Hz, respiration at 128 Hz, acceleration and PPG at 64 Hz."""

EACH_SECOND = {
    19: (72, 2), 33: (15, 1), 36: (600, 30), 37: (43, 4), 38: (800, 40), 39: (570, 50),
    42: (110, 4), 49: (30, 12), 53: (40, 20), 65: (72, 2), 66: (97, 1), 81: (8600, 3),
    98: (120, 2), 99: (121, 2), 338: (3400, 3), 1000: (4, 1), 1001: (4, 1), 1002: (4, 1),
    1003: (4, 1), 1005: (4, 1), 1006: (4, 1), 1019: (110, 5), 1049: (100, 5), 1053: (90, 5),
}  # fmt: skip
"""Middle and spread of the channels of 1 Hz."""

SLOW = (271, 272, 273, 274, 275, 276, 277, 278, 279)
EVENTS = {18: 0.8, 318: 0.8, 17: 0.8, 1004: 0.8, 97: 0.8, 34: 4.0, 35: 4.0, 52: 1.5, 269: 600.0,
          270: 900.0, 280: 1200.0}  # fmt: skip
"""Seconds between the events of the asynchronous channels."""

_BLOCK = 600


def day_record(user: Any, key: int, seconds: int = DAY, start: int = START) -> Any:
    """Stores the record `key` of `user` with 53 channels of `seconds`, and gives it."""
    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store

    record = Record.objects.create(id=key, user=user, start=start, end=start + 256 * seconds)
    datatypes, random = Datatype.objects.in_bulk(), np.random.default_rng(key)
    for dataid in (*RAW, *EACH_SECOND, *SLOW):
        counts = samples(dataid, datatypes[dataid].hexo_freq or 1, seconds, random)
        store.write_channel(record, datatypes[dataid], counts)
    for dataid, every in EVENTS.items():
        store.write_events(record, datatypes[dataid], *events(every, seconds, random))
    return record


def samples(
    dataid: int, step: int, seconds: int, random: np.random.Generator
) -> NDArray[np.int16] | NDArray[np.uint16]:
    """The counts of a synchronous channel, one per `step` ticks."""
    count = seconds * 256 // step
    if dataid in RAW:
        times = np.linspace(0, _BLOCK, _BLOCK * 256 // step, endpoint=False)
        return np.resize(_wave(times, random), count)
    middle, spread = EACH_SECOND.get(dataid, (4000, 300))
    drift = np.cumsum(random.normal(0, spread / 10, count))
    drawn = middle + spread * np.sin(drift) + random.normal(0, spread / 2, count)
    return np.abs(drawn.round()).astype(np.uint16)


def _wave(times: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int16]:
    """A spike and a hump every 0.8 s or so on a baseline that breathes, with noise."""
    phase = (times + 0.05 * np.sin(times / 4)) % 0.8
    spike = 350 * np.exp(-(((phase - 0.3) / 0.012) ** 2))
    hump = 60 * np.exp(-(((phase - 0.55) / 0.05) ** 2))
    baseline = 1360 + 25 * np.sin(times * 1.6)
    noise = random.normal(0, 3, len(times))
    counts: NDArray[np.int16] = (baseline + spike + hump + noise).astype(np.int16)
    return counts


def events(
    every: float, seconds: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets in ticks, and with each the ticks since the one before."""
    gaps = random.normal(every * 256, every * 25, int(seconds / every)).astype(np.int64)
    offsets = np.cumsum(np.maximum(gaps, 1))
    offsets = offsets[offsets < seconds * 256]
    return offsets, np.diff(offsets, prepend=0)
