"""Samples as JSON text, without a Python object per sample.

Raw counts go through orjson as one flat integer array, which it writes four times as fast as an
array of pairs. The brackets are inserted afterwards. Physical values are put together from the
texts of the distinct ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.signals.storage.scaling import Counts, Scale
from apps.signals.texts import encode


def values_text(counts: Counts, scale: Scale | None) -> bytes:
    """Return `[value,…]`: integers without a scale, else decimals. NaN becomes null."""
    return encode.dump(counts if scale is None else scale.apply(counts))


def pairs_text(
    timestamps: NDArray[np.int64], counts: Counts, scale: Scale | None
) -> bytes | bytearray:
    """Return `[[timestamp,value],…]`: timestamps as integers, values as in `values_text`."""
    if scale is None and counts.dtype.kind in "iu":
        return _integer_pairs(timestamps, counts) if len(counts) else b"[]"
    # The counts 7, 9, 7 with a gain of 0.5 need two texts: ",3.5]," and ",4.5],".
    known, places = encode.distinct(counts)
    numbers = known if scale is None else scale.apply(known)
    ends = encode.texts(b",", numbers, b"],")
    rows = encode.rows([*encode.stamps(b"[", timestamps), ends[places]])
    return b"[" + rows.removesuffix(b",") + b"]"


def _integer_pairs(timestamps: NDArray[np.int64], counts: Counts) -> bytearray:
    """Return `[[timestamp,count],…]`.

    The numbers are written flat first, with a zero after each pair. Its `,0,` has the same length
    as the `],[` that replaces it.
    """
    # The pairs 100, 5 and 356, -7 are written [100,5,0,356,-7,0] and become [[100,5],[356,-7]].
    flat = np.zeros((len(counts), 3), np.int64)
    flat[:, 0] = timestamps
    flat[:, 1] = counts
    text = bytearray(encode.dump(flat.ravel()))
    lengths = _count_digits(timestamps) + _count_digits(counts) + len(",,0,")
    seams = np.cumsum(lengths) - len(",0,") + len("[")
    for place, letter in enumerate(b"],["):
        np.frombuffer(text, np.uint8)[seams[:-1] + place] = letter
    text[seams[-1] :] = b"]]"
    text[:0] = b"["
    return text


def _count_digits(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many characters each number has, including its sign."""
    low, high = int(numbers.min()), int(numbers.max())
    least, most = len(str(low)), len(str(high))
    digits = np.full(len(numbers), least, np.int64)
    if low < 0:
        least, most = 1, max(most, least - 1)
        digits = 1 + (numbers < 0)
        numbers = np.abs(numbers.astype(np.int64))
    for size in range(least, most):
        digits += numbers >= 10**size
    return digits
