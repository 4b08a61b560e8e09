"""Months as text, with brackets around the days of events, as docs/studies.md shows them."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from datetime import date
from itertools import zip_longest

WIDTH = 28
"""Of a month: seven days of four letters each."""


def draw_months(days: Collection[date], months: Iterable[tuple[int, int]]) -> str:
    """Return months, as year and number, beside each other."""
    columns = [_month(year, month, days) for year, month in months]
    rows = zip_longest(*columns, fillvalue=" " * WIDTH)
    return "\n".join("  ".join(row).rstrip() for row in rows) + "\n"


def _month(year: int, month: int, days: Collection[date]) -> list[str]:
    title = f"{calendar.month_name[month]} {year}".center(WIDTH)
    head = "".join(f" {name[:2]} " for name in calendar.day_name)
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return [title, head, *("".join(_cell(day, month, days) for day in week) for week in weeks)]


def _cell(day: date, month: int, days: Collection[date]) -> str:
    if day.month != month:
        return "    "
    return f"[{day.day:2}]" if day in days else f" {day.day:2} "
