"""The time in which a planned event counts, on the wall clock of the subject's zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from whenever import Date, Time, TimeDelta, ZonedDateTime, available_timezones

from apps.studies.planning.schedule import Schedule
from apps.studies.planning.times import WHOLE_DAY
from hexostore.hexotime import TICKS_PER_SECOND

TICKS_PER_DAY = WHOLE_DAY * TICKS_PER_SECOND

_EPOCH = date(1970, 1, 1).toordinal()

Disambiguation = Literal["compatible", "later"]
"""Which of two moments an hour that is repeated means: the first, or the second. Both move a
time that the clock skips forward, by as much as it skips."""


class EventWindow(NamedTuple):
    """From `start` to before `end`, in ticks."""

    start: int
    end: int


_NO_PLACES = frozenset(("Factory", "localtime", "posixrules"))
"""Files beside the zones: the clock of nowhere, of this machine, and a link for old programs."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of this name, such as America/Montreal."""
    return name in _zones()


def _window(start_time: int, end_time: int, day: date, zone: str) -> EventWindow:
    start = _moment(day, start_time, zone, "compatible")
    # Where midnight is repeated, the day ends with the first, which the next day begins with.
    end = _moment(day, end_time, zone, "later" if end_time % WHOLE_DAY else "compatible")
    if end <= start:  # the clock skipped the start, and with it all of the window
        end = start + TimeDelta(seconds=end_time - start_time)
    return EventWindow(_ticks(start), _ticks(end))


class ZoneWindows:
    """The windows of a zone: many items and subjects share what is found about its days.

    Days are counted as `date.toordinal` does. Where the clock does not change, times are added to
    midnight. No zone has ever changed it twice within three days, so that days of 24 hours show it.
    """

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._midnights: dict[int, int] = {}
        self._offsets: dict[int, int | None] = {}
        self._steady: dict[int, bool] = {}

    def of(self, schedule: Schedule, day: date) -> EventWindow:
        """Return the window of an event on a day. Raise ValueError if there is no such zone.

        It lasts from `start_time`, or midnight, to `end_time`, or midnight. Both are read off the
        clock on that very day, so a whole day lasts 23 hours when the clock goes forward
        (studies 4.3).
        """
        return self.on_day(*schedule.times, day.toordinal())

    def on_day(self, start_time: int, end_time: int, day: int) -> EventWindow:
        """Return the same for the times of a schedule, in seconds."""
        if not self.is_steady(day):
            return _window(start_time, end_time, date.fromordinal(day), self.zone)
        midnight = self._midnight(day)
        start, end = start_time * TICKS_PER_SECOND, end_time * TICKS_PER_SECOND
        return EventWindow(midnight + start, midnight + end)

    def is_steady(self, day: int) -> bool:
        """Return whether the clock changes neither on a day nor on the one after."""
        known = self._steady.get(day)
        if known is None:
            known = self._steady[day] = self._has_24_hours(day, day + 1)
        return known

    def count(self, moments: Iterable[int], start_time: int, end_time: int) -> Counter[int]:
        """Return how many moments are in the window of each day, for the times of a schedule."""
        counts: Counter[int] = Counter()
        start, end = start_time * TICKS_PER_SECOND, end_time * TICKS_PER_SECOND
        offsets = self._offsets
        for moment in moments:
            utc_day = moment // TICKS_PER_DAY
            offset = offsets[utc_day] if utc_day in offsets else self._find_offset(utc_day)
            if offset is None:
                counts.update(self._days_of(moment, start_time, end_time))
                continue
            day, time = divmod(moment + offset, TICKS_PER_DAY)
            if start <= time < end:
                counts[day] += 1
            if time + TICKS_PER_DAY < end:
                counts[day - 1] += 1
        return counts

    def _find_offset(self, utc_day: int) -> int | None:
        """What to add to moments of a day UTC for the ticks since the day 0 on the clock of the
        zone; None if the clock changes before the windows around it end."""
        day = utc_day + _EPOCH
        steady = self._has_24_hours(*range(day - 3, day + 3))
        offset = day * TICKS_PER_DAY - self._midnight(day) if steady else None
        self._offsets[utc_day] = offset
        return offset

    def _days_of(self, moment: int, start_time: int, end_time: int) -> Iterator[int]:
        """The days whose windows hold a moment. A window may end on the day after its own, the
        clock may be a day away from UTC, and it may skip a day."""
        near = moment // TICKS_PER_DAY + _EPOCH
        for day in range(near - 3, near + 2):
            window = self.on_day(start_time, end_time, day)
            if window.start <= moment < window.end:
                yield day

    def _has_24_hours(self, *days: int) -> bool:
        """Whether each of these days begins 24 hours before the next."""
        return all(self._midnight(day + 1) - self._midnight(day) == TICKS_PER_DAY for day in days)

    def _midnight(self, day: int) -> int:
        known = self._midnights.get(day)
        if known is None:
            moment = _moment(date.fromordinal(day), 0, self.zone, "compatible")
            known = self._midnights[day] = _ticks(moment)
        return known


def _moment(day: date, seconds: int, zone: str, meant: Disambiguation) -> ZonedDateTime:
    """The moment when the clock of a zone shows a time of a day, or of the day after."""
    days, seconds = divmod(seconds, WHOLE_DAY)
    hours, seconds = divmod(seconds, 3600)
    clock = Date(day).add(days=days).at(Time(hours, *divmod(seconds, 60)))
    return clock.assume_tz(zone, disambiguation=meant)


def _ticks(moment: ZonedDateTime) -> int:
    return int(moment.timestamp()) * TICKS_PER_SECOND
