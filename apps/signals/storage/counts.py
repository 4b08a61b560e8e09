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
"""Bytes of the widest sample that is counted."""
_TABLE = 1 << 16
"""The most rows of a table of all values from the least to the greatest."""


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """The values that occur, rising, and how often each does."""

    values: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, samples: NDArray[Any]) -> ValueCounts:
        """Return the counts of samples of any integer type."""
        return _summed(samples.astype(np.int64), None)

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
    return ValueCounts.of(samples).pack()


def _summed(values: NDArray[np.int64], weights: NDArray[np.int64] | None) -> ValueCounts:
    """The counts of values, each of which occurs once or so often as its weight says.

    Values of 16 bits are summed in a table of all that there could be; sorting takes longer.
    """
    if not len(values):
        return NOTHING
    least = values.min()
    if values.max() - least < _TABLE:
        table = np.bincount(values - least, weights)  # exact below 2 ** 53 samples
        occurring = np.flatnonzero(table)
        return ValueCounts(occurring + least, table[occurring].astype(np.int64))
    distinct, places = np.unique(values, return_inverse=True)
    return ValueCounts(distinct, np.bincount(places, weights).astype(np.int64))
