"""Samples as JSON text, without a Python object per sample.

Raw counts go through orjson as one integer array. Physical values repeat a lot, for they come
from few distinct counts: each distinct value is written once, and the rows are put together
from a table of such texts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from apps.signals.scaling import Counts, Scale

_LOW = 10_000
_LOW_DIGITS = np.array([b"%04d" % number for number in range(_LOW)])

Texts = NDArray[np.bytes_]


def values(counts: Counts, scale: Scale | None) -> bytes:
    """`[value,…]`: integers without a scale, else decimals; a value that is none is null."""
    return _dump(counts if scale is None else scale.apply(counts))


def pairs(timestamps: NDArray[np.int64], counts: Counts, scale: Scale | None) -> bytes:
    """`[[timestamp,value],…]`: timestamps as integers, values as in `values`."""
    if scale is None and counts.dtype.kind in "iu":
        return _dump(np.column_stack((timestamps, counts.astype(np.int64))))
    distinct, places = np.unique(counts, return_inverse=True)
    table = _texts(distinct if scale is None else scale.apply(distinct))
    return _rows(*_digits(timestamps), table[places])


def _rows(high: Texts, low: Texts, value: Texts) -> bytes:
    """The pairs as fixed-width rows padded with NUL, which are dropped at the end."""
    columns = {"open": b"[", "high": high, "low": low, "comma": b",", "value": value, "end": b"],"}
    layout = [(name, np.asarray(column).dtype) for name, column in columns.items()]
    rows = np.empty(len(value), layout)
    for name, column in columns.items():
        rows[name] = column
    return b"[" + rows.tobytes().translate(None, b"\0").removesuffix(b",") + b"]"


def _digits(timestamps: NDArray[np.int64]) -> tuple[Texts, Texts]:
    """Each timestamp as two texts: the high part, which neighbours share, and four digits."""
    if len(timestamps) == 0 or timestamps.min() < _LOW:
        return _texts(timestamps), np.full(len(timestamps), b"")
    high, low = np.divmod(timestamps, _LOW)
    distinct, places = np.unique(high, return_inverse=True)
    return _texts(distinct)[places], _LOW_DIGITS[low]


def _texts(numbers: NDArray[Any]) -> Texts:
    """The JSON text of each number."""
    return np.array(_dump(numbers)[1:-1].split(b","))


def _dump(numbers: NDArray[Any]) -> bytes:
    return orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY)
