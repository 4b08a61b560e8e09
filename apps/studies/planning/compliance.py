"""How much of what was planned a subject has done (studies 9.2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.studies.planning.schedule import Schedule
from apps.studies.planning.windows import ZoneWindows


@dataclass(frozen=True, slots=True)
class Compliance:
    """Numbers of events: done, missed because their window is over, and upcoming."""

    done: int = 0
    missed: int = 0
    upcoming: int = 0

    @property
    def expected(self) -> int:
        """All events."""
        return self.done + self.missed + self.upcoming

    @property
    def rate(self) -> float | None:
        """What part of the events that were due is done; None if nothing was due."""
        due = self.done + self.missed
        return self.done / due if due else None


def judge_days(
    schedule: Schedule,
    days: Sequence[int],
    done: Mapping[int, int],
    windows: ZoneWindows,
    now: int,
) -> Compliance:
    """Return how much of a schedule is done at the moment `now`, in ticks: of its days as
    `expand` gives them, by what `count_done` says of it. Windows end in the order of their
    days. Raise ValueError for an unknown zone."""
    times, each = schedule.times, schedule.events_a_day
    over = bisect_right(days, now, key=lambda day: windows.on_day(*times, day).end)
    happened = [min(each, done.get(day, 0)) for day in days]
    missed = each * over - sum(happened[:over])
    upcoming = each * (len(days) - over) - sum(happened[over:])
    return Compliance(sum(happened), missed, upcoming)
