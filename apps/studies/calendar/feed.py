"""Calendars as iCalendar, so that a phone can subscribe to them (studies 6).

There is one event for each row, and no rule of recurrence: not every program reads such a rule in
the same way, and none has our rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import product

from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.api.pieces import send_texts
from apps.studies.calendar.icalendar import (
    MEDIA_TYPE,
    UTC,
    BasicDates,
    clock_time,
    escape_text,
    fold_line,
    timezone_lines,
    utc_time,
    write_file,
)
from apps.studies.calendar.items import CalendarItem
from apps.studies.planning.times import WHOLE_DAY
from hexostore import clock

DONE = "✓ "
REFRESHED = "PT1H"
"""How long a program should wait before it asks again."""


def answer_feed(
    items: Sequence[CalendarItem], request: Request, done: bool | None = None
) -> HttpResponseBase:
    """Return the response with a calendar: all rows, or only those that are `done` or not."""
    host, _ = split_domain_port(request._request.get_host())
    texts = write_file(_calendar_lines(items, host, utc_time(clock.ticks()), done))
    return send_texts(texts, f"{MEDIA_TYPE}; charset=utf-8")


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
    dates = BasicDates()
    for item in items:
        yield from _item_events(item, host, f"DTSTAMP:{stamp}", done, dates)
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


def _item_events(
    item: CalendarItem, host: str, stamp: str, only: bool | None, dates: BasicDates
) -> Iterator[str]:
    """The events of an item, each with its folded lines in one text, because there are so many.
    Those that are done have a mark before their name, as iCalendar has no status for it."""
    subject, times = item.subject, _EventTimes(item, dates)
    uid = escape_text(f"{subject.study.uuid}-{subject.subject_id}-{item.position}")
    ends = _event_end(item, ""), _event_end(item, DONE)
    for day, number in product(item.days, item.numbers):
        done = number <= item.done.get(day, 0)
        if only is None or done is only:
            name = fold_line(f"UID:{uid}-{date.fromordinal(day)}-{number}@{host}")
            start, end = times.lines(day)
            yield "\r\n".join(("BEGIN:VEVENT", name, stamp, start, end, ends[done]))


def _event_end(item: CalendarItem, mark: str) -> str:
    """The lines that all events of an item end with, folded: its name behind a mark, and so on."""
    lines = [f"SUMMARY:{mark}{escape_text(item.item.name)}"]
    if item.item.description:
        lines.append(f"DESCRIPTION:{escape_text(item.item.description)}")
    return "\r\n".join(map(fold_line, (*lines, "TRANSP:TRANSPARENT", "END:VEVENT")))


class _EventTimes:
    """When the events of an item begin and end."""

    def __init__(self, item: CalendarItem, dates: BasicDates) -> None:
        self.item, self.dates = item, dates
        start, end = item.item.schedule.times
        self.days_over, end = divmod(end, WHOLE_DAY)
        self.start, self.end = clock_time(start), clock_time(end)

    def lines(self, day: int) -> tuple[str, str]:
        """Return both lines for a day. Near a change of the clock they are in UTC, because a time
        there can mean two moments or none."""
        dates, windows = self.dates, self.item.windows
        if not _has_times(self.item):
            return f"DTSTART;VALUE=DATE:{dates[day]}", f"DTEND;VALUE=DATE:{dates[day + 1]}"
        zone = windows.zone
        if zone == UTC or not windows.is_steady(day):
            window = windows.on_day(*self.item.item.schedule.times, day)
            return f"DTSTART:{utc_time(window.start)}", f"DTEND:{utc_time(window.end)}"
        return (
            f"DTSTART;TZID={zone}:{dates[day]}{self.start}",
            f"DTEND;TZID={zone}:{dates[day + self.days_over]}{self.end}",
        )
