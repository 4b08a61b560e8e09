"""Beats found in an ECG, and what a device would tell of them: intervals, quality and rate.

Ticks are counted from the start of the record. The detector is that of sleepecg, which is an extra.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.metrics.event_series import hold, running
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Ints: TypeAlias = NDArray[np.int64]

UNRELIABLE = 128
"""A bit of the quality of an interval (catalogue, datatype 1004)."""
MEAN_OF = 16
"""Heart rate is the mean of so many intervals (behaviour 10)."""
LONGEST_RR = 3 * SECOND
"""A longer interval is a gap in the signal and does not count for the heart rate."""
USUAL_OF = 8
"""An interval is compared with the mean of so many before it."""

INSTALL = "install hexostore[signals] (in a checkout: bin/setup --signals)"


class DetectorMissing(Exception):
    """What finds beats is not installed; the text says how to install it."""


def find_beats(ecg: NDArray[Any], ticks_per_sample: int) -> Ints:
    """Return the ticks of the R waves in an ECG, whose unit does not matter; none in a flat one.

    Raises DetectorMissing without the extra.
    """
    try:
        from sleepecg.heartbeats import detect_heartbeats
    except ImportError as error:
        raise DetectorMissing(f"Beats can be found in an ECG once you {INSTALL}.") from error
    if len(ecg) * ticks_per_sample < LONGEST_RR or ecg.min() == ecg.max():
        return np.empty(0, np.int64)
    found = detect_heartbeats(ecg.astype(np.float64), SECOND / ticks_per_sample)
    return np.asarray(found, np.int64) * ticks_per_sample


def beat_intervals(beats: Ints) -> Ints:
    """Return the ticks since the beat before; 0 for the first, which has none (behaviour 10)."""
    intervals: Ints = np.diff(beats, prepend=beats[:1])
    return intervals


def find_odd_intervals(beats: Ints) -> NDArray[np.bool_]:
    """Return which intervals are a third off the mean of the eight before them, or gaps.

    The first beat has no interval and is odd.
    """
    apart = np.diff(beats)
    total, number = running(np.minimum(apart, LONGEST_RR), USUAL_OF)
    usual = np.concatenate((apart[:1], total[:-1] / number[:-1]))
    odd = (np.abs(apart - usual) > usual / 3) | (apart > LONGEST_RR)
    return np.concatenate((np.ones(min(1, len(beats)), np.bool_), odd))


def interval_quality(beats: Ints) -> Ints:
    """Return the quality of each interval: unreliable where it is odd, else good."""
    return np.where(find_odd_intervals(beats), UNRELIABLE, 0)


def mean_rate(beats: Ints, seconds: int, most: int = MEAN_OF) -> NDArray[np.uint16]:
    """Return events per minute each second by the mean of up to `most` intervals, without gaps.

    Until there is an interval, the first rate that will be known; 0 when there never is.
    """
    apart = np.diff(beats)
    whole = apart <= LONGEST_RR
    total, number = running(apart[whole], most)
    rate = 60 * SECOND * number / total
    each_second = hold(beats[1:][whole], rate, seconds, rate[0] if len(rate) else 0.0)
    rates: NDArray[np.uint16] = np.rint(each_second.clip(0, 65_535)).astype(np.uint16)
    return rates
