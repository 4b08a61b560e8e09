"""Loading the archive of a day with every channel, against compressing its arrays.

The archive is downloaded from this store and loaded as somebody else's record, once anew and
once again; the baseline packs the very same arrays in chunks, and does nothing else. Times are
of the clock on the wall, for PostgreSQL works in a process of its own. Then what is stored is
weighed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.day import day_record
from bench.harness import basic, demo_store, get

LOGIN = "athlete@example.com", "athlete"
RECORD, ECG = 99_000_001, 4113
ROUNDS = 3


def main() -> None:
    """Prints seconds and ratios, and the bytes of ECG and of everything."""
    with demo_store(), TemporaryDirectory(prefix="hexostore-bench-") as folder:
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import User

        owner = User.objects.get(username=LOGIN[0])
        other = User.objects.create(username="other@example.com", email="other@example.com")
        day_record(owner, RECORD)
        headers = basic(*LOGIN) | {"Accept": "application/octet-stream"}
        archive = Path(folder, "record.zip")
        archive.write_bytes(get(f"/api/data/?record={RECORD}", headers, WSGIHandler()))
        compare(archive, other)
        weigh()


def compare(archive: Path, user: Any) -> None:
    """Prints how long loading takes, anew and again, beside packing alone."""
    from apps.archives import loading
    from apps.records.models import Record

    packing = packer(RECORD)
    spent = {"compressing the arrays": best(packing)}

    def anew() -> None:
        Record.objects.filter(user=user).delete()
        loading.load_place(archive, user)

    spent["loading the archive"] = best(anew)
    spent["loading it again"] = best(lambda: loading.load_place(archive, user))
    print(f"an archive of {archive.stat().st_size / 1e6:.0f} MB")
    for name, seconds in spent.items():
        print(f"  {name:<28} {seconds:6.2f} s   {seconds / spent['compressing the arrays']:5.2f} x")


def best(work: Callable[[], object]) -> float:
    """The seconds of the fastest of some rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def packer(record: int) -> Callable[[], int]:
    """A function that packs all arrays of a record, chunk by chunk, and gives the bytes."""
    from apps.signals.models import Channel
    from apps.signals.storage import codec, reader
    from apps.signals.storage.reader import StoredChannel

    arrays: list[list[Any]] = []
    for row in Channel.objects.filter(record=record):
        source = StoredChannel(
            record, row.datatype_id, row.start, row.step or 0, row.count, row.dtype
        )
        parts = reader.sample_parts(source, range(source.count))
        if not source.step:
            parts = reader.event_parts([(source, source.start, source.start + 2**40)])
        pieces = reader.read(parts)
        arrays += ([p.values] if source.step else [p.offsets, p.values] for p in pieces)
    return lambda: sum(len(codec.pack(each)) for each in arrays)


def weigh() -> None:
    """Prints the stored bytes of the day's ECG beside those of its samples, and of all."""
    from django.db import connection

    from apps.signals.models import Channel

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(octet_length(payload)), count(*) FROM signals_chunk "
            "WHERE record_id = %s AND datatype_id = %s",
            [RECORD, ECG],
        )
        payload, chunks = cursor.fetchone()
        cursor.execute("SELECT sum(octet_length(payload)) FROM signals_chunk")
        (all_payloads,) = cursor.fetchone()
        cursor.execute("VACUUM FULL signals_chunk")
        cursor.execute("SELECT pg_total_relation_size('signals_chunk')")
        (table,) = cursor.fetchone()
    raw = 2 * Channel.objects.get(record=RECORD, datatype=ECG).count
    print(f"ECG of 24 hours: {payload} bytes in {chunks} chunks, {payload / raw:.3f} x of int16")
    print(f"the table with its index: {table} bytes for {all_payloads} of payload, "
          f"{table / all_payloads:.3f} x")  # fmt: skip


if __name__ == "__main__":
    main()
