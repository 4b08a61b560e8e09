"""Heart rate variability of the intervals between beats: in time, and in frequency by Lomb.

Intervals are whole ticks (1/256 s), and `ends` the ticks at which they end, rising, counted from
any moment. Names and set of figures are those of PhysioNet's toolkit. A figure of which nothing
can be said is None.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Complex: TypeAlias = NDArray[np.complex128]
Whole: TypeAlias = NDArray[Any]
"""Whole numbers of any width, as they come from the store."""

WINDOW = 300 * SECOND
"""Ticks of a window; only full ones count."""
ENOUGH = 128
"""A window with fewer intervals tells nothing."""

LOW, HIGH = slice(12, 45), slice(45, 121)
"""The bands [0.04, 0.15) and [0.15, 0.40] Hz: places in a spectrum whose step is 1/300 Hz."""
HIGHEST = 120
"""The last place of a spectrum: 0.4 Hz."""

_BIN = 2
"""Ticks of a bin of the histogram: 1/128 s, counted from 0."""


def rmssd(rr_ticks: Whole, quality: Whole) -> float | None:
    """Return the root mean square of successive differences in ms.

    It is taken over the intervals of quality 0 in their order. One that is left out makes no gap:
    its neighbours follow each other.
    """
    return successive_change(rr_ticks[quality == 0])


def successive_change(intervals: Whole) -> float | None:
    """Return the root mean square in ms of how much each interval differs from the one before."""
    if len(intervals) < 2:
        return None
    steps = np.diff(intervals.astype(np.float64))
    return float(np.sqrt(np.mean(steps**2))) * 1000 / SECOND


def avnn(intervals: Whole) -> float | None:
    """Return the mean of intervals in seconds."""
    return float(intervals.mean()) / SECOND if len(intervals) else None


def sdnn(intervals: Whole) -> float | None:
    """Return the standard deviation of intervals in seconds, with n - 1."""
    return float(intervals.std(ddof=1)) / SECOND if len(intervals) > 1 else None


def sdann(ends: Whole, intervals: Whole, starts: Whole) -> float | None:
    """Return the standard deviation, in seconds, of the means of windows.

    `starts` are the ticks at which the windows begin (full_windows); those with too few intervals
    are left out, and two at least must remain.
    """
    means = [part.mean() for part in telling_windows(ends, intervals, starts)]
    return sdnn(np.array(means))


def asdnn(ends: Whole, intervals: Whole, starts: Whole) -> float | None:
    """Return the mean, in seconds, of the standard deviations within windows (see sdann)."""
    deviations = [part.std(ddof=1) for part in telling_windows(ends, intervals, starts)]
    return avnn(np.array(deviations))


def triangular_index(intervals: Whole) -> float | None:
    """Return how many intervals there are to each in the fullest bin of their histogram."""
    if not len(intervals):
        return None
    return len(intervals) / int(np.bincount(intervals // _BIN).max())


def full_windows(start: int, end: int) -> Ints:
    """Return the ticks at which the windows begin that lie within a stretch, from its start on."""
    return np.arange(start, end - WINDOW + 1, WINDOW, dtype=np.int64)


def window_slices(ends: Whole, starts: Whole) -> list[slice]:
    """Return which intervals belong to each window: those that end after its start, up to its end.

    An interval may so begin in the window before.
    """
    first = np.searchsorted(ends, starts, side="right").tolist()
    last = np.searchsorted(ends, starts + WINDOW, side="right").tolist()
    return [slice(*bounds) for bounds in zip(first, last, strict=True)]


def telling_windows(ends: Whole, intervals: Whole, starts: Whole) -> list[Whole]:
    """Return the intervals of each window that has enough of them."""
    parts = [intervals[which] for which in window_slices(ends, starts)]
    return [part for part in parts if len(part) >= ENOUGH]


def spectrum(ends: Whole, intervals: Whole) -> Floats:
    """Return the power in ms^2 at 0, 1/300, 2/300 ... 0.4 Hz by Lomb's periodogram.

    Intervals need not be even in time, so none is made up between them. A wave of amplitude a
    gives a^2 / 2 at its place, and the sum of all places is the variance.
    """
    count = len(intervals)
    if count < 2:
        return np.zeros(HIGHEST + 1)
    values = (intervals - intervals.mean()) * (1000 / SECOND)
    waves, doubled = _transforms(ends, values)
    # The delay tau of Lomb turns each wave so far that its cosines and sines are orthogonal.
    waves *= np.exp(-0.5j * np.angle(doubled))
    length = np.abs(doubled)
    cosines, sines = count + length, count - length
    # Where all sines are zero there is no wave that they could show.
    known = sines > 1e-6 * count
    power: Floats = waves.real**2 / cosines
    power[known] += waves.imag[known] ** 2 / sines[known]
    power *= 2 / count
    return power


_FINE, _COARSE = 12, 11
"""Place 12 a + b of a spectrum is the product of the waves of 12 a and b: 23 waves make 132."""
_STEPS = np.concatenate((np.arange(_FINE), _FINE * np.arange(_COARSE)))[:, None]
_CIRCLE = np.exp(2j * np.pi * np.arange(WINDOW) / WINDOW)
"""Where on the unit circle a wave of 1/300 Hz is at each tick of its period."""


def _transforms(ends: Whole, values: Floats) -> tuple[Complex, Complex]:
    """Return, at each place, the sum of the values times its wave, and of its wave doubled."""
    turns = _CIRCLE[_STEPS * (ends % WINDOW) % WINDOW]
    fine, coarse = turns[:_FINE], turns[_FINE:]
    # Not by @, which would keep several cores busy with so little.
    waves = np.einsum("ai,bi->ab", coarse * values, fine)
    doubled = np.einsum("ai,bi->ab", coarse**2, fine**2)
    return waves.ravel()[: HIGHEST + 1], doubled.ravel()[: HIGHEST + 1]


def low_power(power: Floats) -> float:
    """Return the power of a spectrum in the low band, in ms^2."""
    return float(power[LOW].sum())


def high_power(power: Floats) -> float:
    """Return the power of a spectrum in the high band, in ms^2."""
    return float(power[HIGH].sum())


def total_power(power: Floats) -> float:
    """Return the power of a spectrum up to 0.4 Hz, in ms^2."""
    return float(power.sum())


def low_share(low: float, high: float) -> float:
    """Return the low band in % of both bands; 0 without any power."""
    return 100 * low / (low + high) if low + high else 0.0
