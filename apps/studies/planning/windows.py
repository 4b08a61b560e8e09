"""The time in which a planned event counts, on the wall clock of the subject's zone."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from whenever import Date, Time, TimeDelta, ZonedDateTime, available_timezones

from apps.studies.planning.schedule import Schedule
from apps.studies.planning.times import WHOLE_DAY
from hexostore.hexotime import TICKS_PER_SECOND

Disambiguation = Literal["compatible", "later"]
"""Which of two moments an hour that is repeated means: the first, or the second. Both move a
time that the clock skips forward, by as much as it skips."""


class EventWindow(NamedTuple):
    """From `start` to before `end`, in ticks."""

    start: int
    end: int


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of this name, such as America/Montreal."""
    return name in _zones()


def window_of(schedule: Schedule, day: date, zone: str) -> EventWindow:
    """Return the window of an event on a day. Raise ValueError if there is no such zone.

    It lasts from `start_time`, or midnight, to `end_time`, or midnight. Both are read off the
    clock on that very day, so a whole day lasts 23 hours when the clock goes forward (studies 4.3).
    """
    start_time = schedule.start_time or 0
    end_time = WHOLE_DAY if schedule.end_time is None else schedule.end_time
    if end_time <= start_time:
        end_time += WHOLE_DAY
    start = _moment(day, start_time, zone, "compatible")
    # Where midnight is repeated, the day ends with the first, which the next day begins with.
    end = _moment(day, end_time, zone, "later" if end_time % WHOLE_DAY else "compatible")
    if end <= start:  # the clock skipped the start, and with it all of the window
        end = start + TimeDelta(seconds=end_time - start_time)
    return EventWindow(_ticks(start), _ticks(end))


class ZoneWindows:
    """The windows of a zone, each found once: many items and subjects share them."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._known: dict[tuple[date, int | None, int | None], EventWindow] = {}

    def of(self, schedule: Schedule, day: date) -> EventWindow:
        """Return the window of an event on a day, as `window_of` does."""
        key = (day, schedule.start_time, schedule.end_time)
        window = self._known.get(key)
        if window is None:
            window = self._known[key] = window_of(schedule, day, self.zone)
        return window


def _moment(day: date, seconds: int, zone: str, meant: Disambiguation) -> ZonedDateTime:
    """The moment when the clock of a zone shows a time of a day, or of the day after."""
    days, seconds = divmod(seconds, WHOLE_DAY)
    hours, seconds = divmod(seconds, 3600)
    clock = Date(day).add(days=days).at(Time(hours, *divmod(seconds, 60)))
    return clock.assume_tz(zone, disambiguation=meant)


def _ticks(moment: ZonedDateTime) -> int:
    return int(moment.timestamp()) * TICKS_PER_SECOND
