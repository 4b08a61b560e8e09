"""What fitness tests leave behind: calculated attributes of their range, and values of the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.fitness import values
from apps.fitness.models import AsyncValue, Kpi
from apps.metrics import fitness_tests, subject
from apps.metrics.channels import HEART_RATE
from apps.metrics.evaluation import evaluate
from apps.metrics.fitness_tests import RECOVERY
from apps.metrics.of_tests import COOPER, FULL_EFFORT, LEGER, MILE_AND_HALF, ROCKPORT
from apps.metrics.subject import Subject
from apps.records.models import ActivityAttributeValue, Range
from apps.signals.storage.gathering import Need, Stretch, gather
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

SPRINT_TEST, REST_TEST = 103, 106
"""Activity types of tests."""

VO2MAX, HR_RECOVERY = 9025, 9026
"""Metrics that say what some tests tell."""

RECOVERY_AUTO, VO2MAX_COOPER, HR_REST, HR_MAX, RECOVERY_400M = 72, 73, 77, 79, 80
"""Calculated attributes (catalogue, activityattribute)."""

CALCULATED = (RECOVERY_AUTO, VO2MAX_COOPER, HR_REST, HR_MAX, RECOVERY_400M)

_VO2MAX_OF = {LEGER: 11001, ROCKPORT: 11002, MILE_AND_HALF: 11003, COOPER: 11004}
"""By training routine the data type that its VO2max is a value of."""
_HR_REST, _HR_MAX, _RECOVERY_AUTO, _RECOVERY_400M = 11005, 11006, 11008, 11009


@dataclass(frozen=True)
class FitnessResult:
    """A value of a user's, by its data type, and the attribute of the range that shows it."""

    datatype: int
    value: float
    attribute: int | None = None


def is_test(row: Range) -> bool:
    """Return whether a range is a fitness test, by its routine or its type."""
    return row.trainingroutine_id in _VO2MAX_OF or row.activitytype_id in (REST_TEST, SPRINT_TEST)


@transaction.atomic
def write_results(row: Range) -> list[FitnessResult]:
    """Store what a range tells as a test, and return it; the same again changes nothing.

    Attributes that are calculated and have no value any more are deleted. Values of the user stand
    at the start of the range; those of a range that was moved stay where they are.
    """
    results = list(find_results(row))
    shown = {each.attribute: each.value for each in results if each.attribute}
    _show(row, shown)
    for each in results:
        AsyncValue.objects.update_or_create(
            user=row.user, datatype_id=each.datatype, start=row.start, defaults={"data": each.value}
        )
        for kpi in Kpi.objects.filter(datatypes=each.datatype):
            values.refresh_profile(row.user_id, kpi)
    return results


def _show(row: Range, shown: dict[int, float]) -> None:
    """Give a range these calculated attributes, and no other ones."""
    present = ActivityAttributeValue.objects.filter(range=row, activityattribute__in=CALCULATED)
    present.exclude(activityattribute__in=shown).delete()
    for attribute, value in shown.items():
        ActivityAttributeValue.objects.update_or_create(
            range=row,
            activityattribute_id=attribute,
            defaults={"value": value, "start": row.start},
        )


def find_results(row: Range) -> Iterator[FitnessResult]:
    """Yield what a range tells as a test: nothing while its records are not processed."""
    found = subject.of_ranges([row.pk])[row.pk]
    if not found.complete:
        return
    if row.trainingroutine_id in _VO2MAX_OF:
        yield from _vo2max(found, row.trainingroutine_id)
    elif row.activitytype_id == REST_TEST:
        yield from _rest(found)
    elif row.activitytype_id == SPRINT_TEST:
        yield from _sprint(found)
        yield from _recovery(found, full_effort=row.trainingroutine_id == FULL_EFFORT)


def _vo2max(found: Subject, routine: int) -> Iterator[FitnessResult]:
    (told,) = evaluate([VO2MAX], [found])
    value = told[VO2MAX]
    if isinstance(value, int | float):
        attribute = VO2MAX_COOPER if routine == COOPER else None
        yield FitnessResult(_VO2MAX_OF[routine], value, attribute)


def _rest(found: Subject) -> Iterator[FitnessResult]:
    rate = fitness_tests.resting_heart_rate(_heart_rates(found.stretches))
    if rate is not None:
        yield FitnessResult(_HR_REST, rate, HR_REST)


def _sprint(found: Subject) -> Iterator[FitnessResult]:
    rate = fitness_tests.highest_heart_rate(_heart_rates(found.stretches))
    if rate is not None:
        yield FitnessResult(_HR_MAX, rate, HR_MAX)


def _recovery(found: Subject, *, full_effort: bool) -> Iterator[FitnessResult]:
    """Yield the recovery after a sprint; the 400 m test has two minutes of rest within itself."""
    if full_effort:
        (told,) = evaluate([HR_RECOVERY], [found])
        value = told[HR_RECOVERY]
        if isinstance(value, int | float):
            yield FitnessResult(_RECOVERY_400M, value, RECOVERY_400M)
    elif found.stretches:
        value = _recovery_after(found)
        if value is not None:
            yield FitnessResult(_RECOVERY_AUTO, value, RECOVERY_AUTO)


def _recovery_after(found: Subject) -> int | None:
    """Return the recovery in the two minutes that follow the end of a range."""
    record = found.stretches[-1].record
    after = Stretch(record, found.end - SECOND, found.end + RECOVERY * SECOND)
    return fitness_tests.heart_rate_recovery(_heart_rates([after]), 0)


def _heart_rates(stretches: Sequence[Stretch]) -> NDArray[np.int64]:
    """Return the heart rate of each second of the stretches."""
    need = Need(series=frozenset([HEART_RATE.datatype]))
    (held,) = gather([stretches], [need])
    rates: NDArray[np.int64] = held.series_of(HEART_RATE.datatype).values
    return rates
