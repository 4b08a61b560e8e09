"""Series of beats whose variability is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def waves(
    low: float = 0.040,
    high: float = 0.030,
    mean: float = 1.0,
    breathing: float = 0.25,
    beats: int = 301,
) -> Ints:
    """Intervals in ticks with a wave of 0.1 Hz and one of breathing, amplitudes in s.

    The default is the series of known power: LF 800 ms^2, HF 450 ms^2, 64.0 % of both in LF.
    """
    moment, found = 0.0, []
    for _ in range(beats):
        slow = low * np.sin(2 * np.pi * 0.1 * moment)
        interval = mean + slow + high * np.sin(2 * np.pi * breathing * moment + 0.3)
        found.append(interval)
        moment += interval
    ticks: Ints = np.rint(np.array(found) * 256).astype(np.int64)
    return ticks


def alternating(count: int, middle: int, apart: int) -> Ints:
    """Intervals that lie `apart` ticks below and above the middle by turns."""
    ticks: Ints = middle + apart * np.where(np.arange(count) % 2, 1, -1)
    return ticks


def blocks() -> Ints:
    """Three stretches of about five minutes, each of another rate and of other changes."""
    parts = alternating(300, 256, 10), alternating(333, 230, 6), alternating(374, 205, 2)
    return np.concatenate(parts)
