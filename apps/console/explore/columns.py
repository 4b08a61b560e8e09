"""Minima and maxima per column of pixels: pure arithmetic on samples.

A column covers 2 ** `level` samples, counted from the first sample of the channel. So columns stay
where they are while somebody pans, and those of one level are made of those of a finer one.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[Any]

BLOCK_LEVEL = 8
"""The level of the summary that is kept of a channel: 256 samples to a block."""


class Extremes(NamedTuple):
    """The least and the greatest count of each of consecutive columns."""

    least: Counts
    greatest: Counts


def choose_level(samples: int, columns: int) -> int:
    """Return the finest level at which so many samples fill at most `columns` columns.

    Level 0 has the samples themselves, of which two fit into a column, as its two extremes do.
    """
    # 5,000 samples in 1,000 columns: level 3, 625 columns of 8 samples.
    if samples <= 2 * columns:
        return 0
    return (-(-samples // columns) - 1).bit_length()


def whole_columns(samples: range, level: int, count: int) -> range:
    """Return the samples of all columns that `samples` touches, and of one more on either side, so
    that lines go on to the edge. The channel has `count` samples."""
    # Of 100 samples in columns of 8, 20 to 30 touch columns 2 and 3; 1 to 4 are samples 8 to 39.
    size = 1 << level
    first = (samples.start >> level) - 1
    stop = ((max(samples.stop, samples.start + 1) - 1) >> level) + 2
    return range(max(0, first * size), min(count, max(0, stop * size)))


def find_extremes(counts: Counts, level: int, *, flags: bool = False) -> Extremes:
    """Return the extremes of columns of 2 ** `level` counts. The last column may have fewer.

    With `flags`, the greatest is every bit that is set in one of the counts.
    """
    return join_extremes(Extremes(counts, counts), level, flags=flags)


def join_extremes(found: Extremes, levels: int, *, flags: bool = False) -> Extremes:
    """Return the extremes of columns that are each made of 2 ** `levels` consecutive ones."""
    size = 1 << levels
    join = np.bitwise_or if flags else np.maximum
    return Extremes(_reduced(np.minimum, found.least, size), _reduced(join, found.greatest, size))


def _reduced(join: np.ufunc, values: Counts, size: int) -> Counts:
    """Return what each group of `size` values comes to, and the smaller group at the end."""
    whole = len(values) - len(values) % size
    groups: Counts = join.reduce(values[:whole].reshape(-1, size), axis=1)
    if whole == len(values):
        return groups
    rest = join.reduce(values[whole:])
    return np.append(groups, rest.astype(values.dtype))
