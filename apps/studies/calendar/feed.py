"""Calendars as iCalendar, so that a phone can subscribe to them (studies 6).

There is one event for each row, and no rule of recurrence: not every program reads such a rule in
the same way, and none has our rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from django.http import HttpResponse
from django.http.request import split_domain_port
from rest_framework.request import Request

from apps.studies.calendar.icalendar import (
    MEDIA_TYPE,
    UTC,
    LocalTime,
    escape_text,
    timezone_lines,
    utc_time,
    whole_day,
    write_file,
)
from apps.studies.calendar.items import CalendarItem
from hexostore import clock

REFRESHED = "PT1H"
"""How long a program should wait before it asks again."""


def answer_feed(
    items: Sequence[CalendarItem], request: Request, done: bool | None = None
) -> HttpResponse:
    """Return the response with a calendar: all rows, or only those that are `done` or not."""
    host, _ = split_domain_port(request._request.get_host())
    body = write_file(_calendar_lines(items, host, utc_time(clock.ticks()), done))
    return HttpResponse(body, content_type=f"{MEDIA_TYPE}; charset=utf-8")


def _calendar_lines(
    items: Sequence[CalendarItem], host: str, stamp: str, done: bool | None
) -> Iterator[str]:
    names = dict.fromkeys(item.subject.study.name for item in items)
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hexostore//Calendar//EN")
    yield from ("CALSCALE:GREGORIAN", "METHOD:PUBLISH")
    yield f"X-WR-CALNAME:{escape_text(', '.join(names))}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESHED}"
    yield f"X-PUBLISHED-TTL:{REFRESHED}"
    for zone, first, last in _zones(items):
        yield from timezone_lines(zone, first, last)
    for item in items:
        yield from _item_lines(item, host, stamp, done)
    yield "END:VCALENDAR"


def _zones(items: Iterable[CalendarItem]) -> Iterator[tuple[str, date, date]]:
    """The zones of events with times, each with the first and the last day in it."""
    days: dict[str, list[int]] = {}
    for item in items:
        if _has_times(item) and item.windows.zone != UTC:
            days.setdefault(item.windows.zone, []).extend((item.days[0], item.days[-1]))
    for zone, found in days.items():
        yield zone, date.fromordinal(min(found)), date.fromordinal(max(found))


def _has_times(item: CalendarItem) -> bool:
    schedule = item.item.schedule
    return schedule.start_time is not None or schedule.end_time is not None


def _item_lines(item: CalendarItem, host: str, stamp: str, only: bool | None) -> Iterator[str]:
    """The events of an item. Those that are done have a mark before their name, as iCalendar has
    no status for it."""
    subject, name = item.subject, escape_text(item.item.name)
    start_of_uid = f"{subject.study.uuid}-{subject.subject_id}-{item.position}"
    description = escape_text(item.item.description or "")
    for day, number, done in item.events():
        if only is not None and only is not done:
            continue
        yield "BEGIN:VEVENT"
        on = date.fromordinal(day)
        yield f"UID:{escape_text(start_of_uid)}-{on}-{number}@{host}"
        yield f"DTSTAMP:{stamp}"
        yield from _time_lines(item, on)
        yield f"SUMMARY:{'✓ ' * done}{name}"
        if description:
            yield f"DESCRIPTION:{description}"
        yield from ("TRANSP:TRANSPARENT", "END:VEVENT")


def _time_lines(item: CalendarItem, day: date) -> Iterator[str]:
    """When an event begins and ends. Near a change of the clock it is said in UTC, because a time
    there can mean two moments or none."""
    schedule, windows = item.item.schedule, item.windows
    if not _has_times(item):
        yield f"DTSTART;VALUE=DATE:{whole_day(day)}"
        yield f"DTEND;VALUE=DATE:{whole_day(day + timedelta(days=1))}"
    elif windows.zone == UTC or not windows.is_steady(day.toordinal()):
        window = windows.of(schedule, day)
        yield f"DTSTART:{utc_time(window.start)}"
        yield f"DTEND:{utc_time(window.end)}"
    else:
        for name, seconds in zip(("DTSTART", "DTEND"), schedule.times, strict=True):
            yield f"{name};TZID={windows.zone}:{LocalTime(day, seconds).text()}"
