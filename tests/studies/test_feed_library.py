"""What icalendar, a library of others, reads in a feed (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from apps.catalog.models import ActivityType
from apps.enrolment.models import Study, StudySubject
from apps.studies.calendar.feed import DONE
from tests.enrolment.cast import StudyCast, begin_study
from tests.frozen import FrozenClock, frozen
from tests.studies.test_calendar import daily, plan, record, rows
from tests.studies.test_feed import feed

__all__ = ["frozen"]

UNCHANGED = "UTC", "Asia/Kolkata", "America/Phoenix"
CHANGING = "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"
TIMES: tuple[dict[str, str], ...] = (
    {},
    {"start_time": "01:30", "end_time": "02:30"},
    {"start_time": "22:30", "end_time": "06:15"},
    {"end_time": "12:00:30"},
    {"start_time": "18:00", "end_time": "24:00"},
)
NAME = "Rest, sit; lie\\down\nand " + "ž心🫀" * 40
DESCRIPTION = "Five minutes, no more; or\\less\n" + "é" * 500


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


def plan_year(cast: StudyCast, zone: str) -> None:
    """Plan something at all kinds of times, around each Sunday of a year; clocks change then."""
    weekly = {"repeat_frequency": "P1W", "by_week_day": [5, 6, 0], "repeat_period": 53}
    planning = [
        {"name": f"{place} {NAME}", "description": DESCRIPTION, "event_schedule": weekly | times}
        for place, times in enumerate(TIMES)
    ]
    Study.objects.update(planning=planning, duration_in_days=None)
    StudySubject.objects.update(timezone=zone)


def events_of(text: bytes) -> list[icalendar.Event]:
    """The events of a file without errors."""
    found = icalendar.Calendar.from_ical(text)
    assert isinstance(found, icalendar.Calendar)
    assert not found.errors
    assert not any(event.errors for event in found.events)
    return list(found.events)


def moments_of(row: dict[str, Any], zone: str) -> tuple[date, date]:
    """When the window of a row begins and ends: moments, or dates of a whole day. Of a repeated
    hour, a start means the first and an end the second; skipped times move forward."""
    event = row["event_schedule"]
    day = date.fromisoformat(event["date"])
    if "start_time" not in event and "end_time" not in event:
        return day, day + timedelta(days=1)
    start, end = event.get("start_time", "00:00"), event.get("end_time", "24:00")
    last = day + timedelta(days=end <= start or end == "24:00")
    begin, finish = datetime.fromisoformat(f"{day} {start}"), _clock_end(last, end)
    both = (finish.replace(fold=fold, tzinfo=ZoneInfo(zone)).astimezone(UTC) for fold in (0, 1))
    return begin.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), max(both)


def _clock_end(day: date, text: str) -> datetime:
    """What the clock shows at an end. At 24:00 it is the day after already."""
    return datetime.fromisoformat(f"{day} {'00:00' if text == '24:00' else text}")


def told_moments(event: icalendar.Event) -> tuple[date, date]:
    """When an event begins and ends."""
    return _in_utc(event.start), _in_utc(event.end)


def _in_utc(moment: date) -> date:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


@pytest.mark.rule("studies 4.3", "studies 6", "studies recipe 1", "studies recipe 28")
@pytest.mark.parametrize("zone", [*UNCHANGED, *CHANGING])
def test_a_library_reads_the_moments_of_the_calendar(cast: StudyCast, zone: str) -> None:
    """It knows the zones. Under another name, it has only what the file says of them."""
    plan_year(cast, zone)
    expected = [moments_of(row, zone) for row in rows(cast.subject)]
    assert len(expected) == 53 * 3 * len(TIMES)
    sent = feed(cast.subject)
    unknown = sent.replace(zone.encode(), b"Nowhere/" + zone.replace("/", "_").encode())
    for text in (sent, unknown):
        assert [told_moments(event) for event in events_of(text)] == expected


@pytest.mark.rule("studies recipe 28")
def test_events_are_the_same_at_the_next_request(cast: StudyCast, frozen: FrozenClock) -> None:
    """Also when one was done meanwhile, and the item has another name."""
    rest = ActivityType.objects.create(name="rest")
    uri = f"/api/activitytype/{rest.pk}/"
    plan(cast.study, daily(uri, 28, repeat_count=3, start_time="09:00"), daily(days=28))
    first = events_of(feed(cast.owner, f"?study={cast.study.pk}&user={cast.subject.user.pk}"))
    record(cast.subject.user, ["2026-02-03T12:00:00"], rest)
    cast.study.planning[0]["name"] = "Lie down"
    cast.study.save()
    frozen.move(timedelta(days=2))
    second = events_of(feed(cast.subject))
    uids = [event.uid for event in first]
    assert len(set(uids)) == len(uids) == 4 * 28
    assert [event.uid for event in second] == uids
    assert [told_moments(event) for event in second] == [told_moments(event) for event in first]
    assert timedelta(days=2) == second[0].DTSTAMP - first[0].DTSTAMP
    names = [str(event["SUMMARY"]) for event in second]
    assert [name for name in names if name.startswith(DONE)] == ["✓ Lie down"]


@pytest.mark.rule("studies 6")
def test_a_library_reads_the_texts_as_they_were_sent(cast: StudyCast) -> None:
    plan_year(cast, "Europe/Berlin")
    sent = feed(cast.subject)
    assert max(map(len, sent.split(b"\r\n"))) == 75
    told = [(str(event["SUMMARY"]), str(event["DESCRIPTION"])) for event in events_of(sent)]
    names = [f"{place} {NAME}" for place in range(len(TIMES)) for _ in range(53 * 3)]
    assert told == [(name, DESCRIPTION) for name in names]
