"""Whether what was planned has happened (studies 5). It needs facts, and no clock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from apps.studies.planning.expansion import Occurrence
from apps.studies.planning.facts import Facts, TargetFacts
from apps.studies.planning.windows import ZoneWindows


def mark_done(rows: Iterable[Occurrence], facts: Facts, windows: ZoneWindows) -> Iterator[bool]:
    """Yield whether each row is done. Rows are those of `occurrences`, or of some of its dates.

    As many facts as there are in the window of a date make the first rows of that date done. Each
    item counts for itself, so one range can serve two items. Raise ValueError for an unknown zone.
    """
    happened = 0
    for row in rows:
        if row.number == 1:
            target = row.item.schedule.target
            known = None if target is None else facts.get(target)
            happened = count_facts(row, known, windows) if known else 0
        yield row.number <= happened


def count_facts(row: Occurrence, facts: TargetFacts, windows: ZoneWindows) -> int:
    """Return how many facts are in the window of a row. One of which only the date is known is in
    each window of that date."""
    on_date = facts.dates[row.day] if facts.dates else 0
    if not facts.moments:
        return on_date
    start, end = windows.of(row.item.schedule, row.day)
    return on_date + bisect_left(facts.moments, end) - bisect_left(facts.moments, start)
