"""What makes a planned event done, and how much of what was planned is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.planning.compliance import Compliance, judge_days
from apps.studies.planning.done import count_done
from apps.studies.planning.expansion import expand
from apps.studies.planning.facts import Facts
from apps.studies.planning.reading import read_planning
from apps.studies.planning.windows import ZoneWindows
from hexostore.hexotime import TICKS_PER_HOUR, from_datetime
from tests.studies.examples import CALENDAR, item
from tests.studies.hypotheses import few
from tests.studies.row_by_row import (
    AnswerFact,
    MeasureFact,
    Occurrence,
    RangeFact,
    gather_facts,
    judge,
    mark_done,
    occurrences,
)

BERLIN = "Europe/Berlin"
START = date(2026, 3, 28)
"""A Saturday; on Sunday the clock of Berlin goes forward."""


def at(text: str, zone: str = BERLIN) -> int:
    """The ticks of a time on the clock of a zone, in March 2026: `28 09:00`."""
    moment = datetime.strptime(f"2026-03-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))
    return from_datetime(moment.astimezone(UTC))


def rows(*schedules: dict[str, Any], start: date = START) -> list[Occurrence]:
    """The rows of some schedules."""
    return list(occurrences(read_planning([item(each) for each in schedules]), start, None))


def daily(uri: str, days: int = 2, **others: Any) -> dict[str, Any]:
    """Something to do on every day."""
    return {"repeat_frequency": "P1D", "repeat_period": days, "resource_uri": uri, **others}


def flags(found: Iterable[Occurrence], facts: Facts, zone: str = BERLIN) -> str:
    """Whether rows are done, as a text of + and -."""
    return "".join("+" if done else "-" for done in mark_done(found, facts, ZoneWindows(zone)))


def ranges(*starts: int, **of: Any) -> Facts:
    """Ranges of one kind."""
    return gather_facts(ranges=[RangeFact(start, **of) for start in starts])


@pytest.mark.rule("studies 5")
def test_one_of_two_rest_tests_is_one_of_two_rows() -> None:
    planning = read_planning(CALENDAR)
    found = list(occurrences(planning, START, None))
    tests = [RangeFact(at(text), activitytype=4) for text in ("28 12:00", "29 08:00", "29 09:00")]
    answers = [AnswerFact(3, "completed", at("30 23:59"))]
    facts = gather_facts(ranges=tests, answers=answers)
    assert flags(found, facts) == "+-++--" + "--+"


@pytest.mark.rule("studies 5")
def test_a_window_holds_its_start_and_not_its_end() -> None:
    found = rows(daily("/api/activitytype/4/", start_time="09:00", end_time="10:00"))
    assert flags(found, ranges(at("28 09:00"), at("29 10:00"), activitytype=4)) == "+-"
    assert flags(found, ranges(at("28 08:59"), at("29 09:59"), activitytype=4)) == "-+"


@pytest.mark.rule("studies 5")
@pytest.mark.parametrize(
    ("of", "marks"),
    [
        ({"activitytype": 4}, "+-"),
        ({"routine_activitytype": 4}, "+-"),
        ({"activitytype": 4, "routine_activitytype": 4}, "+-"),
        ({"activitytype": 5, "trainingroutine": 7}, "-+"),
        ({"activitytype": 4, "trainingroutine": 7}, "++"),
        ({"activitytype": 4, "trainingroutine": 7, "autodetected": True}, "--"),
        ({}, "--"),
    ],
)
def test_what_a_range_is_done_of(of: dict[str, Any], marks: str) -> None:
    found = rows(daily("/api/activitytype/4/", 1), daily("/api/trainingroutine/7/", 1))
    assert flags(found, ranges(at("28 12:00"), **of)) == marks


@pytest.mark.rule("studies 5")
def test_a_night_belongs_to_its_evening() -> None:
    found = rows(daily("/api/activitytype/12/", start_time="21:00", end_time="03:00"))
    assert flags(found, ranges(at("29 01:30"), activitytype=12)) == "+-"
    whole_days = rows(daily("/api/activitytype/12/"))
    assert flags(whole_days, ranges(at("28 23:30"), activitytype=12)) == "+-"


@pytest.mark.rule("studies 5")
@pytest.mark.parametrize(
    ("status", "marks"),
    [
        *((status, "+") for status in ("completed", "amended")),
        *((status, "-") for status in ("in-progress", "stopped", "entered-in-error")),
    ],
)
def test_only_finished_answers_count(status: str, marks: str) -> None:
    facts = gather_facts(answers=[AnswerFact(3, status, at("28 12:00"))])
    assert flags(rows(daily("/api/survey/3/", 1)), facts) == marks
    assert flags(rows(daily("/api/survey/4/", 1)), facts) == "-"


@pytest.mark.rule("studies 5")
def test_an_answer_with_a_date_counts_for_each_window_of_that_date() -> None:
    morning = daily("/api/survey/3/", start_time="07:00", end_time="08:00")
    evening = daily("/api/survey/3/", start_time="20:00", repeat_count=2)
    facts = gather_facts(answers=[AnswerFact(3, "completed", date(2026, 3, 29))])
    assert flags(rows(morning, evening), facts) == "-+" + "--+-"


@pytest.mark.rule("studies 5")
def test_a_late_answer_is_not_done() -> None:
    found = rows(daily("/api/survey/3/", 1, start_time="07:00", end_time="08:00"))
    facts = gather_facts(answers=[AnswerFact(3, "completed", at("28 15:00"))])
    assert flags(found, facts) == "-"


@pytest.mark.rule("studies 5")
def test_values_count_by_their_names() -> None:
    found = rows(daily("/api/kpi/weight/", 1), daily("/api/kpi/hr_rest/", 1), {})
    facts = gather_facts(measures=[MeasureFact("weight", at("28 00:00"))])
    assert flags(found, facts) == "+--"


@pytest.mark.rule("studies 5")
def test_the_same_range_serves_two_items() -> None:
    item = daily("/api/activitytype/4/", 1)
    assert flags(rows(item, item), ranges(at("28 12:00"), activitytype=4)) == "++"


def test_the_zone_decides_of_which_day_a_fact_is() -> None:
    facts = ranges(at("28 23:30"), activitytype=4)
    found = rows(daily("/api/activitytype/4/"))
    assert flags(found, facts, BERLIN) == "+-"
    assert flags(found, facts, "Pacific/Auckland") == "-+"
    assert flags(found, facts, "America/Montreal") == "+-"


@few
@given(st.lists(st.integers(0, 3 * 24 * 4 - 1)), st.integers(1, 4))
def test_as_many_rows_are_done_as_facts_are_there(quarters: list[int], count: int) -> None:
    midnight = at("28 00:00", "UTC")
    facts = ranges(*(midnight + quarter * 256 * 900 for quarter in quarters), activitytype=4)
    found = rows(daily("/api/activitytype/4/", 3, repeat_count=count))
    marks = flags(found, facts, "UTC")
    for day in range(3):
        done = min(count, sum(quarter // 96 == day for quarter in quarters))
        assert marks[count * day : count * (day + 1)] == "+" * done + "-" * (count - done)


@pytest.mark.rule("studies 9.2")
def test_compliance() -> None:
    found = rows(daily("/api/activitytype/4/", 4, start_time="09:00", end_time="10:00"))
    done = list(mark_done(found, ranges(at("28 09:30"), activitytype=4), ZoneWindows(BERLIN)))

    def judged(moment: str) -> Compliance:
        return judge(zip(found, done, strict=True), ZoneWindows(BERLIN), at(moment))

    assert judged("29 09:59") == Compliance(done=1, missed=0, upcoming=3)
    assert judged("29 10:00") == Compliance(done=1, missed=1, upcoming=2)
    assert judged("31 23:00") == Compliance(done=1, missed=3, upcoming=0)
    assert [judged(moment).rate for moment in ("29 09:59", "29 10:00", "31 23:00")] == [
        1,
        0.5,
        0.25,
    ]
    assert judged("31 23:00").expected == 4


def test_nothing_due_has_no_rate() -> None:
    found = rows(daily("/api/activitytype/4/"))
    judged = judge(((row, False) for row in found), ZoneWindows(BERLIN), at("28 00:00"))
    assert (judged, judged.rate) == (Compliance(upcoming=2), None)


@few
@given(
    st.integers(1, 3),
    st.sampled_from([{}, {"start_time": "22:00", "end_time": "06:00"}, {"start_time": "02:30"}]),
    st.lists(st.integers(0, 24 * 6 - 1), max_size=12),
    st.integers(-24, 24 * 7),
)
def test_days_are_judged_as_their_rows_are(
    count: int, times: dict[str, str], hours: list[int], now: int
) -> None:
    found = rows(daily("/api/activitytype/4/", 5, repeat_count=count, **times))
    hour = TICKS_PER_HOUR
    facts = ranges(*(at("28 00:00") + each * hour for each in hours), activitytype=4)
    schedule, moment = found[0].item.schedule, at("28 00:00") + now * hour
    windows = ZoneWindows(BERLIN)
    marked = zip(found, mark_done(found, facts, windows), strict=True)
    days, done = expand(schedule, START, None), count_done(schedule, facts, windows)
    assert judge_days(schedule, days, done, windows, moment) == judge(marked, windows, moment)
