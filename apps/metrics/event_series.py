"""Events in time as series: sums that run along with them, and values that hold until the next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND


def running(values: NDArray[Any], most: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the sum of each value and those before it, `most` in all, and their number."""
    # Of 1, 2, 3, 4 with `most` = 2 the sums are 1, 3, 5, 7, of 1, 2, 2, 2 values.
    total = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    ends = np.arange(1, len(values) + 1)
    counts = np.minimum(ends, most)
    return total[ends] - total[ends - counts], counts


def hold(
    ticks: NDArray[np.int64], values: NDArray[Any], seconds: int, before: float
) -> NDArray[np.float64]:
    """Return the value of the last event at the end of each second; `before` if there is none."""
    # Events of 7 and 8 at the ticks 300 and 600 give `before`, 7, 8 at the ticks 256, 512, 768.
    ends = np.arange(1, seconds + 1) * SECOND
    passed = np.searchsorted(ticks, ends, side="right")
    held: NDArray[np.float64] = np.concatenate(([before], values))[passed]
    return held
