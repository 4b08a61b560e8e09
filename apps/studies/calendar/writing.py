"""Calendars as JSON (studies 6).

A calendar can have tens of thousands of rows, so their texts are put together while they are
sent, not encoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.http.response import HttpResponseBase

from apps.api.pieces import send_texts
from apps.api.rendering import TastypieJSON, write_json
from apps.studies.calendar.items import CalendarItem
from apps.studies.planning.times import write_time


def answer_calendar(
    items: Sequence[CalendarItem], prefix: str, done: bool | None = None
) -> HttpResponseBase:
    """Return the response with a calendar: all rows, or only those that are `done` or not. URIs
    begin with `prefix`."""
    return send_texts(_calendar_texts(items, prefix, done), TastypieJSON.media_type)


def _calendar_texts(items: Sequence[CalendarItem], prefix: str, done: bool | None) -> Iterator[str]:
    total, dates = sum(_count(item, done) for item in items), DateTexts()
    yield f'{{"meta": {{"total_count": {total}}}, "objects": ['
    rows = (row for item in items for row in _rows(item, prefix, done, dates))
    yield next(rows, "")
    yield from (f", {row}" for row in rows)
    yield "]}"


def _count(item: CalendarItem, only: bool | None) -> int:
    """How many rows an item has."""
    each, happened = len(item.numbers), item.done
    rows = each * len(item.days)
    if only is None:
        return rows
    done = sum(min(each, happened.get(day, 0)) for day in item.days)
    return done if only else rows - done


class DateTexts(dict[int, str]):
    """The ISO texts of days, each made once."""

    def __missing__(self, day: int) -> str:
        text = self[day] = date.fromordinal(day).isoformat()
        return text


def _rows(item: CalendarItem, prefix: str, only: bool | None, dates: DateTexts) -> Iterable[str]:
    """The rows of an item."""
    before, after = _around_date(item, prefix)
    numbers, happened = item.numbers, item.done
    return [
        f"{before[done]}{dates[day]}{after}"
        for day in item.days
        for number in numbers
        if (done := number <= happened.get(day, 0)) is only or only is None
    ]


_DATE = "0000-00-00"


def _around_date(item: CalendarItem, prefix: str) -> tuple[tuple[str, str], str]:
    """What is before the date in a row, if it is not done and if it is, and what is behind it."""
    schedule = item.item.schedule
    times = {"end_time": schedule.end_time, "start_time": schedule.start_time}
    event: dict[str, Any] = {
        "date": _DATE,
        "resource_uri": schedule.target.uri(prefix) if schedule.target else None,
        **{name: write_time(time) for name, time in times.items() if time is not None},
    }
    members = {"event_schedule": dict(sorted(event.items())), "name": item.item.name}
    rows = (write_json({"done": done, **members}) for done in (False, True))
    (open_, _, after), (done, _, _) = (row.partition(_DATE) for row in rows)
    return (open_, done), after
