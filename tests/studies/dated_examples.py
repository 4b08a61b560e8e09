"""Schedules with the dates that they must have: those of the reference, and our own.

Both are in the contract, studies 4.4 and 4.5; docs/recurrence.md prints them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tests.studies.examples import ACTIVITY, CALENDAR, PUBLISHED, dates, every, item


@dataclass(frozen=True)
class DatedExample:
    """Items of a planning for a subject, and the dates of each item.

    A duration of 0 has no end.
    """

    name: str
    start: str
    duration: int
    planning: Sequence[Mapping[str, object]]
    dates: Sequence[Sequence[date]]


def _one(
    name: str, start: str, duration: int, schedule: Mapping[str, object], expected: Sequence[date]
) -> DatedExample:
    return DatedExample(name, start, duration, [item(schedule)], [expected])


def _own(
    name: str, start: str, schedule: Mapping[str, object], *days: str, duration: int = 0
) -> DatedExample:
    return _one(name, start, duration, {**ACTIVITY, **schedule}, dates(*days))


_OF_REFERENCE = (
    dates("2021-01-01", "01-15", "02-01", "02-15"),
    sorted(every("2020-12-25", 10, 6) + every("2020-12-27", 10, 6)),
    dates("2020-12-24", "12-31"),
    every("2020-12-24", 2, 10),
    every("2020-12-24", 1, 10),
    every("2020-12-25", 2, 16),
    dates("2020-12-28", "12-29", "2021-01-04", "01-05"),
)

REFERENCE = [
    *(
        _one(f"reference {number}", "2020-12-24", 60, schedule, expected)
        for number, (schedule, expected) in enumerate(
            zip(PUBLISHED, _OF_REFERENCE, strict=True), start=1
        )
    ),
    DatedExample(
        "calendar",
        "2020-07-14",
        0,
        CALENDAR,
        [sorted(every("2020-07-14", 1, 3) * 2), every("2020-07-14", 1, 3)],
    ),
]
"""The seven of the reference, and the two items of its calendar with their nine rows."""

OWN = [
    _own(
        "a day that not every month has",
        "2021-01-01",
        {"repeat_frequency": "P1M", "by_month_day": [31], "repeat_period": 12},
        *("2021-01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"),
    ),
    _own(
        "months that begin on their last day",
        "2023-12-31",
        {"repeat_frequency": "P1M", "repeat_period": 13},
        *("2023-12-31", "2024-01-31", "02-29", "03-31", "04-30", "05-31", "06-30"),
        *("2024-07-31", "08-31", "09-30", "10-31", "11-30", "12-31"),
    ),
    _own(
        "a month without the day",
        "2021-01-31",
        {"repeat_frequency": "P1M", "by_month_day": [30], "repeat_period": 6},
        *("2021-03-30", "04-30", "05-30", "06-30", "07-30"),
    ),
    _own(
        "29 February of a leap year",
        "2024-01-10",
        {"repeat_frequency": "P1M", "by_month_day": [29], "repeat_period": 3},
        *("2024-01-29", "02-29", "03-29"),
    ),
    _own(
        "no 29 February",
        "2025-01-10",
        {"repeat_frequency": "P1M", "by_month_day": [29], "repeat_period": 3},
        *("2025-01-29", "03-29"),
    ),
    _own(
        "the first of every second month",
        "2020-12-24",
        {"repeat_frequency": "P2M", "by_month_day": [1], "repeat_period": 3},
        *("2021-01-01", "03-01", "05-01"),
    ),
    _own(
        "a weekday of every second week",
        "2020-12-23",
        {"repeat_frequency": "P2W", "by_week_day": [0], "repeat_period": 3},
        *("2020-12-28", "2021-01-11", "01-25"),
    ),
    _own(
        "the same in days",
        "2020-12-23",
        {"repeat_frequency": "P14D", "by_week_day": [0], "repeat_period": 3},
        *("2020-12-28", "2021-01-11", "01-25"),
    ),
    _own(
        "the first Monday of a period of a month",
        "2020-12-24",
        {"repeat_frequency": "P1M", "by_week_day": [0], "repeat_period": 3},
        *("2020-12-28", "2021-01-25", "03-01"),
    ),
    _own(
        "days that are some weekday",
        "2020-12-24",
        {"repeat_frequency": "P1D", "by_week_day": [0, 2, 4], "repeat_period": 14},
        *("2020-12-25", "12-28", "12-30", "2021-01-01", "01-04", "01-06"),
    ),
    _own(
        "a late subject keeps the rhythm",
        "2021-01-05",
        {"repeat_frequency": "P2D", "start_date": "2020-12-24", "end_date": "2021-01-12"},
        *("2021-01-05", "01-07", "01-09", "01-11"),
        duration=30,
    ),
    _own(
        "days after the start of the subject",
        "2021-03-01",
        {"repeat_frequency": "P1W", "days_offset": 5, "repeat_period": 0},
        *("2021-03-06", "03-13", "03-20", "03-27"),
        duration=28,
    ),
    _own(
        "days over 29 February",
        "2024-02-27",
        {"repeat_frequency": "P1D", "repeat_period": 4},
        *("2024-02-27", "02-28", "02-29", "03-01"),
    ),
    _own(
        "years from 29 February on",
        "2024-02-29",
        {"repeat_frequency": "P1Y", "repeat_period": 5},
        *("2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"),
    ),
    _own(
        "an empty first month",
        "2021-06-01",
        {"repeat_frequency": "P1M", "by_month_day": [31], "repeat_period": 2},
        "2021-07-31",
    ),
]
"""Ends of months, leap years, weekdays, offsets and late subjects (studies 4.5)."""
