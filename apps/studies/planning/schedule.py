"""A planning as data: items, each with a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from apps.studies.planning.frequency import Frequency
from apps.studies.planning.targets import PlanningTarget
from apps.studies.planning.times import WHOLE_DAY

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""Nothing is planned before or after. So every date has a next day and a place in every zone."""

MOST_YEARS = 5
MOST_ITEMS = 200
MOST_OCCURRENCES = 50_000
"""Of all items together, for one subject."""
MOST_EVENTS_A_DAY = 100
MOST_DAYS_OFFSET = 1826
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 1000
"""As a feed has it with each event, of which there may be MOST_OCCURRENCES."""

DAY_SELECTIONS = ("by_month_day", "by_week_day", "by_period_day")
"""The properties that choose days of a period. A schedule has at most one of them."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is planned: the properties of `event_schedule` (studies 4.2).

    None, or an empty tuple, is what was not given. Times are seconds since midnight.
    """

    frequency: Frequency | None = None
    """How often; without it there is one day."""
    repeat_period: int | None = None
    """How many periods; 0 is to the end of the study."""
    repeat_count: int | None = None
    """How many events a day, or how many periods: see `periods`."""
    days_offset: int | None = None
    """Days from the subject's start to the first period."""
    target: PlanningTarget | None = None
    start_time: int | None = None
    end_time: int | None = None
    """If it is before the start, it is on the next day."""
    by_month_day: tuple[int, ...] = ()
    by_week_day: tuple[int, ...] = ()
    """0 is Monday."""
    by_period_day: tuple[int, ...] = ()
    """1 is the first day of a period."""
    start_date: date | None = None
    """The first day of the first period, which then is the same for every subject."""
    end_date: date | None = None
    """The last day on which there can be an event."""

    @property
    def periods(self) -> int | None:
        """How many periods there are; None for as many as fit.

        `repeat_count` is the number of periods if nothing else says it: neither `repeat_period`,
        be it 0, nor `end_date` (studies 4.1, reading C).
        """
        if self.frequency is None:
            return 1
        if self.repeat_period:
            return self.repeat_period
        return self.repeat_count if self.counts_periods else None

    @property
    def events_a_day(self) -> int:
        """How many events there are on each day."""
        return 1 if self.counts_periods or self.repeat_count is None else self.repeat_count

    @property
    def times(self) -> tuple[int, int]:
        """When events begin and end, in seconds since the midnight before; past 24:00 for an end
        on the next day."""
        start = self.start_time or 0
        end = WHOLE_DAY if self.end_time is None else self.end_time
        return start, end if end > start else end + WHOLE_DAY

    @property
    def counts_periods(self) -> bool:
        """Whether `repeat_count` is the number of periods, not of events a day."""
        said_otherwise = self.repeat_period is not None or self.end_date is not None
        return self.frequency is not None and self.repeat_count is not None and not said_otherwise


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One item of `study.planning`. `others` are members that the API does not know; they are
    kept and given back."""

    name: str
    schedule: Schedule
    description: str | None = None
    others: Mapping[str, object] = field(default_factory=dict, hash=False)


Planning = tuple[PlannedItem, ...]
