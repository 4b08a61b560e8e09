"""A report over a user and a year of daily records, against a report over one of the days.

Each record is a day of 1 Hz channels, written directly; the others are copies of the first. Wall
time counts, for most of the work is the database's; the CPU of this process is printed beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

DAYS = 365
DAY = 24 * 3600 * 256
START = 5_000 * DAY
"""A midnight, long after the demo world's records."""

CHANNELS = (19, 33, 36, 37, 49, 53)
METRICS = (1, 3, 4, 12, 14, 15, 17, 19, 20, 44, 46, 47, 55, 57, 58, 304, 9001, 9003, 9004, 9005)
LOGIN = "runner@example.com", "runner"

_COPIES = (
    """
    INSERT INTO signals_channel (record_id, {columns}, start)
    SELECT record.id, {columns}, channel.start + record.start - first.start
    FROM signals_channel AS channel
    JOIN records_record AS first ON first.id = channel.record_id
    JOIN records_record AS record ON record.id = ANY(%(others)s)
    WHERE first.id = %(first)s
    """,
    """
    INSERT INTO signals_chunk (record_id, {columns}, start)
    SELECT record.id, {columns}, chunk.start + record.start - first.start
    FROM signals_chunk AS chunk
    JOIN records_record AS first ON first.id = chunk.record_id
    JOIN records_record AS record ON record.id = ANY(%(others)s)
    WHERE first.id = %(first)s
    """,
)


def fill() -> int:
    """Give the user who logs in a year of daily records; the id of the user."""
    import numpy as np
    from django.db import connection

    from apps.accounts.models import User
    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.models import Channel, Chunk
    from apps.signals.storage import store

    user = User.objects.get(username=LOGIN[0])
    first, *others = Record.objects.bulk_create(
        Record(user=user, start=START + day * DAY, end=START + (day + 1) * DAY)
        for day in range(DAYS)
    )
    draw = np.random.default_rng(1)
    for datatype in Datatype.objects.filter(pk__in=CHANNELS):
        store.write_channel(first, datatype, draw.integers(40, 200, DAY // 256))
    with connection.cursor() as cursor:
        for statement, model in zip(_COPIES, (Channel, Chunk), strict=True):
            names = [field.column for field in model._meta.concrete_fields]
            columns = ", ".join(
                f'"{name}"' for name in names if name not in ("id", "record_id", "start")
            )
            keys: dict[str, Any] = {"first": first.pk, "others": [each.pk for each in others]}
            cursor.execute(statement.format(columns=columns), keys)
        cursor.execute("VACUUM ANALYZE")
    return int(user.pk)


def main() -> None:
    with demo_store():
        from django.core.wsgi import get_wsgi_application

        user, app, login = fill(), get_wsgi_application(), basic(*LOGIN)
        metrics = ",".join(map(str, METRICS))

        def report(days: int, more: str = "") -> Callable[[], bytes]:
            end = START + days * DAY
            path = f"/api/report/?user={user}&start={START}&end={end}&include_metrics={metrics}"
            return lambda: get(path + more, login, app)

        works = {
            "one day": report(1),
            "a year": report(DAYS),
            "a year by day": report(DAYS, "&group_by=day"),
        }
        show("wall time", cpu_in_turn(works, 5, 3, time.perf_counter), "one day")
        show("CPU of this process", cpu_in_turn(works, 5, 3), "one day")


if __name__ == "__main__":
    main()
