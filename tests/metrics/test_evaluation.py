"""Metrics of records, ranges and several of them at once."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Profile, User
from apps.catalog.models import ActivityAttribute, ActivityType, Datatype, TrainingRoutine
from apps.metrics import fitness_tests, subject
from apps.metrics.definition import Value
from apps.metrics.definitions import DEFINITIONS
from apps.metrics.evaluation import evaluate
from apps.metrics.stretches import Span
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.models import Chunk
from apps.signals.storage import gathering, store
from tests.signals.conftest import HR, START, new_record

RATE = [44, 46, 47]
Datatypes = dict[int, Datatype]


def new_range(user: User, first: int, last: int) -> Range:
    return Range.objects.create(user=user, start=START + 256 * first, end=START + 256 * last)


def test_heart_rate_of_a_record(record: Record) -> None:
    (found,) = evaluate([46, 44, 999_999, 47], list(subject.of_records([record.pk]).values()))
    assert found == {46: 79, 44: 74.5, 47: 70}
    assert list(found) == [46, 44, 47]


def test_zero_means_no_data(record: Record, datatypes: Datatypes) -> None:
    store.write_channel(record, datatypes[HR], np.array([0, 0, 60, 0, 80]))
    one = subject.of_records([record.pk])[record.pk]
    assert evaluate(RATE, [one]) == [{44: 70, 46: 80, 47: 60}]
    store.write_channel(record, datatypes[HR], np.zeros(5, int))
    assert evaluate([*RATE, 45], [one]) == [{44: None, 46: None, 47: None, 45: None}]


def test_the_histogram_of_the_heart_rate(record: Record) -> None:
    one = subject.of_records([record.pk])[record.pk]
    middles, counts = (
        [30, 50, 70, 90, 110, 130, 150, 170, 190, 210],
        [0, 0, 10, 0, 0, 0, 0, 0, 0, 0],
    )
    assert evaluate([45], [one]) == [{45: [middles, counts]}]


@pytest.mark.rule("metrics 3.1")
def test_a_range_takes_what_stands_after_its_start_up_to_its_end(
    record: Record, athlete: User
) -> None:
    one = new_range(athlete, 2, 5)
    assert evaluate(RATE, [subject.of_ranges([one.pk])[one.pk]]) == [{44: 73, 46: 74, 47: 72}]


def test_a_range_over_two_records_and_a_gap(
    record: Record, athlete: User, outsider: User, datatypes: Datatypes
) -> None:
    for user, start in ((athlete, 20), (outsider, 20), (athlete, 400)):
        later = new_record(user, START + 256 * start)
        store.write_channel(later, datatypes[HR], np.arange(100, 110))
    one = new_range(athlete, 8, 22)
    assert evaluate(RATE, [subject.of_ranges([one.pk])[one.pk]]) == [
        {44: (78 + 79 + 100 + 101) / 4, 46: 101, 47: 78}
    ]


def test_overlapping_time_counts_once(record: Record, athlete: User, datatypes: Datatypes) -> None:
    other = new_record(athlete, START + 256 * 5)
    store.write_channel(other, datatypes[HR], np.arange(100, 110))
    ranges = subject.of_ranges([new_range(athlete, 0, 8).pk, new_range(athlete, 4, 12).pk])
    pooled = subject.pool(list(ranges.values()))
    assert pooled.spans == (Span(START, START + 256 * 12),)
    expected = [*range(70, 80), 105, 106]
    assert evaluate([44], [pooled]) == [{44: pytest.approx(np.mean(expected))}]


def test_a_range_without_records_has_no_values(athlete: User) -> None:
    one = new_range(athlete, 0, 10)
    assert evaluate(RATE, [subject.of_ranges([one.pk])[one.pk]]) == [dict.fromkeys(RATE)]


def test_everything_that_users_recorded_in_a_time(
    record: Record, athlete: User, outsider: User
) -> None:
    people, records = [athlete.pk, outsider.pk], Record.objects.all()
    found = subject.of_times(people, Span(START + 512, START + 10**9), records)
    nothing = dict.fromkeys(RATE)
    assert evaluate(RATE, [found[each] for each in people]) == [{44: 75.5, 46: 79, 47: 72}, nothing]
    for span, among in (
        (Span(START - 512, START), records),
        (Span(START, START + 10**9), records.none()),
    ):
        (empty,) = subject.of_times([athlete.pk], span, among).values()
        assert (empty.spans, empty.stretches, empty.complete) == ((span,), (), False)
        assert evaluate(RATE, [empty]) == [nothing]


def test_statements_do_not_grow(record: Record, athlete: User, outsider: User) -> None:
    ranges = [new_range(user, n, n + 3).pk for n in range(10) for user in (athlete, outsider)]
    for of, ids, statements in (
        (subject.of_ranges, ranges, 2),
        (subject.of_ranges, ranges[:1], 2),
        (subject.of_records, [record.pk], 2),
    ):
        with CaptureQueriesContext(connection) as asked:
            found = of(ids)
        assert (len(asked), len(found)) == (statements, len(ids))
    with patch.object(gathering, "_fetched", wraps=gathering._fetched) as fetched:
        evaluate([*RATE, 45], list(subject.of_ranges(ranges).values()))
    assert fetched.call_count == 1


def world(user: User, datatypes: Datatypes) -> list[subject.Subject]:
    """Ten minutes of everything, the channels in several chunks, a rest test and a sleep."""
    random = np.random.default_rng(3)
    made = new_record(user, START + 10**6, 600)
    beats = np.cumsum(random.integers(180, 280, 600))
    beats = beats[beats < 600 * 256]
    with patch.object(store, "CHUNK", 100), patch.object(store, "EVENTS", 100):
        for dataid in (19, 33, 36, 37, 42, 49, 53):
            store.write_channel(made, datatypes[dataid], random.integers(0, 90, 600))
        store.write_events(made, datatypes[18], beats, np.diff(beats, prepend=0))
        store.write_events(made, datatypes[1004], beats, (random.random(len(beats)) < 0.1) * 128)
        store.write_events(made, datatypes[52], np.arange(0, 150_000, 700), np.arange(215))
        for dataid in (270, 280):
            store.write_events(
                made, datatypes[dataid], np.arange(9) * 9_000, random.integers(1, 7, 9)
            )
    Profile.objects.create(
        user=user, gender="M", weight=80, height=1.8, date_of_birth=date(1980, 1, 1)
    )
    ranges = [
        Range.objects.create(
            user=user,
            start=START + 10**6 + 25_000,
            end=START + 10**6 + 140_000,
            activitytype=ActivityType.objects.create(pk=kind, name=str(kind)),
        ).pk
        for kind in (12, 106)
    ]
    Record.objects.filter(pk=made.pk).update(status="complete")  # its job is not done here
    return [*subject.of_records([made.pk]).values(), *subject.of_ranges(ranges).values()]


def test_stores_without_counts_have_the_same_values(athlete: User, datatypes: Datatypes) -> None:
    subjects = world(athlete, datatypes)
    counted = evaluate(list(DEFINITIONS), subjects)
    assert Chunk.objects.exclude(counts=None).update(counts=None) == 42
    assert evaluate(list(DEFINITIONS), subjects) == counted
    given = {metric for values in counted for metric, value in values.items() if value is not None}
    silent = {DEFINITIONS[metric].name for metric in DEFINITIONS.keys() - given}
    assert silent == {
        "speed_max", "speed_avg", "speed_with_pauses_avg", "distance", "altitude_gain",
        "altitude_loss", "VO2_max", "heartrate_recovery",
    }  # fmt: skip
    rest = dict(zip(DEFINITIONS, counted[2].values(), strict=True))
    assert rest[173] not in (None, -1)


def test_one_channel_is_read_once_for_all_metrics(athlete: User, datatypes: Datatypes) -> None:
    subjects = world(athlete, datatypes)
    with patch.object(gathering, "_fetched", wraps=gathering._fetched) as fetched:
        evaluate(list(DEFINITIONS), subjects)
    (_, uses, read) = fetched.call_args.args[0][4:]
    assert fetched.call_count == 1
    assert len(read) == len(set(zip(fetched.call_args.args[0][4], read, strict=True)))
    assert len(uses) == len(read)


def test_the_order_of_records_does_not_matter(
    record: Record, athlete: User, datatypes: Datatypes
) -> None:
    subjects = world(athlete, datatypes)
    subjects += subject.of_records([record.pk]).values()
    forward, backward = subject.pool(subjects), subject.pool(subjects[::-1])
    assert forward == backward
    (values,) = evaluate(RATE, [forward])
    assert values[46] == 89


def test_several_people_as_one_have_no_body(
    record: Record, athlete: User, outsider: User, datatypes: Datatypes
) -> None:
    world(outsider, datatypes)
    subjects = subject.of_records(Record.objects.values_list("pk", flat=True))
    pooled = subject.pool(list(subjects.values()))
    (values,) = evaluate([*DEFINITIONS], [pooled])
    assert len({each.record for each in pooled.stretches}) == 2
    assert values[44] is not None
    assert {values[metric] for metric in (9001, 9009, 180, 9023)} == {None}


ENERGY = 9005


@pytest.mark.rule("metrics 3.3")
def test_age_is_that_at_the_record(record: Record, athlete: User) -> None:
    """A range that begins long before anything was recorded has the same energy."""
    Profile.objects.update_or_create(
        user=athlete,
        defaults={"gender": "M", "date_of_birth": date(1980, 5, 1), "weight": 70, "height": 1.8},
    )
    spans = [(0, 60), (-20 * 365 * 86_400, 60)]
    ranges = [new_range(athlete, *span).pk for span in spans]
    found = subject.of_ranges(ranges)
    near, far = evaluate([ENERGY], [found[pk] for pk in ranges])
    assert near[ENERGY] is not None
    assert near == far


def numbers(values: dict[int, Value]) -> dict[int, float]:
    """Those of the values that are numbers."""
    return {metric: value for metric, value in values.items() if isinstance(value, int | float)}


@pytest.mark.rule("metrics 3.3")
def test_energy_over_years_is_that_of_each_age(
    record: Record, athlete: User, datatypes: Datatypes
) -> None:
    """Pooled records spend what they spend by themselves; all that has no age is as it was."""
    Profile.objects.update_or_create(
        user=athlete,
        defaults={"gender": "M", "date_of_birth": date(1980, 5, 1), "weight": 70, "height": 1.8},
    )
    found = [subject.of_records([record.pk])[record.pk]]
    for years in (1, 20):
        later = new_record(athlete, START + years * 366 * 86_400 * 256)
        store.write_channel(later, datatypes[HR], np.arange(90, 130, 4))
        beats = np.arange(200, 2560, 200)
        store.write_events(later, datatypes[18], beats, np.diff(beats, prepend=0))
        found.append(subject.of_records([later.pk])[later.pk])
    pooled = subject.pool(found)
    metrics = [9001, 9003, 9004, ENERGY, 139, 149, 44, 45, 71, 9023]
    single = [numbers(values) for values in evaluate(metrics, found)]
    with patch.object(gathering, "_fetched", wraps=gathering._fetched) as fetched:
        (values,) = evaluate(metrics, [pooled])
    assert fetched.call_count == 1
    together = numbers(values)
    for total in (ENERGY, 139, 149):
        assert together[total] == pytest.approx(sum(each[total] for each in single), rel=1e-14)
    assert together[9001] == pytest.approx(together[ENERGY] / 30, rel=1e-14)
    assert together[9003] == min(each[9003] for each in single)
    assert together[9004] == max(each[9004] for each in single)
    Profile.objects.update(date_of_birth=None)
    ageless = subject.of_records([each.record for each in pooled.stretches]).values()
    (without,) = evaluate(metrics, [subject.pool(list(ageless))])
    assert without[ENERGY] is None
    for other in (44, 45, 71, 9023):
        assert without[other] == values[other]


def test_somebody_without_records_adds_nothing_to_a_pool(
    record: Record, athlete: User, outsider: User
) -> None:
    Record.objects.filter(pk=record.pk).update(status="complete")
    empty = new_range(outsider, 1_000_000, 1_000_060)
    known = [subject.of_records([record.pk])[record.pk], subject.of_ranges([empty.pk])[empty.pk]]
    pooled = subject.pool(known)
    assert pooled.wearer == known[0].wearer
    assert pooled.complete


def test_the_time_in_bed_of_a_sleep_that_goes_on(record: Record, athlete: User) -> None:
    """It is as long as what was recorded of it."""
    row = Range.objects.create(user=athlete, start=START, end=None, activitytype_id=None)
    found = subject.of_ranges([row.pk])[row.pk]
    assert found.ticks == (record.end or 0) - START


@pytest.mark.rule("metrics 7")
def test_a_fitness_test(record: Record, athlete: User, datatypes: Datatypes) -> None:
    store.write_channel(record, datatypes[HR], np.r_[np.full(240, 180), 180 - np.arange(121) // 2])
    Record.objects.filter(pk=record.pk).update(end=START + 361 * 256)
    Profile.objects.create(
        user=athlete, gender="M", weight=80, height=1.8, date_of_birth=date(1980, 1, 1)
    )
    distance = ActivityAttribute.objects.create(pk=1, name="distance")
    found: dict[int, dict[int, Any]] = {}
    for routine in (1011, 1014, 1015, 1017, 1018):
        one = new_range(athlete, 0, 361)
        TrainingRoutine.objects.create(pk=routine, name=str(routine))
        Range.objects.filter(pk=one.pk).update(trainingroutine=routine)
        ActivityAttributeValue.objects.create(range=one, activityattribute=distance, value=2.5)
        found |= {routine: evaluate([9025, 9026], [subject.of_ranges([one.pk])[one.pk]])[0]}
    minutes = 361 / 60
    assert found == {
        1011: {
            9025: pytest.approx(fitness_tests.rockport_vo2max(80, 34, "M", minutes, 120)),
            9026: None,
        },
        1014: {9025: pytest.approx(22.351 * 2.5 - 11.288), 9026: None},
        1015: {9025: None, 9026: 60},
        1017: {9025: pytest.approx(fitness_tests.leger_vo2max(11, 34)), 9026: None},
        1018: {9025: pytest.approx(3.5 + 483 / minutes), 9026: None},
    }
