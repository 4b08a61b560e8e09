"""What went wrong in comparable programs, asked of `/api/calendar/` (studies 10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from apps.catalog.models import ActivityType
from apps.enrolment.models import Study, StudySubject
from tests.enrolment.cast import StudyCast, begin_study
from tests.studies.test_calendar import daily, plan, record, rows, seen


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


def begin(cast: StudyCast, start: str, zone: str | None = None, days: int | None = None) -> None:
    """Have the subject start on a day, in a study that is long enough."""
    Study.objects.update(duration_in_days=days)
    cast.study.refresh_from_db()
    StudySubject.objects.update(start_date=date.fromisoformat(start), timezone=zone)


@pytest.mark.rule("studies recipe 1")
@pytest.mark.parametrize(
    ("start", "outside", "inside"),
    [
        ("2026-03-28", "29T20:00", ("28T20:00", "29T19:00", "30T19:59")),
        ("2026-10-24", "25T19:59", ("24T19:00", "25T20:00", "26T20:59")),
    ],
)
def test_nine_in_the_evening_stays_so_when_the_clock_changes(
    cast: StudyCast, start: str, outside: str, inside: tuple[str, ...]
) -> None:
    rest, user = ActivityType.objects.create(name="rest"), cast.subject.user
    begin(cast, start, "Europe/Berlin")
    plan(cast.study, daily(f"/api/activitytype/{rest.pk}/", start_time="21:00", end_time="22:00"))
    record(user, [f"{start[:8]}{outside}"], rest)
    assert "+" not in seen(cast.subject)
    record(user, [f"{start[:8]}{moment}" for moment in inside], rest)
    assert seen(cast.subject).count("+") == 3


@pytest.mark.rule("studies recipe 2")
def test_windows_are_made_of_clock_times_on_the_day_of_the_change(cast: StudyCast) -> None:
    """Nine hours after midnight, it is ten o'clock in Berlin on 29 March 2026."""
    rest = ActivityType.objects.create(name="rest")
    begin(cast, "2026-03-29", "Europe/Berlin")
    plan(cast.study, daily(f"/api/activitytype/{rest.pk}/", 1, start_time="9:00", end_time="10:00"))
    record(cast.subject.user, ["2026-03-29T08:00:00"], rest)
    assert seen(cast.subject) == "0:29"
    record(cast.subject.user, ["2026-03-29T07:00:00"], rest)
    assert seen(cast.subject) == "0:29+"


MONTHLY = {"repeat_frequency": "P1M"}
DATES: list[tuple[str, str, dict[str, Any], str]] = [
    ("7", "2026-02-02", {"repeat_frequency": "P1D", "repeat_period": 2}, "02-02 02-03"),
    ("7", "2026-02-02", {"start_date": "2026-01-31", "end_date": "2026-02-03"}, ""),
    (
        "7",
        "2026-02-02",
        {"repeat_frequency": "P1D", "start_date": "2026-01-31", "end_date": "2026-02-03"},
        "02-02 02-03",
    ),
    ("7", "2026-02-02", {"days_offset": 5}, "02-07"),
    ("8", "2026-08-31", {**MONTHLY, "repeat_period": 4}, "08-31 09-30 10-31 11-30"),
    ("8", "2026-01-01", {**MONTHLY, "by_month_day": [31], "repeat_period": 4}, "01-31 03-31"),
    ("9", "2026-06-01", {**MONTHLY, "by_month_day": [31], "repeat_period": 2}, "07-31"),
    ("10", "2026-01-31", {**MONTHLY, "repeat_period": 4}, "01-31 02-28 03-31 04-30"),
    (
        "14",
        "2026-02-02",
        {"repeat_frequency": "P1W", "by_week_day": [4, 0, 2], "repeat_period": 1},
        "02-02 02-04 02-06",
    ),
]


@pytest.mark.rule("studies recipe 7")
@pytest.mark.rule("studies recipe 8")
@pytest.mark.rule("studies recipe 9")
@pytest.mark.rule("studies recipe 10")
@pytest.mark.rule("studies recipe 14")
def test_dates_of_the_recipes(cast: StudyCast) -> None:
    for number, start, schedule, expected in DATES:
        begin(cast, start)
        plan(cast.study, schedule)
        found = [each["event_schedule"]["date"] for each in rows(cast.subject)]
        assert found == [f"2026-{day}" for day in expected.split()], (number, schedule)


@pytest.mark.rule("studies recipe 14")
def test_rows_come_by_item_then_date(cast: StudyCast) -> None:
    begin(cast, "2026-02-02")
    plan(cast.study, daily(days=2, days_offset=3), daily(days=2), {"days_offset": 1})
    assert seen(cast.subject) == "0:05 0:06 1:02 1:03 2:03"
