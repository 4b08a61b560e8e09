"""How many requests a second one machine answers: the product's own server with two web processes,
asked by clients that keep their connections open.

Clients are processes that send the same bytes again and again and only count what comes back; they
share the cores with the server, so requests a second are fewer than without them. The CPU of the
server and of PostgreSQL for a request says what a core would do that has nothing else to do.
"""

from __future__ import annotations

import multiprocessing
import socket
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from time import perf_counter
from urllib.parse import urlsplit

from bench.data_http import ECG
from bench.day import START, day_record
from bench.fleet import make_people
from bench.harness import demo_store
from bench.served import cpu_of, postmaster, served_program

RECORD, SECONDS = 97_000_001, 3_600
MIDDLE = START + SECONDS * 128
PATHS = {
    "a probe": "/livez",
    "the account": "/api/account/",
    "one record": f"/api/record/{RECORD}/",
    "20 records": "/api/record/?limit=20",
    "20 ranges": "/api/range/?limit=20",
    "an hour of heart rate": f"/api/data/?record={RECORD}&datatype=19",
    "10 s of ECG": f"/api/data/?record={RECORD}&datatype={ECG}&start={MIDDLE}&end={MIDDLE + 2560}",
}


def main() -> None:
    """Print requests a second, and what one costs."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5, help="for each kind of request")
    asked = parser.parse_args()
    with demo_store(durable=True):
        (person,) = make_people(1)
        _fill(person.key)
        with served_program(asked.workers) as (base, server):
            print(f"{'':<24} {'requests/s':>10} {'server':>12} {'PostgreSQL':>12} {'a core':>12}")
            for name, path in PATHS.items():
                request = _request(path, person.token)
                _measure(name, urlsplit(base).netloc, request, asked.clients, asked.seconds, server)


def _fill(user: int) -> None:
    """An hour of all channels, and fifty records and ranges without any."""
    from apps.accounts.models import User
    from apps.records.models import Range, Record

    owner = User.objects.get(pk=user)
    day_record(owner, RECORD, SECONDS)
    times = [{"start": START + at, "end": START + at + 256} for at in range(0, 50 * 512, 512)]
    Record.objects.bulk_create(Record(user=owner, **each) for each in times)
    Range.objects.bulk_create(Range(user=owner, name="walk", **each) for each in times)


def _request(path: str, token: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", "", ""]
    return "\r\n".join(lines).encode()


def _measure(
    name: str, place: str, request: bytes, clients: int, seconds: float, server: int
) -> None:
    spent = _spent(server, postmaster())
    before = spent()
    with multiprocessing.get_context("spawn").Pool(clients) as pool:
        answered = sum(pool.starmap(ask, [(place, request, seconds)] * clients))
    web, database = (after - first for after, first in zip(spent(), before, strict=True))
    each = [web / answered * 1000, database / answered * 1000]
    print(
        f"{name:<24} {answered / seconds:10.0f} {each[0]:9.2f} ms {each[1]:9.2f} ms "
        f"{1000 / sum(each):10.0f}/s"
    )


def _spent(server: int, database: int) -> Callable[[], tuple[float, float]]:
    return lambda: (cpu_of(server), cpu_of(database))


def ask(place: str, request: bytes, seconds: float) -> int:
    """Send a request again and again for some seconds. Return how many were answered with 200."""
    host, _, port = place.partition(":")
    answered, until = 0, perf_counter() + seconds
    with socket.create_connection((host, int(port))) as connection:
        stream = connection.makefile("rb")
        while perf_counter() < until:
            connection.sendall(request)
            assert b" 200 " in stream.readline()
            stream.read(_length(iter(stream.readline, b"\r\n")))
            answered += 1
    return answered


def _length(headers: Iterator[bytes]) -> int:
    """The length of a body, when all headers have been read."""
    found = {name.lower(): value for name, _, value in (line.partition(b":") for line in headers)}
    return int(found[b"content-length"])


if __name__ == "__main__":
    main()
