"""The dates of schedules: published examples, dated tables, and what holds for every schedule."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.planning.expansion import last_study_day
from apps.studies.planning.frequency import Frequency
from apps.studies.planning.reading import read_planning
from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY, PlannedItem, Schedule
from tests.studies.dated_examples import OWN, REFERENCE, DatedExample
from tests.studies.dates import dates_of
from tests.studies.examples import CALENDAR, PUBLISHED, dates, every, item
from tests.studies.hypotheses import few, many
from tests.studies.row_by_row import occurrences

THURSDAY = date(2020, 12, 24)


def read(**schedule: object) -> Schedule:
    """A schedule from its properties in JSON."""
    return read_planning([item(schedule)])[0].schedule


def planned(start: str, duration: int = 0, /, **schedule: object) -> list[date]:
    """The dates of a schedule for a subject who starts on a day."""
    first = date.fromisoformat(start)
    return list(dates_of(read(**schedule), first, last_study_day(first, duration)))


def dates_in(example: DatedExample) -> list[list[date]]:
    """The dates of each item of an example."""
    first = date.fromisoformat(example.start)
    last = last_study_day(first, example.duration)
    return [list(dates_of(each.schedule, first, last)) for each in read_planning(example.planning)]


@pytest.mark.rule("studies 4.4")
@pytest.mark.parametrize("example", REFERENCE, ids=lambda each: each.name)
def test_published_examples(example: DatedExample) -> None:
    assert dates_in(example) == example.dates


@pytest.mark.rule("studies 4.2", "studies 4.5")
@pytest.mark.parametrize("example", OWN, ids=lambda each: each.name)
def test_dated_schedules(example: DatedExample) -> None:
    assert dates_in(example) == example.dates


@pytest.mark.rule("studies 4.4")
def test_the_calendar_of_the_reference() -> None:
    rows = occurrences(read_planning(CALENDAR), date(2020, 7, 14), None)
    assert [(row.item.name[:6], row.day, row.number) for row in rows] == [
        ("Do 5 m", date(2020, 7, 14), 1),
        ("Do 5 m", date(2020, 7, 14), 2),
        ("Do 5 m", date(2020, 7, 15), 1),
        ("Do 5 m", date(2020, 7, 15), 2),
        ("Do 5 m", date(2020, 7, 16), 1),
        ("Do 5 m", date(2020, 7, 16), 2),
        ("Answer", date(2020, 7, 14), 1),
        ("Answer", date(2020, 7, 15), 1),
        ("Answer", date(2020, 7, 16), 1),
    ]


def test_a_study_without_end_is_planned_for_five_years() -> None:
    assert len(planned("2020-12-24", **PUBLISHED[0])) == 120
    assert planned("2020-12-24", repeat_frequency="P1D")[-1] == date(2025, 12, 23)


@pytest.mark.rule("studies 4.2")
def test_a_study_of_28_days_has_28_of_them() -> None:
    found = planned("2026-02-02", 28, repeat_frequency="P1D")
    assert (len(found), found[-1]) == (28, date(2026, 3, 1))


@pytest.mark.rule("studies 4.2")
def test_without_a_frequency_there_is_one_day() -> None:
    assert planned("2021-03-01", repeat_count=3, days_offset=2) == [date(2021, 3, 3)] * 3
    assert planned("2021-03-01", start_date="2021-02-01") == []
    assert planned("2021-03-01", start_date="2021-04-01") == [date(2021, 4, 1)]


@pytest.mark.rule("studies 4.1")
@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({}, every("2021-03-01", 7, 2)),
        ({"repeat_period": 1}, every("2021-03-01", 0, 2)),
        ({"repeat_period": 0}, sorted(every("2021-03-01", 7, 4) * 2)),
        ({"end_date": "2021-03-10"}, sorted(every("2021-03-01", 7, 2) * 2)),
    ],
)
def test_what_repeat_count_counts(schedule: dict[str, object], expected: list[date]) -> None:
    """Periods, unless something else says how many there are: then events a day."""
    found = planned("2021-03-01", 28, repeat_frequency="P1W", repeat_count=2, **schedule)
    assert found == expected


def test_years_and_months_come_before_days() -> None:
    assert planned("2021-01-31", repeat_frequency="P1M1D", repeat_period=4) == dates(
        "2021-01-31", "03-01", "04-02", "05-03"
    )


def test_a_period_may_be_too_short_for_a_chosen_day() -> None:
    found = planned("2021-01-01", repeat_frequency="P1M", by_period_day=[29, 31], repeat_period=3)
    assert found == dates("2021-01-29", "01-31", "03-29", "03-31")


frequencies = st.one_of(
    st.builds(Frequency, days=st.integers(1, 400)),
    st.builds(Frequency, weeks=st.integers(1, 20), days=st.integers(0, 10)),
    st.builds(
        Frequency, years=st.integers(0, 2), months=st.integers(1, 20), days=st.integers(0, 40)
    ),
)
days_of = st.one_of(
    st.just({}),
    st.builds(lambda days: {"by_month_day": days}, st.sets(st.integers(1, 31), min_size=1)),
    st.builds(lambda days: {"by_week_day": days}, st.sets(st.integers(0, 6), min_size=1)),
    st.builds(lambda days: {"by_period_day": days}, st.sets(st.integers(1, 40), min_size=1)),
)
optional_days = st.none() | st.dates(date(2019, 1, 1), date(2027, 1, 1))


def with_days(chosen: dict[str, set[int]], **values: Any) -> Schedule:
    """A schedule with chosen days, in order."""
    days = {name: tuple(sorted(numbers)) for name, numbers in chosen.items()}
    return Schedule(**values, **days)  # type: ignore[arg-type]


schedules = st.builds(
    with_days,
    days_of,
    frequency=frequencies | st.none(),
    repeat_period=st.none() | st.integers(0, 30),
    repeat_count=st.none() | st.integers(1, 5),
    days_offset=st.none() | st.integers(0, 100),
    start_date=optional_days,
    end_date=optional_days,
)
starts = st.dates(date(2020, 1, 1), date(2024, 12, 31))


@many
@given(schedules, starts, st.integers(1, 3000), st.integers(0, 400))
def test_a_later_end_adds_dates_and_changes_none(
    schedule: Schedule, start: date, duration: int, more: int
) -> None:
    short = list(dates_of(schedule, start, last_study_day(start, duration)))
    long = list(dates_of(schedule, start, last_study_day(start, duration + more)))
    assert long == sorted(long)
    assert long[: len(short)] == short
    assert all(day >= start for day in long)
    assert all(day > start + timedelta(days=duration - 1) for day in long[len(short) :])


@few
@given(schedules, starts)
def test_rows_are_numbered_within_their_date(schedule: Schedule, start: date) -> None:
    items = [PlannedItem("Random", schedule), *read_planning(CALENDAR)]
    rows = list(occurrences(items, start, None))
    assert [row.day for row in rows if not row.position] == list(dates_of(schedule, start, None))
    assert [row.position for row in rows] == sorted(row.position for row in rows)
    for _, same in groupby(rows, key=lambda row: (row.position, row.day)):
        numbers = [row.number for row in same]
        assert numbers == list(range(1, len(numbers) + 1))


@many
@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 4), starts, st.integers(0, 900))
def test_a_count_of_days_moves_with_the_subject(
    length: int, periods: int, count: int, start: date, later: int
) -> None:
    schedule = Schedule(Frequency(days=length), repeat_period=periods, repeat_count=count)
    moved = dates_of(schedule, start + timedelta(days=later), None)
    found = list(dates_of(schedule, start, None))
    assert len(found) == periods * count
    assert [day - timedelta(days=later) for day in moved] == found


@few
@given(schedules, st.dates())
def test_any_start_is_expanded_within_bounds(schedule: Schedule, start: date) -> None:
    found = list(islice(dates_of(schedule, start, None), 200_000))
    assert len(found) < 200_000
    assert all(FIRST_DAY <= day <= LAST_DAY for day in found)


def test_the_most_events_that_a_schedule_can_have() -> None:
    """The work is bounded, however far the end is and however often something is repeated."""
    endless = Schedule(Frequency(days=1), repeat_period=10**9, repeat_count=100)
    assert sum(1 for _ in dates_of(endless, date(2024, 1, 1), date.max)) == 1827 * 100


@pytest.mark.parametrize("duration", [None, 0])
def test_a_study_without_a_duration_has_no_last_day(duration: int | None) -> None:
    assert last_study_day(THURSDAY, duration) is None


def test_a_study_may_last_until_the_end_of_dates() -> None:
    assert last_study_day(date(9999, 1, 1), 10**9) == date.max
