"""Files of asynchronous channels as `.hxd`: pairs of a tick and a value (behaviour 3.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PAIR = 16
"""Bytes of an event in a `.hxd` file."""


def pairs(offsets: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
    """Rows of two little-endian numbers of eight bytes: ticks from the start, and the value."""
    rows = np.empty((len(offsets), 2), "<i8")
    rows[:, 0], rows[:, 1] = offsets, values
    return rows
