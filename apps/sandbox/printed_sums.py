"""Signals brought to the sums that the documents print, with their shape left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Bin = tuple[int, int, int]
"""The least and the greatest count of a bin, and how many samples lie in it."""


@dataclass(frozen=True)
class PrintedSum:
    """What the documents tell of a channel: the sum of all counts, how many samples are 0, and how
    the others are spread over bins, which rise."""

    total: int
    zeros: int
    bins: tuple[Bin, ...]

    def fit_counts(self, counts: Counts, given: Mapping[int, int]) -> Counts:
        """Return counts with this sum and these bins, in the order of size that they had.

        `given` are counts by their place that stay as they are. The smallest of the others become
        0, of equal ones the last. Raise ValueError unless the bins hold all samples and the sum can
        be reached inside of them.

        Example: [9, 1, 5, 3] with one zero, the bin (4, 8, 3) and a total of 18 gives [8, 0, 5, 5].
        """
        fitted = np.zeros(len(counts), np.int64)
        places = np.array([at for at in range(len(counts)) if at not in given], np.int64)
        rising = places[np.lexsort((-places, counts[places]))][self.zeros :]
        lower, upper = self._sample_bounds(np.array([*given.values()], np.int64))
        if len(lower) != len(rising):
            raise ValueError(f"{len(rising)} samples for bins that hold {len(lower)}")
        wanted = self.total - sum(given.values())
        fitted[rising] = _with_total(
            _stretch_bins(counts[rising], lower, upper), lower, upper, wanted
        )
        for place, count in given.items():
            fitted[place] = count
        return fitted

    def _sample_bounds(self, given: Counts) -> tuple[Counts, Counts]:
        """Return the bounds of each sample that is not 0 and not given, rising."""
        rows = [
            (low, high, held - int(((given >= low) & (given <= high)).sum()))
            for low, high, held in self.bins
        ]
        lows, highs, held = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        return np.repeat(lows, held), np.repeat(highs, held)


def _stretch_bins(counts: Counts, lower: Counts, upper: Counts) -> Counts:
    """Rising counts, those of each bin stretched to reach from its one end to the other."""
    stretched = np.empty(len(counts), np.int64)
    for low in np.unique(lower):
        inside = lower == low
        span = int(upper[inside][0] - low)
        own = counts[inside] - counts[inside].min()
        stretched[inside] = low + np.rint(own * span / max(int(own.max()), 1)).astype(np.int64)
    return stretched


def _with_total(counts: Counts, lower: Counts, upper: Counts, total: int) -> Counts:
    """Return the counts with some moved by 1, again and again, until they have that sum."""
    counts = counts.copy()
    while missing := total - int(counts.sum()):
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero(counts < upper if step > 0 else counts > lower)
        if not len(movable):
            raise ValueError(f"the bins cannot hold samples that add up to {total}")
        evenly = np.linspace(0, len(movable) - 1, min(abs(missing), len(movable)))
        counts[movable[evenly.astype(np.int64)]] += step
    return counts
