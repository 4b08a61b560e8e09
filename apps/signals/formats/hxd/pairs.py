"""An event in a `.hxd` file, written and read: a tick and a value (behaviour 3.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

EVENT = np.dtype([("offset", "<i8"), ("value", "<i8")])
"""Ticks from the start of the record, and the value, in the order of the file."""


def size_of_events(count: int) -> int:
    """Return the bytes of so many events."""
    return count * EVENT.itemsize


def join_events(offsets: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
    """Return the events of a file."""
    events = np.empty(len(offsets), EVENT)
    events["offset"], events["value"] = offsets, values
    return events


def split_events(content: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the offsets and the values in the bytes of complete events."""
    events = np.frombuffer(content, EVENT)
    return events["offset"].astype(np.int64), events["value"].astype(np.int64)
