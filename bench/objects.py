"""A ZIP of 24 h of every channel with chunks in S3 on loopback, against chunks in rows.

The same record is stored twice in one store, in rows and in objects, and both are asked for in
turn, through the WSGI handler with Basic login. Times are of the clock on the wall, for the
database and S3 work in processes of their own; CPU is that of this process, of PostgreSQL and of
S3 (SeaweedFS). Then how far the resident memory grows while the archive is sent, and what storing
a record of 24 h takes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.data_edf import LOGIN, RECORD, settle, watched
from bench.day import START, day_record
from bench.harness import basic, demo_store, pieces
from tests.signals.objects.seaweed import BUCKET, S3Server, s3_server

IN_OBJECTS, AGAIN = RECORD + 1, RECORD + 2
ROUNDS = 5
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints how an archive streams, wall and CPU per archive, and the same of storing."""
    with demo_store(), s3_server() as s3:
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import User

        user = User.objects.get(username=LOGIN[0])
        os.environ.update(s3.variables())
        day_record(user, RECORD)
        with in_objects():
            day_record(user, IN_OBJECTS, start=START + 256 * 86_400 * 2)
            ask = asking(WSGIHandler())
            for key in (RECORD, IN_OBJECTS, RECORD, IN_OBJECTS):
                settle()
                print(f"record {key}:")
                watched(lambda key=key: ask(key))  # type: ignore[misc]
            works: dict[str, Callable[[], object]] = {
                "a ZIP of 24 h, chunks in rows": lambda: sum(map(len, ask(RECORD))),
                "a ZIP of 24 h, chunks in S3": lambda: sum(map(len, ask(IN_OBJECTS))),
            }
            count()
            show(works, s3, ROUNDS)
        show(storing(user), s3, 2)


def count() -> None:
    """Prints how many objects there are, and their bytes."""
    from apps.control.object_sweeping import count_stored

    found = count_stored()
    print(f"{found.objects} objects of {found.size / 1e6:.0f} MB")


def asking(app: Any) -> Callable[[int], Iterator[bytes]]:
    """A function that asks for the archive of a record."""
    login = basic(*LOGIN)
    return lambda key: pieces(f"/api/data/?record={key}&format=zip&datatype__gte=0", login, app)


def storing(user: Any) -> dict[str, Callable[[], object]]:
    """Works that store a record of 24 h anew."""
    from apps.records.models import Record

    def store() -> None:
        Record.objects.filter(pk=AGAIN).delete()
        day_record(user, AGAIN, start=START + 256 * 86_400 * 4)

    def store_in_objects() -> None:
        with in_objects():
            store()

    return {"storing 24 h in rows": store, "storing 24 h in S3": store_in_objects}


@contextmanager
def in_objects() -> Iterator[None]:
    """Store chunks in S3 meanwhile."""
    from django.conf import settings

    settings.HEXOSTORE_CHUNKS = f"s3://{BUCKET}/bench"
    try:
        yield
    finally:
        settings.HEXOSTORE_CHUNKS = ""


def show(works: dict[str, Callable[[], object]], s3: S3Server, rounds: int) -> None:
    """Prints seconds and ratios of works that are done in turn, the best of some rounds."""
    best: dict[str, list[float]] = {name: [float("inf")] * 4 for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            before = _clocks(s3)
            work()
            spent = [after - began for after, began in zip(_clocks(s3), before, strict=True)]
            best[name] = [min(pair) for pair in zip(best[name], spent, strict=True)]
    base = next(iter(best.values()))
    for name, (wall, own, database, s3_cpu) in best.items():
        print(
            f"  {name:<30} {wall:6.2f} s wall {wall / base[0]:5.2f} x   CPU {own:6.2f} s "
            f"{own / base[1]:5.2f} x, PostgreSQL {database:5.2f} s, S3 {s3_cpu:5.2f} s"
        )


def _clocks(s3: S3Server) -> list[float]:
    """Seconds: of the wall, of CPU of this process, of PostgreSQL, and of S3."""
    return [time.perf_counter(), time.process_time(), _backend(), _spent(s3.process.pid)]


def _backend() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return _spent(cursor.fetchone()[0])


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
