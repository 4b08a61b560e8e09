"""Texts of numbers, without a Python object per number.

Values repeat a lot, because they come from few distinct counts. Each distinct value is written
once, and rows are put together from a table of such texts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

_LOW = 10_000
_LOW_DIGITS = np.array([b"%04d" % number for number in range(_LOW)])

_CLOSE = 8
"""Counts are close together if their range has at most this many numbers per count."""

Counts = NDArray[Any]
Texts = NDArray[np.bytes_]


def rows(columns: list[Texts]) -> bytes:
    """Return the texts row by row.

    They are laid out in fixed widths, and the padding is then removed. A column with one text has
    it in every row.
    """
    # The columns (b"a", b"bc") and (b"!",) become b"a!bc!": laid out as "a\0!" and "bc!".
    layout = [(f"column{number}", column.dtype) for number, column in enumerate(columns)]
    laid = np.empty(max(map(len, columns)), layout)
    for (name, _), column in zip(layout, columns, strict=True):
        laid[name] = column
    return laid.tobytes().translate(None, b"\0")


def stamps(before: bytes, timestamps: NDArray[np.int64]) -> list[Texts]:
    """Return each timestamp in two columns: what it shares with its neighbours, and four digits."""
    if len(timestamps) == 0 or timestamps.min() < _LOW:
        return [texts(before, timestamps, b"")]
    # 19999, 20000 and 20256 have the high parts 1, 2, 2: "1" stands once, "2" twice.
    high = timestamps // _LOW
    first = np.flatnonzero(np.diff(high, prepend=-1))
    lengths = np.diff(first, append=len(high))
    low = _LOW_DIGITS[timestamps - high * _LOW]
    return [np.repeat(texts(before, high[first], b""), lengths), low]


def distinct(counts: Counts) -> tuple[Counts, NDArray[Any]]:
    """Return the distinct counts in ascending order, and the place of each given count among them.

    If the counts are close together, these are simply all from the lowest to the highest. Otherwise
    they come from np.unique. For 16 bits this takes no sorting, and a tenth of the time.
    """
    if counts.dtype.kind in "iu" and len(counts):
        low, high = int(counts.min()), int(counts.max())
        if high - low < len(counts) // _CLOSE:
            known = np.arange(low, high + 1).astype(counts.dtype)
            return known, np.subtract(counts, low, dtype=np.int64)
    if counts.dtype.itemsize != np.dtype(np.uint16).itemsize:
        return np.unique(counts, return_inverse=True)
    # 9, 7, 9: seen are 7 and 9, of which there are 1 and 2 up to there, so the places are 1, 0, 1.
    bits = np.ascontiguousarray(counts).view(np.uint16)
    seen = np.zeros(1 << 16, np.bool_)
    seen[bits] = True
    places = np.cumsum(seen, dtype=np.int32)[bits] - 1
    return np.flatnonzero(seen).astype(np.uint16).view(counts.dtype), places


def texts(before: bytes, numbers: NDArray[Any], after: bytes) -> Texts:
    """Return the JSON text of each number, between two other texts."""
    # With b"[" and b"," the numbers 7 and 12 become b"[7," and b"[12,".
    if not len(numbers):
        return np.array([], np.bytes_)
    listed = dump(numbers)[1:-1]
    framed = [before + text + after for text in listed.split(b",")]
    return np.array(framed, np.bytes_)


def dump(numbers: NDArray[Any]) -> bytes:
    """Return the numbers as a JSON array. NaN becomes null."""
    return orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY)
