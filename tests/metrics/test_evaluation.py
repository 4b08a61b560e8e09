"""Metrics of records, ranges and several of them at once."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.metrics import subject
from apps.metrics.evaluation import evaluate
from apps.metrics.stretches import Span
from apps.records.models import Range, Record
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


def test_everything_that_a_user_recorded_in_a_time(record: Record, athlete: User) -> None:
    found = subject.of_time(athlete.pk, Span(START + 512, START + 10**9))
    assert found is not None
    assert evaluate(RATE, [found]) == [{44: 75.5, 46: 79, 47: 72}]
    assert subject.of_time(athlete.pk, Span(START - 512, START)) is None


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
