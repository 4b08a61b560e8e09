"""What fitness tests leave behind at their range and at their user."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.accounts.models import Profile, User
from apps.catalog.models import Datatype
from apps.fitness.models import AsyncValue
from apps.metrics.results_of_tests import write_results
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.storage import store
from tests.catalogue import load_catalogue
from tests.signals.conftest import START, new_record

HR, SECONDS = 19, 900


@pytest.fixture
def datatypes(db: None) -> dict[int, Datatype]:
    """All of the catalogue: attributes, activity types, routines and indicators too."""
    load_catalogue()
    return Datatype.objects.in_bulk()


@pytest.fixture
def sprinted(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """A heart at 60 for five minutes, at 50 for one, up to 180 in four, and down by 1 in 2 s."""
    Profile.objects.get_or_create(user=athlete)
    record = new_record(athlete, seconds=SECONDS)
    rates = [np.full(300, 60), np.full(60, 50), np.linspace(60, 180, 240), 180 - np.arange(300) / 2]
    store.write_channel(record, datatypes[HR], np.concatenate(rates).astype(int))
    return record


def done(user: User, first: int, last: int, **kind: Any) -> Range:
    """A range of the record from one second to another, when the record is processed."""
    row = Range.objects.create(user=user, start=START + 256 * first, end=START + 256 * last, **kind)
    Record.objects.update(status="complete")
    return row


def attributes(row: Range) -> dict[int, float]:
    rows = ActivityAttributeValue.objects.filter(range=row)
    return dict(rows.values_list("activityattribute", "value"))


def values(user: User) -> dict[int, float]:
    return dict(AsyncValue.objects.filter(user=user).values_list("datatype", "data"))


def fitness(user: User) -> Any:
    return Profile.objects.get(user=user).fitness


def test_a_rest_test(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 0, 400, activitytype_id=106, trainingroutine_id=1016)
    write_results(row)
    assert attributes(row) == {77: 50}
    assert values(athlete) == {11005: 50}
    assert fitness(athlete)["hr_rest"] == 50


def test_a_sprint_and_the_two_minutes_after_it(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 300, 600, activitytype_id=103)
    write_results(row)
    assert attributes(row) == {79: 180, 72: 60}
    assert values(athlete) == {11006: 180, 11008: 60}
    assert (fitness(athlete)["hr_max"], fitness(athlete)["hr_recov"]) == (180, 60)


def test_the_400_m_test_ends_with_its_rest(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 500, 720, activitytype_id=103, trainingroutine_id=1015)
    write_results(row)
    assert attributes(row) == {79: 180, 80: 60}
    assert values(athlete) == {11006: 180, 11009: 60}


def test_a_recovery_that_was_not_recorded_is_none(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 300, 800, activitytype_id=103)
    write_results(row)
    assert attributes(row) == {79: 180}


def test_a_run_of_a_mile_and_a_half(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 0, 720, activitytype_id=101, trainingroutine_id=1018)
    write_results(row)
    assert attributes(row) == {}
    assert values(athlete) == {11003: pytest.approx(3.5 + 483 / 12)}


def test_a_cooper_test_takes_the_distance_that_was_entered(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 0, 720, activitytype_id=101, trainingroutine_id=1014)
    assert write_results(row) == []
    ActivityAttributeValue.objects.create(range=row, activityattribute_id=1, value=2.4)
    write_results(row)
    told = pytest.approx(22.351 * 2.4 - 11.288)
    assert attributes(row) == {1: 2.4, 73: told}
    assert values(athlete) == {11004: told}


def test_the_same_again_changes_nothing(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 300, 600, activitytype_id=103)
    assert write_results(row) == write_results(row)
    assert (ActivityAttributeValue.objects.count(), AsyncValue.objects.count()) == (2, 2)


def test_attributes_that_are_no_more_go(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 300, 600, activitytype_id=103)
    ActivityAttributeValue.objects.create(range=row, activityattribute_id=2, value=5)
    write_results(row)
    row.activitytype_id = 10
    row.save()
    assert write_results(row) == []
    assert attributes(row) == {2: 5}


def test_nothing_is_told_while_the_record_is_not_processed(sprinted: Record, athlete: User) -> None:
    row = done(athlete, 300, 600, activitytype_id=103)
    Record.objects.update(status="processing")
    assert write_results(row) == []
    assert values(athlete) == {}
