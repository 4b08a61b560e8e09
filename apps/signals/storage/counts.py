"""How often each value occurs in a channel of one sample per second.

Means, extremes and histograms follow from that alone. So each chunk of such a channel has the
counts of its values beside it: pairs of two little-endian int32, a value and how often it occurs,
rising by value. A year of records is then summed up without decoding any sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND

_PAIR = np.dtype("<i4")
_LARGEST = 2
"""Bytes of the widest sample that is counted: a table of all its values stays small."""


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """The values that occur, rising, and how often each does."""

    values: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, samples: NDArray[Any]) -> ValueCounts:
        """Return the counts of samples of any integer type."""
        return cls(*np.unique(samples.astype(np.int64), return_counts=True))

    @classmethod
    def unpack(cls, payload: bytes) -> ValueCounts:
        """Return the sum of counts that were packed, any number of them one after the other."""
        pairs = np.frombuffer(payload, _PAIR).reshape(-1, 2).astype(np.int64)
        return _summed(pairs[:, 0], pairs[:, 1])

    def pack(self) -> bytes:
        """Return the pairs as bytes."""
        return np.stack([self.values, self.counts], axis=1).astype(_PAIR).tobytes()

    def __add__(self, other: ValueCounts) -> ValueCounts:
        return _summed(
            np.concatenate([self.values, other.values]),
            np.concatenate([self.counts, other.counts]),
        )

    @property
    def number(self) -> int:
        """How many samples there are."""
        return int(self.counts.sum())

    def where(self, kept: NDArray[np.bool_]) -> ValueCounts:
        """Return the counts of some of the values only."""
        return ValueCounts(self.values[kept], self.counts[kept])


NOTHING = ValueCounts(np.empty(0, np.int64), np.empty(0, np.int64))


def pack_counts(step: int | None, samples: NDArray[Any]) -> bytes | None:
    """Return what is stored beside a chunk, None for channels whose values are not counted."""
    if step != TICKS_PER_SECOND or samples.dtype.itemsize > _LARGEST:
        return None
    least = int(samples.min())
    table = np.bincount(samples.astype(np.int64) - least)
    occurring = np.flatnonzero(table)
    return ValueCounts(occurring + least, table[occurring]).pack()


def _summed(values: NDArray[np.int64], counts: NDArray[np.int64]) -> ValueCounts:
    if not len(values):
        return NOTHING
    distinct, places = np.unique(values, return_inverse=True)
    sums = np.bincount(places, weights=counts)  # exact below 2 ** 53 samples
    return ValueCounts(distinct, sums.astype(np.int64))
