"""Whether what was planned has happened (studies 5). It needs facts, and no clock."""

from __future__ import annotations

from collections.abc import Mapping

from apps.studies.planning.facts import Facts
from apps.studies.planning.schedule import Schedule
from apps.studies.planning.windows import ZoneWindows


def count_done(schedule: Schedule, facts: Facts, windows: ZoneWindows) -> Mapping[int, int]:
    """Return how many facts there are for a schedule on each day, planned or not, counted as
    `date.toordinal` does. Days without any are left out. Raise ValueError for an unknown zone.

    As many facts as there are in the window of a date make the first events of that date done. Each
    item counts for itself, so one range can serve two items. A fact of which only the date is known
    is in each window of that date.
    """
    known = None if schedule.target is None else facts.get(schedule.target)
    if known is None:
        return {}
    counts = windows.count(known.moments, *schedule.times)
    for date, number in known.dates.items():
        counts[date.toordinal()] += number
    return counts
