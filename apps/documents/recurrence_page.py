"""docs/recurrence.md: the dates of schedules, as they must be and as a calendar has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

HEAD = """\
# Dates of schedules

This page has every schedule that [the contract](contract/studies.md#44-published-examples) dates,
and what `/api/calendar/` says of it. `./bin/docs` writes it: a test plans each of them by a PATCH
of a study, and then asks for the calendar of the subject, who did everything but the last event.
What names nothing to do is never done. A study of 0 days has no end.
[Studies](studies.md#schedules) says what the properties mean, with pictures.

| example | first day | days | schedule | dates expected | seen | done |
| --- | --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class DatedSchedule:
    """One line: a schedule in JSON for a subject in a study of so many days, the dates that it must
    have, those of the rows of the calendar, and how many of these rows are done."""

    example: str
    start: date
    days: int
    schedule: Mapping[str, object]
    expected: Sequence[date]
    seen: Sequence[date]
    done: int


def recurrence_page(schedules: Iterable[DatedSchedule]) -> str:
    """Return the whole page."""
    return HEAD + "".join(map(_line, schedules))


def _line(each: DatedSchedule) -> str:
    cells = (
        each.example,
        each.start.isoformat(),
        str(each.days),
        f"`{json.dumps(each.schedule)}`",
        write_dates(each.expected),
        write_dates(each.seen),
        f"{each.done} of {len(each.seen)}",
    )
    return f"| {' | '.join(cells)} |\n"


def write_dates(days: Sequence[date]) -> str:
    """Return dates as a text. The year is in front of the first date of each year."""
    years = [None, *(day.year for day in days)]
    texts = [
        day.isoformat() if day.year != before else f"{day:%m-%d}"
        for before, day in zip(years, days, strict=False)
    ]
    return ", ".join(texts)
