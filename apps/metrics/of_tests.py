"""Metrics of fitness tests: ranges that follow one of the routines of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics import fitness_tests
from apps.metrics.channels import HEART_RATE
from apps.metrics.definition import Definition
from apps.metrics.evidence import Evidence
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Need
from hexostore.hexotime import TICKS_PER_SECOND

ROCKPORT, COOPER, FULL_EFFORT, LEGER, MILE_AND_HALF = 1011, 1014, 1015, 1017, 1018
"""The training routines of tests."""

VO2MAX_TESTS = frozenset([ROCKPORT, COOPER, LEGER, MILE_AND_HALF])
RECOVERY_TESTS = frozenset([FULL_EFFORT])

_FIRST_SPEED, _FASTER = 8.5, 0.5
"""The speed of a shuttle run in its first minute, and what each minute adds, in km/h."""


@dataclass(frozen=True, slots=True)
class OfTest(Definition):
    """What a range of some routines tells; a test that was not processed tells it as well."""

    routines: frozenset[int]

    def applies_to(self, subject: Subject) -> bool:
        return subject.test is not None and subject.test.routine in self.routines

    def need(self, subject: Subject) -> Need:
        return Need(series=frozenset([HEART_RATE.datatype]))


@dataclass(frozen=True, slots=True)
class VO2Max(OfTest):
    """The oxygen that somebody can take up, by the formula of the test."""

    def describe(self) -> str:
        return (
            "By the formula of the test: from the distance entered (Cooper), the duration "
            "(Rockport and 1.5 mile) or the last speed (Léger)"
        )

    def value(self, evidence: Evidence) -> float | None:
        subject = evidence.subject
        assert subject.test is not None
        minutes = subject.ticks / TICKS_PER_SECOND / 60
        match subject.test.routine:
            case 1014 if subject.test.distance is not None:
                return fitness_tests.cooper_vo2max(subject.test.distance)
            case 1011:
                return _rockport(subject, minutes, _heart_rate(evidence))
            case 1017:
                return _leger(subject, minutes)
            case 1018 if minutes > 0:
                return fitness_tests.mile_and_half_vo2max(minutes)
        return None


@dataclass(frozen=True, slots=True)
class HeartRateRecovery(OfTest):
    """By how much the heart rate falls in the two minutes of rest that end the test."""

    def describe(self) -> str:
        return (
            f"Sample of {HEART_RATE} {fitness_tests.RECOVERY} s before the end of a 400 m test, "
            "less the last sample"
        )

    def value(self, evidence: Evidence) -> int | None:
        heart_rate = _heart_rate(evidence)
        last = len(heart_rate) - 1 - fitness_tests.RECOVERY
        return fitness_tests.heart_rate_recovery(heart_rate, last)


def _heart_rate(evidence: Evidence) -> NDArray[np.int64]:
    return evidence.found.series_of(HEART_RATE.datatype).values


def _rockport(subject: Subject, minutes: float, rates: NDArray[np.int64]) -> float | None:
    wearer, age = subject.wearer, subject.wearer.age(subject.recorded_from)
    last = int(rates[-1]) if len(rates) else 0
    if not (wearer.weight and wearer.sex and last) or age is None:
        return None
    return fitness_tests.rockport_vo2max(wearer.weight, age, wearer.sex, minutes, last)


def _leger(subject: Subject, minutes: float) -> float | None:
    age = subject.wearer.age(subject.recorded_from)
    if age is None or minutes < 1:
        return None
    return fitness_tests.leger_vo2max(_FIRST_SPEED + _FASTER * (int(minutes) - 1), age)
