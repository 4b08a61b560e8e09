"""Metrics of channels of one sample a second, and of numbers of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.metrics import energy
from apps.metrics.aggregates import WORDS, Aggregate, Counted, histogram
from apps.metrics.channels import HEART_RATE, MeasuredChannel
from apps.metrics.definition import Definition, Value
from apps.metrics.energy import Physique
from apps.metrics.evidence import Evidence
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Need

ADJUSTED_KG = 65
"""The weight of the person of whom raw and adjusted volumes are the same."""

BINS = 10
"""The bins of every histogram."""


@dataclass(frozen=True, slots=True)
class OfSamples(Definition):
    """An aggregate of the samples of a channel that are not 0, for zero means no data.

    `whole` says that the value is written as an integer.
    """

    channel: MeasuredChannel
    aggregate: Aggregate
    whole: bool = False

    def describe(self) -> str:
        return (
            f"{WORDS[self.aggregate].capitalize()} of the samples of {self.channel} that are not 0"
        )

    def need(self, subject: Subject) -> Need:
        return Need(counts=frozenset([self.channel.datatype]))

    def value(self, evidence: Evidence) -> float | int | None:
        count = self.aggregate(evidence.present(self.channel))
        if count is None:
            return None
        value = self.channel.scale(count)
        return round(value) if self.whole else value


@dataclass(frozen=True, slots=True)
class OfAdjustedSamples(OfSamples):
    """The same, of volumes as a person of 65 kg would have them."""

    def describe(self) -> str:
        return f"{OfSamples.describe(self)}, times weight / {ADJUSTED_KG} kg"

    def applies_to(self, subject: Subject) -> bool:
        return bool(subject.wearer.weight)

    def value(self, evidence: Evidence) -> float | None:
        value, weight = OfSamples.value(self, evidence), evidence.subject.wearer.weight
        return value * (weight / ADJUSTED_KG) if value is not None and weight else None


@dataclass(frozen=True, slots=True)
class OfRestTest(OfSamples):
    """An aggregate of samples of a rest test."""

    def describe(self) -> str:
        return f"{OfSamples.describe(self)}, in a rest test"

    def applies_to(self, subject: Subject) -> bool:
        return subject.is_rest_test


@dataclass(frozen=True, slots=True)
class HistogramOfSamples(Definition):
    """How many samples lie in each of ten bins of one width from `low` to `high`, without zeros."""

    channel: MeasuredChannel
    low: float
    high: float

    def describe(self) -> str:
        bins = f"{BINS} bins from {self.low:g} to {self.high:g}"
        return f"Samples of {self.channel} that are not 0, in {bins}, the last with its upper edge"

    def need(self, subject: Subject) -> Need:
        return Need(counts=frozenset([self.channel.datatype]))

    def value(self, evidence: Evidence) -> Value:
        present = evidence.present(self.channel)
        scaled = Counted(self.channel.scale_all(present.values), present.counts)
        return histogram(scaled, np.linspace(self.low, self.high, BINS + 1))


@dataclass(frozen=True, slots=True)
class NumberOfEvents(Definition):
    """How many events a channel has; that there are none is known where `witness` has samples."""

    channel: MeasuredChannel
    witness: MeasuredChannel

    def describe(self) -> str:
        return f"Number of events of {self.channel}; 0 only where there is {self.witness}"

    def need(self, subject: Subject) -> Need:
        witness = frozenset([self.witness.datatype])
        return Need(counts=witness, numbers=frozenset([self.channel.datatype]))

    def value(self, evidence: Evidence) -> int | None:
        number = evidence.found.numbers.get(self.channel.datatype, 0)
        recorded = evidence.found.counts_of(self.witness.datatype).number
        return number if number or recorded else None


@dataclass(frozen=True, slots=True)
class OfPower(Definition):
    """An aggregate of the power at the heart rate of each second, in watt or `per` so many joule.

    `above_rest` leaves out what the body spends at rest.
    """

    aggregate: Aggregate
    per: float = 1.0
    above_rest: bool = False

    def describe(self) -> str:
        rest = ", less the power at rest" if self.above_rest else ""
        unit = f", in units of {self.per:g} J" if self.per != 1 else ""
        word = WORDS[self.aggregate].capitalize()
        return (
            f"{word} of the power at each sample of {HEART_RATE} that is not 0{rest}, with the age "
            f"at the start of the record{unit}"
        )

    def need(self, subject: Subject) -> Need:
        return Need(counts=frozenset([HEART_RATE.datatype]))

    def value(self, evidence: Evidence) -> float | None:
        wearer, aged = evidence.subject.wearer, evidence.present_by_age(HEART_RATE)
        bodies = [wearer.physique(tick) for tick, _ in aged]
        powers = [
            self._power(present, body)
            for (_, present), body in zip(aged, bodies, strict=True)
            if body is not None
        ]
        if len(powers) < len(aged):
            return None
        found = self.aggregate(Counted.joined(powers))
        return None if found is None else found / self.per

    def _power(self, present: Counted, body: Physique) -> Counted:
        """The power at each heart rate, and how often it occurs."""
        power = energy.power(present.values, body)
        rest = energy.resting_power(body) if self.above_rest else 0.0
        return Counted(power - rest, present.counts)
