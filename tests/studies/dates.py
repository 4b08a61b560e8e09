"""What a schedule comes to, as tests compare it: dates in place of numbers of days, an event for
each, and windows that are found in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from apps.studies.planning.expansion import expand
from apps.studies.planning.schedule import Schedule
from apps.studies.planning.windows import EventWindow, ZoneWindows


def days_of(schedule: Schedule, subject_start: date, study_end: date | None) -> Iterator[date]:
    """The dates of a schedule in order, each once."""
    return map(date.fromordinal, expand(schedule, subject_start, study_end))


def dates_of(schedule: Schedule, subject_start: date, study_end: date | None) -> Iterator[date]:
    """The dates of a schedule in order, each as often as it has events."""
    for day in days_of(schedule, subject_start, study_end):
        for _ in range(schedule.events_a_day):
            yield day


class UnsteadyWindows(ZoneWindows):
    """Reads both ends of each window off the clock, as if it could change on any day."""

    def is_steady(self, day: int) -> bool:
        return False


def window_of(schedule: Schedule, day: date, zone: str) -> EventWindow:
    """The window of an event on a day, which is the same whether or not the day is known to have
    24 hours."""
    found = ZoneWindows(zone).of(schedule, day)
    assert found == UnsteadyWindows(zone).of(schedule, day)
    return found
