"""Events in time as series: sums that run along with them, and values that hold until the next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND


def running(values: NDArray[Any], most: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The sum of each value and those before it, `most` in all, and how many they are."""
    total = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    ends = np.arange(1, len(values) + 1)
    counts = np.minimum(ends, most)
    return total[ends] - total[ends - counts], counts


def hold(
    ticks: NDArray[np.int64], values: NDArray[Any], seconds: int, before: float
) -> NDArray[np.float64]:
    """The value of the last event at the end of each second; `before` where there is none."""
    last = np.searchsorted(ticks, np.arange(1, seconds + 1) * SECOND, side="right")
    held: NDArray[np.float64] = np.concatenate(([before], values))[last]
    return held
