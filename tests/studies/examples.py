"""Published examples of plannings, and what helps to write others."""

from __future__ import annotations

from datetime import date, timedelta

NINE_TO_TEN: dict[str, object] = {"start_time": "09:00", "end_time": "10:00"}
ACTIVITY = {"resource_uri": "/api/activity/4/"}

PUBLISHED: list[dict[str, object]] = [
    {**NINE_TO_TEN, **ACTIVITY, "repeat_frequency": "P1M", "byMonthDay": [1, 15]},
    {
        **NINE_TO_TEN,
        "repeat_frequency": "P10D",
        "resource_uri": "/api/trainingroutine/4/",
        "byPeriodDay": [2, 4],
    },
    {**NINE_TO_TEN, **ACTIVITY, "repeat_frequency": "P7D", "repeatCount": 2},
    {
        **ACTIVITY,
        "repeat_frequency": "P2D",
        "start_date": "2020-12-24",
        "end_date": "2021-01-12",
        "repeatCount": 1,
    },
    {**NINE_TO_TEN, "start_date": "2020-12-24", "repeat_frequency": "P1D", "repeatCount": "10"},
    {
        "start_date": "2020-12-24",
        "end_date": "2021-01-24",
        "repeat_frequency": "P2D",
        "byPeriodDay": [2],
    },
    {**ACTIVITY, "repeat_frequency": "P1W", "by_week_day": [0, 1], "repeatCount": 2},
]
"""The seven of the reference (studies 4.4), whose punctuation is mended."""

CALENDAR: list[dict[str, object]] = [
    {
        "name": "Do 5 min Rest Test twice a day",
        "event_schedule": {
            "repeat_frequency": "P1D",
            "repeat_period": 3,
            "repeat_count": 2,
            "resource_uri": "/api/activitytype/4/",
        },
    },
    {
        "name": "Answer the survey every day",
        "event_schedule": {
            "repeat_frequency": "P1D",
            "repeat_period": 3,
            "resource_uri": "/api/survey/3/",
        },
    },
]
"""A planning that makes the nine rows of the calendar in the reference."""


def item(schedule: object, name: str = "Example") -> dict[str, object]:
    """An item of a planning."""
    return {"name": name, "event_schedule": schedule}


def every(first: str, step: int, count: int) -> list[date]:
    """So many dates with so many days between them."""
    start = date.fromisoformat(first)
    return [start + timedelta(days=step * number) for number in range(count)]


def dates(*texts: str) -> list[date]:
    """Dates, of which one without a year has that of the date before it."""
    found: list[date] = []
    for text in texts:
        full = text if len(text) > 5 else f"{found[-1].year}-{text}"
        found.append(date.fromisoformat(full))
    return found
