"""EDF of a 24 h record of every channel, against reading the same chunks without formatting.

Both run in this process, the file through the WSGI handler with Basic login and unread bodies
thrown away. What is printed is CPU of this process, the size, the time until the first byte and
how far the resident memory grows while the file is sent; last for the file without `datatype`.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.day import day_record
from bench.harness import basic, cpu_in_turn, demo_store, get, pieces, show

LOGIN = "athlete@example.com", "athlete"
RECORD = 99_000_002
USUAL = f"/api/data/?record={RECORD}&format=edf"
PATH = f"{USUAL}&datatype__gt=0"


def chunks() -> Iterator[Any]:
    """Every chunk of the record, unpacked."""
    from apps.signals.models import Channel
    from apps.signals.storage import reader

    rows = Channel.objects.filter(record=RECORD)
    sources = [
        reader.StoredChannel(
            RECORD, row.datatype_id, row.start, row.step or 0, row.count, row.dtype
        )
        for row in rows
    ]
    events = [(source, -(2**62), 2**62) for source in sources if not source.step]
    parts = [part for s in sources if s.step for part in reader.sample_parts(s, range(s.count))]
    return reader.read([*parts, *reader.event_parts(events)])


def resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def settle() -> None:
    """Gives back to the system what was used to make the record."""
    ctypes.CDLL(None).malloc_trim(0)


def watched(ask: Callable[[], Iterator[bytes]]) -> None:
    """Takes a body in and prints its size, the first byte's time and the growth of memory."""
    before, most, size, began = resident(), 0.0, 0, time.perf_counter()
    first, cpu = 0.0, time.process_time()
    for piece in ask():
        if not size:
            first, cpu = time.perf_counter() - began, time.process_time() - cpu
        size += len(piece)
        most = max(most, resident())
    spent = time.perf_counter() - began
    print(
        f"  {size / 1e6:.0f} MB in {spent:.2f} s: {size / spent / 1e6:.0f} MB/s, "
        f"first byte after {first * 1000:.0f} ms ({cpu * 1000:.0f} ms CPU), "
        f"memory {most - before:+.0f} MB"
    )


def main() -> None:
    """Prints CPU per file, its ratio to reading, and how it streams."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import User

        day_record(User.objects.get(username=LOGIN[0]), RECORD)
        app, login = WSGIHandler(), basic(*LOGIN)
        works: dict[str, Callable[[], object]] = {
            "an EDF file": lambda: sum(map(len, pieces(PATH, login, app))),
            "its chunks, read only": lambda: sum(1 for _ in chunks()),
        }
        get(f"/api/data/?record={RECORD}&datatype=19&max_values=1", login, app)
        for _ in range(3):
            settle()
            watched(lambda: pieces(PATH, login, app))
        settle()
        watched(lambda: pieces(USUAL, login, app))
        spent = cpu_in_turn(works, rounds=3, times=1)
        show("EDF of 24 h of 53 channels", spent, "its chunks, read only")


if __name__ == "__main__":
    main()
