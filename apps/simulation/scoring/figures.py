"""Figures of agreement: detection, timing, rates, and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.simulation.scoring.matching import Floats, Ints

PERCENTILES = (2.5, 25.0, 50.0, 75.0, 97.5)

LIMITS = 1.96
"""The limits of agreement are so many standard deviations to both sides (Bland and Altman 1986)."""


@dataclass(frozen=True)
class DetectionCounts:
    """How many events there are, how many are found, and how many of these are true."""

    true: int = 0
    found: int = 0
    hits: int = 0

    @property
    def missed(self) -> int:
        """Events that were not found."""
        return self.true - self.hits

    @property
    def extra(self) -> int:
        """What was found without an event."""
        return self.found - self.hits

    @property
    def sensitivity(self) -> float | None:
        """The share of the events that was found, or None without any."""
        return share_of(self.hits, self.true)

    @property
    def predictivity(self) -> float | None:
        """The share of what was found that is true, or None if nothing was found."""
        return share_of(self.hits, self.found)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both shares."""
        return share_of(2 * self.hits, self.true + self.found)

    def __add__(self, other: DetectionCounts) -> DetectionCounts:
        return DetectionCounts(
            self.true + other.true, self.found + other.found, self.hits + other.hits
        )


def share_of(part: float, whole: float) -> float | None:
    """Return part / whole, or None of nothing."""
    return part / whole if whole else None


@dataclass(frozen=True)
class Spread:
    """How values lie: count, mean, standard deviation (of a sample; None of one value), and
    percentiles."""

    count: int
    mean: float
    sd: float | None
    percentiles: dict[float, float]


def spread_of(values: Floats) -> Spread | None:
    """Return how values lie, or None without any."""
    if not len(values):
        return None
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    cuts = dict(zip(PERCENTILES, np.percentile(values, PERCENTILES).tolist(), strict=True))
    return Spread(len(values), float(values.mean()), sd, cuts)


@dataclass(frozen=True)
class Agreement:
    """How pairs of measurements agree: mean of found less true, its standard deviation, and the
    limits within which 95 % of the differences are expected (Bland and Altman 1986)."""

    count: int
    bias: float
    sd: float | None
    lower: float | None
    upper: float | None


def agreement_of(true: Floats, found: Floats) -> Agreement | None:
    """Return how measurements agree with the true values, or None without any."""
    seen = spread_of(found - true)
    if seen is None:
        return None
    if seen.sd is None:
        return Agreement(1, seen.mean, None, None, None)
    reach = LIMITS * seen.sd
    return Agreement(seen.count, seen.mean, seen.sd, seen.mean - reach, seen.mean + reach)


@dataclass(frozen=True)
class ConfusionTable:
    """How often each true label (row) was given each label (column)."""

    labels: tuple[str, ...]
    counts: Ints

    @property
    def total(self) -> int:
        """How many labels were compared."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float | None:
        """The share of equal labels."""
        return share_of(float(np.trace(self.counts)), self.total)

    @property
    def kappa(self) -> float | None:
        """Agreement beyond chance (Cohen 1960), or None if there is only one label."""
        if not self.total:
            return None
        observed = np.trace(self.counts) / self.total
        rows, columns = self.counts.sum(axis=1), self.counts.sum(axis=0)
        expected = float(rows @ columns) / self.total**2
        return share_of(float(observed - expected), 1 - expected)

    def counts_of(self, label: str) -> DetectionCounts:
        """Return how well one label is told from all others."""
        at = self.labels.index(label)
        row, column = self.counts[at].sum(), self.counts[:, at].sum()
        return DetectionCounts(int(row), int(column), int(self.counts[at, at]))

    def __add__(self, other: ConfusionTable) -> ConfusionTable:
        """Return both together. Raise ValueError if they have different labels."""
        if self.labels != other.labels:
            raise ValueError(f"{', '.join(self.labels)} and {', '.join(other.labels)}")
        return ConfusionTable(self.labels, self.counts + other.counts)


def confuse(labels: Sequence[str], true: NDArray[np.int64], found: Ints) -> ConfusionTable:
    """Return the table of true and found labels, which are given as numbers in `labels`."""
    size = len(labels)
    counts = np.bincount(true * size + found, minlength=size * size)
    return ConfusionTable(tuple(labels), counts.reshape(size, size).astype(np.int64))
