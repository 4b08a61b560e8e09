"""Mean, extremes, sums and histograms of values that are counted.

Values come with how often each occurs, so that the work depends on how many different values
there are, not on how long a record is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Histogram = list[list[float]]

_DECIMALS = 10
"""Of the middles of bins, which are short numbers: 0.15 g, not 0.15000000000000002."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Values, and how often each occurs."""

    values: NDArray[Any]
    counts: NDArray[np.int64]

    @classmethod
    def joined(cls, pieces: Sequence[Counted]) -> Counted:
        """Return all pieces, of which there is one at least, as one."""
        return cls(
            np.concatenate([piece.values for piece in pieces]),
            np.concatenate([piece.counts for piece in pieces]),
        )


Aggregate = Callable[[Counted], float | None]


def mean(counted: Counted) -> float | None:
    """Return the mean, None of no values."""
    number = int(counted.counts.sum())
    return float(counted.values @ counted.counts) / number if number else None


def least(counted: Counted) -> float | None:
    """Return the least value, None of no values."""
    return float(counted.values.min()) if len(counted.values) else None


def greatest(counted: Counted) -> float | None:
    """Return the greatest value, None of no values."""
    return float(counted.values.max()) if len(counted.values) else None


def total(counted: Counted) -> float | None:
    """Return the sum, None of no values."""
    return float(counted.values @ counted.counts) if len(counted.values) else None


WORDS: dict[Aggregate, str] = {mean: "mean", least: "minimum", greatest: "maximum", total: "sum"}
"""What these are called in a definition."""


def histogram(counted: Counted, edges: NDArray[Any]) -> Histogram | None:
    """Return the middles of the bins and how many values are in each, None where all are empty.

    A bin holds its lower edge, the last one the upper edge too; values outside are left out.
    """
    often, _ = np.histogram(counted.values, bins=edges, weights=counted.counts)
    if not often.any():
        return None
    middles = np.round((edges[:-1] + edges[1:]) / 2, _DECIMALS)
    return [middles.tolist(), often.astype(np.int64).tolist()]
