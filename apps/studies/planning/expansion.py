"""The dates of a schedule for one subject.

All of it is arithmetic on calendar dates, which neither a clock nor a zone can move. Days are
counted as `date.toordinal` does. The rules are those of studies 4.2.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, count
from typing import NamedTuple

from whenever import Date

from apps.studies.planning.frequency import Frequency
from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY, MOST_YEARS, Schedule


class Period(NamedTuple):
    """A run of days: from `start` to before `end`. Those before `month_end` are its first
    month."""

    start: int
    month_end: int
    end: int


def last_study_day(subject_start: date, duration_in_days: int | None) -> date | None:
    """Return the last day of a study for a subject, or None if it has no duration. A study of 28
    days from 2 February 2026 ends with 1 March."""
    if not duration_in_days:
        return None
    most = (date.max - subject_start).days
    return subject_start + timedelta(days=min(duration_in_days - 1, most))


def expand(
    schedule: Schedule, subject_start: date, study_end: date | None, begin: date = FIRST_DAY
) -> Sequence[int]:
    """Return the days of a schedule from `begin` on in order, each once, as `date.toordinal`
    counts them. On each there are as many events as `schedule.events_a_day` says.

    `study_end` is the last day, or None. The work is bounded for any input: a schedule ends five
    years after its first period begins, or earlier.
    """
    anchor = _anchor(schedule, subject_start)
    if not FIRST_DAY.toordinal() <= anchor <= LAST_DAY.toordinal():
        return ()
    first = max(anchor, subject_start.toordinal(), begin.toordinal())
    last = _last_day(schedule, anchor, study_end)
    planned = _planned(schedule, anchor, last)
    return planned[bisect_left(planned, first) : bisect_right(planned, last)]


def _anchor(schedule: Schedule, subject_start: date) -> int:
    """The first day of the first period."""
    if schedule.start_date is not None:
        return schedule.start_date.toordinal()
    return subject_start.toordinal() + (schedule.days_offset or 0)


def _last_day(schedule: Schedule, anchor: int, study_end: date | None) -> int:
    """The last day that counts: of the study, of the schedule, or of the five years."""
    five_years = _moved(date.fromordinal(anchor), months=12 * MOST_YEARS, days=-1)
    ends = (schedule.end_date, study_end, LAST_DAY)
    return min(five_years, *(end.toordinal() for end in ends if end is not None))


def _planned(schedule: Schedule, anchor: int, last: int) -> Sequence[int]:
    """The days of all periods that begin no later than the last day, in order."""
    frequency = schedule.frequency
    if frequency is None:
        return [anchor]
    if frequency.calendar_months:
        periods = _periods(frequency, anchor, last, schedule.periods)
        chosen = (_chosen_of_months(schedule, period) for period in periods)
        return list(chain.from_iterable(chosen))
    length = frequency.plain_days
    most = last + 1 - anchor if schedule.periods is None else schedule.periods * length
    return _chosen_of_days(schedule, range(anchor, min(anchor + most, last + 1)), length)


def _chosen_of_days(schedule: Schedule, run: range, length: int) -> Sequence[int]:
    """The days on which there are events, of periods that are counted in days."""
    starts = run[::length]
    if schedule.by_period_day:
        numbers = [number for number in schedule.by_period_day if number <= length]
        return [start + number - 1 for start in starts for number in numbers]
    if schedule.by_week_day:
        return [
            day
            for day in run
            if (day - run.start) % length < 7 and _week_day(day) in schedule.by_week_day
        ]
    if schedule.by_month_day:
        return [day for day in run if _month_day(day) in schedule.by_month_day]
    return starts


def _periods(frequency: Frequency, anchor: int, last: int, most: int | None) -> Iterator[Period]:
    """The periods that are counted in months and begin no later than the last day."""
    for number in count() if most is None else range(most):
        period = _period(frequency, anchor, number)
        if period.start > last:
            return
        yield period


def _period(frequency: Frequency, anchor: int, number: int) -> Period:
    """A period by its number. Each is counted from the anchor, never from the one before: after
    31 January and 28 February comes 31 March."""
    first, before = date.fromordinal(anchor), number * frequency.calendar_months
    days_before = number * frequency.plain_days
    return Period(
        _moved(first, before, days_before),
        _moved(first, before + 1, days_before),
        _moved(first, before + frequency.calendar_months, days_before + frequency.plain_days),
    )


def _moved(day: date, months: int, days: int) -> int:
    """The day so many months and then days later. Where a month has no such day, it is the last
    of that month."""
    return Date(day).add(months=months).to_stdlib().toordinal() + days


def _chosen_of_months(schedule: Schedule, period: Period) -> Iterable[int]:
    """The days of a period on which there are events. A chosen day of the month that a month does
    not have is none."""
    start, month_end, end = period
    if schedule.by_period_day:
        return [start + n - 1 for n in schedule.by_period_day if start + n - 1 < end]
    if schedule.by_week_day:
        return [day for day in range(start, start + 7) if _week_day(day) in schedule.by_week_day]
    if schedule.by_month_day:
        month = range(start, month_end)
        return [day for day in month if _month_day(day) in schedule.by_month_day]
    return [start]


def _week_day(day: int) -> int:
    """0 for Monday, as the first of January of the year 1 was one."""
    return (day - 1) % 7


def _month_day(day: int) -> int:
    return date.fromordinal(day).day
