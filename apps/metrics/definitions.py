"""What each metric is: which channel, which of its samples, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from apps.metrics.aggregates import Aggregate, Histogram, greatest, histogram, least, mean
from apps.metrics.channels import HEART_RATE, Channel
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Gathered, Need

Value = float | int | None | Histogram


class Confidence(Enum):
    """How sure a definition is."""

    PROVEN = "proven by recomputing published values"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A metric of the catalogue; subclasses know how its value is found.

    `id` is that of the catalogue; `source` tells where the definition is from.
    """

    id: int
    name: str
    source: str
    confidence: Confidence

    def need(self) -> Need:
        """Return what has to be read for it."""
        raise NotImplementedError

    def applies_to(self, subject: Subject) -> bool:
        """Return whether the subject has such a value at all; else it is null."""
        return True

    def value(self, subject: Subject, found: Gathered) -> Value:
        """Return what it comes to, from what was read for it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSamples(Definition):
    """An aggregate of the samples of a channel of one a second that are not 0.

    Zero means that there are no data. `whole` says that the value is written as an integer.
    """

    channel: Channel
    aggregate: Aggregate
    whole: bool = False

    def need(self) -> Need:
        return Need(counts=frozenset([self.channel.datatype]))

    def value(self, subject: Subject, found: Gathered) -> Value:
        value = self.aggregate(self.channel.present(found))
        return int(value) if self.whole and value is not None else value


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramOfSamples(Definition):
    """How many samples of a channel lie in each of ten bins of one width, those of 0 left out."""

    channel: Channel
    low: float
    high: float

    def need(self) -> Need:
        return Need(counts=frozenset([self.channel.datatype]))

    def value(self, subject: Subject, found: Gathered) -> Value:
        edges = np.linspace(self.low, self.high, BINS + 1)
        return histogram(self.channel.present(found), edges)


BINS = 10
"""The bins of every histogram."""

_DOWNLOADS = "two genuine downloads, recomputed to the last digit"

DECLARED: tuple[Definition, ...] = (
    OfSamples(
        id=44,
        name="heartrate_avg",
        channel=HEART_RATE,
        aggregate=mean,
        source=_DOWNLOADS,
        confidence=Confidence.PROVEN,
    ),
    HistogramOfSamples(
        id=45,
        name="heartrate_histo",
        channel=HEART_RATE,
        low=20,
        high=220,
        source="the API reference of 2014, its example recomputed",
        confidence=Confidence.PROVEN,
    ),
    OfSamples(
        id=46,
        name="heartrate_max",
        channel=HEART_RATE,
        aggregate=greatest,
        whole=True,
        source=_DOWNLOADS,
        confidence=Confidence.PROVEN,
    ),
    OfSamples(
        id=47,
        name="heartrate_min",
        channel=HEART_RATE,
        aggregate=least,
        whole=True,
        source=_DOWNLOADS,
        confidence=Confidence.PROVEN,
    ),
)

DEFINITIONS = {definition.id: definition for definition in DECLARED}
"""By the id of the catalogue."""
