"""Files of asynchronous channels: `.hxd` (seeds 001 and 002), or CSV as in later downloads."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND

PAIR = 16
"""Bytes of an event in a `.hxd` file."""

FRAMED = frozenset((269, 270))
"""Positions: their CSV begins and ends with a line whose value is `nan` (contract, 5.4)."""


def pairs(offsets: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
    """Rows of two little-endian numbers of eight bytes: ticks from the start, and the value."""
    rows = np.empty((len(offsets), 2), "<i8")
    rows[:, 0], rows[:, 1] = offsets, values
    return rows


def lines(offsets: NDArray[np.int64], values: NDArray[Any]) -> bytes:
    """A line per event: seconds from the start, exact to the tick, and the value as stored.

    A tick is 0.00390625 s, so eight decimals are enough.
    """
    if not len(offsets):
        return b""
    cells = zip(_texts(offsets / TICKS_PER_SECOND), _texts(values), strict=True)
    rows = map(b"%b,%b".__mod__, cells)
    return b"\n".join(rows) + b"\n"


def frame(offset: int) -> bytes:
    """A line without a value."""
    return b"%b,nan\n" % orjson.dumps(offset / TICKS_PER_SECOND)


def _texts(numbers: NDArray[Any]) -> list[bytes]:
    dumped = orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY)
    return dumped[1:-1].split(b",")
