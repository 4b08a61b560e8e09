"""What went wrong in comparable programs, asked of `/api/calendar/` (studies 10)."""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.mark.rule("studies recipe 3")
def test_times_come_back_as_they_were_sent(cast: StudyCast) -> None:
    """Whatever the zone of study and subject, when they are saved and afterwards."""
    path, times = f"/api/study/{cast.study.pk}/", {"start_time": "09:00", "end_time": "10:30"}
    planning = [{"name": "item 0", "event_schedule": times}]
    for saved, later, own in (
        ("UTC", "Pacific/Auckland", None),
        ("Pacific/Auckland", "America/Montreal", "Asia/Kolkata"),
    ):
        sent = {"planning": planning, "timezone": saved}
        assert cast.admin.patch(path, sent).json()["planning"] == planning
        assert cast.owner.patch(path, {"timezone": later}).json()["planning"] == planning
        StudySubject.objects.update(timezone=own)
        for caller in (cast.owner, cast.admin, cast.subject, cast.staff):
            assert caller.get(path).json()["planning"] == planning
        (row,) = rows(cast.subject)
        assert row["event_schedule"] == {"date": "2026-02-02", "resource_uri": None, **times}


def ways_in(cast: StudyCast, planning: object) -> Iterator[Any]:
    """The answers to a planning that is sent in every way there is, each to a study of its own."""
    yield cast.owner.post("/api/study/", {"name": "posted", "planning": planning})
    for method in ("PUT", "PATCH"):
        made = cast.owner.post("/api/study/", {"name": method}).json()
        yield cast.owner.request(method, made["resource_uri"], {**made, "planning": planning})
    copied = {"name": "copied", "template_id": cast.study.pk}
    yield cast.owner.post("/api/study/", {**copied, "planning": planning})
    Study.objects.filter(pk=cast.study.pk).update(planning=planning)
    yield cast.owner.post("/api/study/", copied)


@pytest.mark.rule("studies recipe 13")
def test_no_way_in_lets_an_empty_window_pass(cast: StudyCast) -> None:
    equal = {"start_time": "09:00", "end_time": "09:00"}
    for answer in ways_in(cast, [{"name": "a", "event_schedule": equal}]):
        assert answer.status_code == 400, answer.content
        ((field, texts),) = answer.json()["study"].items()
        assert field in ("planning", "template_id")
        *_, fault = texts
        assert fault.startswith("planning[0].event_schedule.end_time: It equals the start.")


@pytest.mark.rule("studies recipe 13")
def test_an_end_before_the_start_is_on_the_next_day_by_each_way_in(cast: StudyCast) -> None:
    rest = ActivityType.objects.create(name="rest")
    night = {"start_time": "22:00", "end_time": "06:00"}
    planning = [{"name": "0", "event_schedule": daily(f"/api/activitytype/{rest.pk}/", 1, **night)}]
    record(cast.subject.user, ["2026-02-03T05:59:59"], rest)
    for answer in ways_in(cast, planning):
        assert answer.status_code in (200, 201, 202), answer.content
        study = answer.json()
        assert study["planning"] == planning
        StudySubject.objects.update(study=study["id"])
        assert seen(cast.subject) == "0:02+"


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
