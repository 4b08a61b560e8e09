"""Calendars as iCalendar: the events, the zones, the lines, and links to them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.access.models import Share, ShareType
from apps.catalog.models import ActivityType
from apps.enrolment.models import Study, StudyMember, StudyStatus, StudySubject
from apps.studies.calendar.icalendar import timezone_lines, write_file
from hexostore import clock
from tests.enrolment.cast import StudyCast, begin_study
from tests.frozen import FrozenClock, frozen
from tests.people import ANYBODY, Caller
from tests.studies.test_calendar import daily, plan, record

__all__ = ["frozen"]

PATH = "/api/calendar/"
ICS = "text/calendar"


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


def lines_of(content: bytes) -> list[str]:
    """Content lines, unfolded; none has more than 75 octets."""
    assert content.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    return content.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def events(content: bytes) -> list[dict[str, str]]:
    """The properties of every event, by their name with its parameters."""
    text = "\n".join(lines_of(content))
    found = re.findall("BEGIN:VEVENT\n(.*?)\nEND:VEVENT", text, re.DOTALL)
    return [dict(line.split(":", 1) for line in event.split("\n")) for event in found]


def feed(caller: Caller, query: str = "") -> bytes:
    answer = caller.sending("Accept", ICS).get(f"{PATH}{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, f"{ICS}; charset=utf-8")
    assert answer["Vary"] == "Accept"
    return bytes(answer.getvalue())  # long ones are sent in pieces


@pytest.mark.rule("studies recipe 28")
def test_there_is_one_event_for_each_row(cast: StudyCast, frozen: FrozenClock) -> None:
    rest = ActivityType.objects.create(name="rest")
    plan(cast.study, daily(f"/api/activitytype/{rest.pk}/", 2, repeat_count=2), daily(days=1))
    record(cast.subject.user, ["2026-02-02T12:00:00"], rest)
    found = events(feed(cast.subject))
    subject, day = "night7-001", "2026-02-02"
    assert [each["UID"] for each in found] == [
        f"{subject}-0-{day}-1@testserver",
        f"{subject}-0-{day}-2@testserver",
        f"{subject}-0-2026-02-03-1@testserver",
        f"{subject}-0-2026-02-03-2@testserver",
        f"{subject}-1-{day}-1@testserver",
    ]
    assert [each["SUMMARY"] for each in found] == ["✓ item 0", *["item 0"] * 3, "item 1"]
    assert found[0] == {
        "UID": f"{subject}-0-{day}-1@testserver",
        "DTSTAMP": f"{frozen.now:%Y%m%dT%H%M%SZ}",
        "DTSTART;VALUE=DATE": "20260202",
        "DTEND;VALUE=DATE": "20260203",
        "SUMMARY": "✓ item 0",
        "TRANSP": "TRANSPARENT",
    }
    text = feed(cast.subject).decode()
    assert "RRULE" not in text
    assert "VTIMEZONE" not in text
    assert feed(cast.subject).decode() == text


def test_a_feed_has_the_filters_of_the_list(cast: StudyCast) -> None:
    plan(cast.study, daily())
    assert len(events(feed(cast.subject, "?end=2026-02-04"))) == 2
    assert events(feed(cast.subject, "?done=1")) == []
    assert len(events(feed(cast.owner, f"?user={cast.subject.user.pk}"))) == 3
    named = cast.subject.get(PATH, {"format": "ics"})
    assert named["Content-Type"] == f"{ICS}; charset=utf-8"
    assert cast.subject.get(PATH)["Content-Type"] == "application/json"


@pytest.mark.rule("studies recipe 28")
@pytest.mark.rule("studies 4.3")
def test_times_are_on_the_clock_of_the_subject_and_in_utc_where_it_changes(
    cast: StudyCast,
) -> None:
    StudySubject.objects.update(timezone="Europe/Berlin", start_date=date(2026, 3, 27))
    plan(cast.study, daily(days=4, start_time="21:00", end_time="6:00"))
    found = [(each.get("DTSTART"), *each.values()) for each in events(feed(cast.subject))]
    starts = [dict(list(each.items())[2:4]) for each in events(feed(cast.subject))]
    assert starts == [
        {
            "DTSTART;TZID=Europe/Berlin": "20260327T210000",
            "DTEND;TZID=Europe/Berlin": "20260328T060000",
        },
        {"DTSTART": "20260328T200000Z", "DTEND": "20260329T040000Z"},
        {"DTSTART": "20260329T190000Z", "DTEND": "20260330T040000Z"},
        {
            "DTSTART;TZID=Europe/Berlin": "20260330T210000",
            "DTEND;TZID=Europe/Berlin": "20260331T060000",
        },
    ]
    assert len(found) == 4
    text = "\n".join(lines_of(feed(cast.subject)))
    assert text.count("BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD") == 1
    assert (
        "BEGIN:DAYLIGHT\nDTSTART:20260329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        "TZNAME:CEST\nEND:DAYLIGHT"
    ) in text
    StudySubject.objects.update(timezone=None)
    assert "VTIMEZONE" not in feed(cast.subject).decode()
    assert events(feed(cast.subject))[0]["DTSTART"] == "20260327T210000Z"


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"],
)
def test_a_zone_says_what_the_clock_shows(zone: str) -> None:
    """Compared with zoneinfo, for every sixth hour of two years."""
    text = "\n".join(timezone_lines(zone, date(2011, 1, 1), date(2012, 12, 31)))
    told = []
    for _, begin, before, after in re.findall(
        r"BEGIN:(\w+)\nDTSTART:(\w+)\nTZOFFSETFROM:(\S+)\nTZOFFSETTO:(\S+)", text
    ):
        old, new = (timedelta(hours=int(o[:3]), minutes=int(o[0] + o[3:])) for o in (before, after))
        told.append((datetime.fromisoformat(begin).replace(tzinfo=UTC) - old, new))
    moment = datetime(2011, 1, 1, tzinfo=UTC)
    while moment.year < 2013:
        offset = max(each for each in told if each[0] <= moment)[1]
        assert offset == moment.astimezone(ZoneInfo(zone)).utcoffset(), moment
        moment += timedelta(hours=6)


def test_lines_are_folded_between_letters_and_texts_are_escaped(cast: StudyCast) -> None:
    name = "Comma, semicolon; back\\slash\nand \x07ten times " + "ž心🫀" * 10
    plan(cast.study, daily(days=1))
    Study.objects.update(name="a, b")
    cast.study.refresh_from_db()
    cast.study.planning[0] |= {"name": name, "description": "One\r\ntwo"}
    cast.study.save()
    (found,) = events(feed(cast.subject))
    told = "Comma\\, semicolon\\; back\\\\slash\\nand ten times " + "ž心🫀" * 10
    assert (found["SUMMARY"], found["DESCRIPTION"]) == (told, "One\\ntwo")
    assert "X-WR-CALNAME:a\\, b" in lines_of(feed(cast.subject))
    text = "".join(write_file(["x" * 75, "y" * 76]))
    assert text.encode() == b"x" * 75 + b"\r\n" + b"y" * 75 + b"\r\n y\r\n"


def test_a_calendar_without_rows_is_a_calendar(cast: StudyCast) -> None:
    found = lines_of(feed(cast.outsider))
    assert (found[0], found[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "BEGIN:VEVENT" not in found


def share(caller: Caller, key: int) -> str:
    """The path of a link, or the status of the refusal."""
    kind, _ = ShareType.objects.get_or_create(name="calendar")
    answer = caller.post("/api/share/", {"sharetype": kind.pk, "object_id": key})
    return (
        str(answer.json()["shared_uri"]) if answer.status_code == 201 else str(answer.status_code)
    )


def test_a_phone_subscribes_by_a_link(cast: StudyCast, frozen: FrozenClock) -> None:
    plan(cast.study, daily())
    key = StudySubject.objects.get(user=cast.subject.user).pk
    for caller in (cast.outsider, cast.other_subject):
        assert share(caller, key) == "404"
    for caller in (cast.subject, cast.owner, cast.admin, cast.staff):
        path = share(caller, key)
        for accept in ("*/*", "application/json", ICS):
            answer = ANYBODY.sending("Accept", accept).get(path)
            assert (answer.status_code, answer["Content-Type"]) == (200, f"{ICS}; charset=utf-8")
        assert {each["UID"][:10] for each in events(answer.content)} == {"night7-001"}
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert ANYBODY.request(method, path, {}).status_code == 405
        assert ANYBODY.get(f"{path}?subject={key + 1}&user=1").content == answer.content


def test_a_link_ends_with_the_right_to_make_it(cast: StudyCast, frozen: FrozenClock) -> None:
    plan(cast.study, daily())
    subject = StudySubject.objects.get(user=cast.subject.user)
    own, of_admin = (share(caller, subject.pk) for caller in (cast.subject, cast.admin))

    def opened(path: str) -> int:
        return Client().get(path).status_code

    for status, code in ((StudyStatus.DISABLED, 404), (StudyStatus.FROZEN, 200)):
        Study.objects.update(status=status)
        assert opened(own) == opened(of_admin) == code
    StudyMember.objects.all().delete()
    assert (opened(own), opened(of_admin)) == (200, 404)
    StudySubject.objects.filter(pk=subject.pk).update(withdrawn=clock.now())
    assert opened(own) == 404
    StudySubject.objects.filter(pk=subject.pk).update(withdrawn=None)
    assert opened(own) == 200
    Share.objects.update(created=frozen.now - timedelta(days=30))
    assert opened(own) == 404
