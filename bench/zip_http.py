"""The archive of a day with every channel over HTTP, against the same bytes as a static file.

One process of our web server answers on a socket, and this one reads. What is printed is the time
on the wall per archive, and megabytes a second; PostgreSQL, the server and the reader share the
cores of the machine.
"""

from __future__ import annotations

from time import perf_counter

from bench.data_edf import LOGIN, RECORD
from bench.day import day_record
from bench.harness import basic, cpu_in_turn

PATH = f"/api/data/?record={RECORD}&format=zip&datatype__gte=0"
ROUNDS = 7
ARCHIVE, STATIC = "a ZIP archive", "its bytes, a static file"


def main() -> None:
    """Print the time of each, and their ratio."""
    from bench.served import served_demo

    with served_demo(fill) as (server, ready):
        login = basic(*LOGIN)
        archive = server.get(PATH, login)
        ready.write_bytes(archive)
        works = {
            ARCHIVE: lambda: server.get(PATH, login),
            STATIC: lambda: server.get("/file/", login),
            "its bytes, in memory": lambda: server.get("/ready/", login),
        }
        spent = cpu_in_turn(works, ROUNDS, 1, perf_counter)
        size = len(archive) / 1e6
        print(f"{size:.0f} MB over HTTP, on the wall")
        for name, milliseconds in spent.items():
            print(f"  {name:<44} {milliseconds:8.1f} ms   {size / milliseconds * 1000:6.0f} MB/s")
        ratio = spent[STATIC] / spent[ARCHIVE]
        print(f"  throughput of the archive against the file {ratio:6.3f} x")


def fill() -> None:
    """A record of 24 hours with every channel."""
    from apps.accounts.models import User

    day_record(User.objects.get(username=LOGIN[0]), RECORD)


if __name__ == "__main__":
    main()
