"""Metrics of sleep: phases, positions, and how well somebody slept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.metrics import sleep
from apps.metrics.channels import PHASE, POSITION
from apps.metrics.definition import Definition
from apps.metrics.evidence import Evidence
from apps.metrics.sleep import Stays
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Need
from hexostore.hexotime import TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class OfNights(Definition):
    """Sleep: for ranges of sleep, once they are processed."""

    def applies_to(self, subject: Subject) -> bool:
        return subject.complete and subject.is_one_person and subject.is_sleep


@dataclass(frozen=True, slots=True)
class SecondsAsleep(OfNights):
    """How many seconds were spent in any of some phases."""

    phases: tuple[int, ...]

    def describe(self) -> str:
        listed = " and ".join(map(str, self.phases))
        return f"Seconds in phase {listed} of sleep phases ({PHASE})"

    def need(self, subject: Subject) -> Need:
        return Need(states=frozenset([PHASE]))

    def value(self, evidence: Evidence) -> int | None:
        if evidence.phases is None:
            return None
        return round(sleep.seconds_in(evidence.phases, *self.phases))


@dataclass(frozen=True, slots=True)
class OfPhases(OfNights):
    """A figure of the phases of a sleep."""

    figure: Callable[[Evidence, Stays], float | None]
    what: str
    whole: bool = False

    def describe(self) -> str:
        return f"{self.what}, by sleep phases ({PHASE})"

    def need(self, subject: Subject) -> Need:
        return Need(states=frozenset([PHASE]))

    def value(self, evidence: Evidence) -> float | int | None:
        if evidence.phases is None:
            return None
        found = self.figure(evidence, evidence.phases)
        return round(found) if self.whole and found is not None else found


@dataclass(frozen=True, slots=True)
class SecondsInPosition(OfNights):
    """How many seconds were spent in a position."""

    position: int

    def describe(self) -> str:
        return f"Seconds in position {self.position} of sleep positions ({POSITION})"

    def need(self, subject: Subject) -> Need:
        return Need(states=frozenset([POSITION]))

    def value(self, evidence: Evidence) -> int | None:
        if evidence.positions is None:
            return None
        return round(sleep.seconds_in(evidence.positions, self.position))


@dataclass(frozen=True, slots=True)
class ChangesOfPosition(OfNights):
    """How often the position changed."""

    def describe(self) -> str:
        return f"How often the sleep position ({POSITION}) changes"

    def need(self, subject: Subject) -> Need:
        return Need(states=frozenset([POSITION]))

    def value(self, evidence: Evidence) -> int | None:
        return None if evidence.positions is None else sleep.count_changes(evidence.positions)


def efficiency(evidence: Evidence, phases: Stays) -> float | None:
    """Return the time asleep in % of the time in bed, which is the range."""
    return sleep.sleep_efficiency(phases, evidence.subject.ticks / TICKS_PER_SECOND)


def percent(_: Evidence, phases: Stays) -> float | None:
    """Return the time asleep in % of the time from first falling asleep to last waking up."""
    return sleep.sleep_percent(phases)


def falling_asleep(evidence: Evidence, phases: Stays) -> float | None:
    """Return the seconds from the start of the range to the first sleep."""
    return sleep.time_to_fall_asleep(phases, evidence.subject.start)
