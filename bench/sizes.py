"""What a year of a person weighs in the store, by table and index.

Records of three lengths are stored with all 53 channels, each kind in a store that has nothing
else of them, and what every table and index has grown by is divided by the number of records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.day import START, day_record
from bench.harness import demo_store

HOUR = 3600


@dataclass(frozen=True)
class Habit:
    """Somebody who wears the shirt: hours of a record, records a year, and whether with a track."""

    name: str
    hours: int
    a_year: int
    stored: int
    track: bool = False


HABITS = (
    Habit("an athlete, 1 h five times a week, with a track", 1, 260, 12, track=True),
    Habit("a sleeper, 8 h every night", 8, 365, 3),
    Habit("a day and a night, every day", 24, 365, 1),
)

_SIZES = """
    SELECT relname, 'rows' AS part, pg_relation_size(relid) AS size FROM pg_stat_user_tables
    UNION ALL
    SELECT relname, 'TOAST', pg_total_relation_size(relid) - pg_relation_size(relid)
        - pg_indexes_size(relid) FROM pg_stat_user_tables
    UNION ALL
    SELECT relname, indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes
"""
Sizes = dict[tuple[str, str], int]


def main() -> None:
    """Print GB per year of each habit, and what they consist of."""
    with demo_store():
        from apps.accounts.models import User

        user = User.objects.get(username="athlete@example.com")
        key = 97_000_000
        for habit in HABITS:
            _sizes(anew=True)
            before = _sizes()
            for _ in range(habit.stored):
                key += 1
                _store(user, key, habit)
            _show(habit, before, _sizes())


def _store(user: Any, key: int, habit: Habit) -> None:
    import numpy as np

    from apps.tracks.appending import PointArrays, append_points
    from apps.tracks.models import Track

    start = START + (key - 97_000_000) * 10**9
    day_record(user, key, habit.hours * HOUR, start)
    if habit.track:
        seconds = habit.hours * HOUR
        drift = np.cumsum(np.random.default_rng(key).normal(0, 1e-5, seconds))
        times = start + 256 * np.arange(seconds)
        points = PointArrays(times, 8 + drift, 47 + drift, 400 + drift, speeds=3 + drift)
        append_points(Track.objects.create(user=user, name="run"), [points])


def _sizes(*, anew: bool = False) -> Sizes:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL" if anew else "VACUUM")
        cursor.execute(_SIZES)
        return {(table, part): size for table, part, size in cursor.fetchall()}


def _show(habit: Habit, before: Sizes, after: Sizes) -> None:
    grown = {key: (after[key] - before[key]) / habit.stored for key in after}
    total = sum(grown.values())
    print(
        f"{habit.name}: {total * habit.a_year / 1e9:.2f} GB a year, {total / 1e6:.2f} MB a record"
    )
    for (table, part), size in sorted(grown.items(), key=lambda each: -each[1]):
        if size * habit.a_year > 1e6:
            print(f"  {table:<24} {part:<28} {size / 1e6:8.3f} MB a record"
                  f" {size * habit.a_year / 1e6:9.1f} MB a year {size / total:6.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
