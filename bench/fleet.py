"""A fleet of shirts that are synchronized in the evening: what one machine takes, and what follows
for more.

Some thousand people come home around six. Each puts the shirt on its dock, and a gateway loads an
hour of all channels; then their application waits until the record is complete and shows it: the
account, lists, metrics, thinned data, and a new range. Every tenth downloads the whole record.

A part of the fleet (`--scale`) synchronizes at the rate of the busiest minutes, at random moments
that do not wait for each other, against the real server with its worker and a PostgreSQL that
waits for the disk. Printed are the times from the dock to the complete record and those of the
requests, the CPU of a synchronization by who used it, and what the whole fleet would need.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import threading
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from math import pi, sqrt
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, process_time, sleep
from typing import Any
from urllib.parse import urlsplit

from bench.day import SLOW, START, day_record
from bench.harness import basic, demo_store, get
from bench.served import cpu_of, postmaster, served_program

HOUR = 3_600
PATTERNS = 4
"""Recordings with different values; each shirt brings one of them."""

FIRST_PATTERN = 98_000_001
METRICS = "1,4,12,17,44,71,149"
CLIENTS = 64
PATIENCE = 300.0
"""Seconds that an application waits for a record to be complete."""

POLL = 1.0
DOWNLOADS = 10
"""One of so many applications downloads the whole record."""


@dataclass(frozen=True)
class Person:
    """Somebody with a shirt, and the token of their application."""

    key: int
    token: str


@dataclass
class Measured:
    """What has been seen so far; several threads add to it."""

    requests: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    syncs: list[float] = field(default_factory=list)
    loading: float = 0.0
    incomplete: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_request(self, kind: str, status: int, seconds: float) -> None:
        with self.lock:
            self.requests.setdefault(kind, []).append(seconds)
            self.statuses[f"{status // 100}xx"] += 1

    def add_sync(self, seconds: float, loading: float, *, complete: bool) -> None:
        with self.lock:
            self.loading += loading
            if complete:
                self.syncs.append(seconds)
            else:
                self.incomplete += 1


class Application:
    """The application of a person, with one connection that it keeps open."""

    def __init__(self, base: str, person: Person, measured: Measured) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE)
        self._headers = {"Authorization": f"Bearer {person.token}"}
        self._person, self._measured = person, measured

    def show(self, record: int, *, download: bool) -> bool:
        """Do what applications do after a synchronization. Return whether the record became
        complete."""
        with closing(self._connection):
            self._ask("account", "/api/account/")
            self._ask("list of records", "/api/record/?limit=20&order_by=-start")
            complete = self._wait_for(record)
            self._ask("record with metrics", f"/api/record/{record}/?include_metrics={METRICS}")
            self._ask("data, thinned", f"/api/data/?record={record}&datatype=19,33,49")
            self._make_range()
            self._ask("list of ranges", "/api/range/?limit=20&order_by=-start")
            if download:
                self._headers["Accept"] = "application/octet-stream"
                self._ask("whole record", f"/api/data/?record={record}")
            return complete

    def _wait_for(self, record: int) -> bool:
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            found = json.loads(self._ask("record", f"/api/record/{record}/"))
            if found["status"] == "complete":
                return True
            sleep(POLL)
        return False

    def _make_range(self) -> None:
        user = f"/api/user/{self._person.key}/"
        made = {"name": "Evening", "user": user, "start": START, "end": START + 900 * 256}
        self._ask("new range", "/api/range/", "POST", json.dumps(made))

    def _ask(self, kind: str, path: str, method: str = "GET", body: str | None = None) -> bytes:
        more = {} if body is None else {"Content-Type": "application/json"}
        began = perf_counter()
        self._connection.request(method, path, body, self._headers | more)
        answer = self._connection.getresponse()
        text = answer.read()
        self._measured.add_request(kind, answer.status, perf_counter() - began)
        return text


def main() -> None:
    """Print what a part of the fleet took, and what the whole one needs."""
    asked = _arguments()
    with demo_store(durable=True), TemporaryDirectory(prefix="hexostore-bench-") as folder:
        archives = _make_archives(Path(folder), asked.hours)
        people = make_people(round(_rate(asked) * asked.scale * asked.seconds * 1.5) + 10)
        with _gateway(asked.gateways) as gateway, served_program(asked.workers) as (base, pid):
            _replay(asked, Evening(base, pid, archives, people, gateway))


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shirts", type=int, default=10_000)
    parser.add_argument("--spread", type=float, default=20, help="standard deviation in minutes")
    parser.add_argument("--scale", type=float, default=0.05, help="share of the fleet replayed")
    parser.add_argument("--seconds", type=float, default=120, help="of the busiest minutes")
    parser.add_argument("--hours", type=float, default=1, help="hours that each shirt was worn")
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--gateways", type=int, default=1, help="processes that load records")
    return parser.parse_args()


def _rate(asked: Namespace) -> float:
    """Synchronizations a second of the whole fleet in its busiest minute."""
    return float(asked.shirts / (asked.spread * 60 * sqrt(2 * pi)))


@dataclass(frozen=True)
class Evening:
    """All that takes part: the server, what the shirts bring, whose they are, and who loads it."""

    base: str
    server: int
    archives: Sequence[Path]
    people: Sequence[Person]
    gateway: ProcessPoolExecutor


def _replay(asked: Namespace, evening: Evening) -> None:
    postgres = postmaster()
    before = cpu_of(evening.server), cpu_of(postgres), _stored()
    measured, draw = Measured(), Random(1)  # noqa: S311 - simulation
    rate = _rate(asked) * asked.scale
    ended: list[Future[None]] = []
    with ThreadPoolExecutor(CLIENTS) as clients:
        began, due = monotonic(), 0.0
        for number, person in enumerate(evening.people):
            due += draw.expovariate(rate)
            if due > asked.seconds:
                break
            sleep(max(0.0, began + due - monotonic()))
            ended.append(
                clients.submit(_synchronize, evening, person, number, monotonic(), measured)
            )
    for each in ended:
        each.result()
    took = monotonic() - began
    spent = {
        "gateway": measured.loading,
        "server and its worker": cpu_of(evening.server) - before[0],
        "PostgreSQL": cpu_of(postgres) - before[1],
    }
    _show_replay(asked, measured, len(ended), took)
    _show_needs(asked, spent, len(ended), _stored() - before[2])


def _synchronize(
    evening: Evening, person: Person, number: int, since: float, measured: Measured
) -> None:
    archive = evening.archives[number % len(evening.archives)]
    record, spent = evening.gateway.submit(load_archive, archive, person.key).result()
    application = Application(evening.base, person, measured)
    complete = application.show(record, download=number % DOWNLOADS == 0)
    measured.add_sync(monotonic() - since, spent, complete=complete)


def _show_replay(asked: Namespace, measured: Measured, number: int, took: float) -> None:
    print(
        f"{asked.shirts:,} shirts, worn {asked.hours:g} h, at home around six "
        f"(standard deviation {asked.spread:g} min): {_rate(asked):.2f} a second at most"
    )
    print(
        f"{asked.scale:.3f} of them: {number} in {asked.seconds:g} s, all done after {took:.0f} s, "
        f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
    )
    answers = ", ".join(f"{count} x {status}" for status, count in measured.statuses.items())
    print(f"answers {answers}; not complete within {PATIENCE:g} s: {measured.incomplete}")
    print(f"  {'seconds':<28} {'number':>8} {'median':>8} {'95 %':>8} {'most':>8}")
    _show_times("from the dock to the end", measured.syncs)
    for kind, times in measured.requests.items():
        _show_times(kind, times)


def _show_times(name: str, times: list[float]) -> None:
    if len(times) > 1:
        late = quantiles(times, n=20, method="inclusive")[-1]
        print(f"  {name:<28} {len(times):8} {median(times):8.3f} {late:8.3f} {max(times):8.3f}")


def _show_needs(asked: Namespace, spent: dict[str, float], number: int, stored: int) -> None:
    print("CPU of a synchronization")
    for name, seconds in spent.items():
        print(f"  {name:<28} {seconds / number:8.3f} s")
    each = sum(spent.values()) / number
    print(f"  {'together':<28} {each:8.3f} s")
    print(f"stored by a synchronization: {stored / number / 1e6:.2f} MB")
    print(f"for all {asked.shirts:,}")
    print(f"  cores in the busiest minute  {_rate(asked) * each:8.1f}")
    print(f"  core hours of an evening     {asked.shirts * each / HOUR:8.1f}")
    print(f"  GB of an evening             {asked.shirts * stored / number / 1e9:8.1f}")


def _make_archives(folder: Path, hours: float) -> list[Path]:
    """Downloads of recordings, as the gateway gets them: without heart rate variability, which the
    worker then computes."""
    from django.core.handlers.wsgi import WSGIHandler

    from apps.accounts.models import User
    from apps.records.models import Record
    from apps.signals.models import Channel

    owner = User.objects.get(username="athlete@example.com")
    headers = basic("athlete@example.com", "athlete") | {"Accept": "application/octet-stream"}
    made = []
    for key in range(FIRST_PATTERN, FIRST_PATTERN + PATTERNS):
        record = day_record(owner, key, round(hours * HOUR))
        Channel.objects.filter(record=record, datatype__in=SLOW).delete()
        archive = folder / f"{key}.zip"
        archive.write_bytes(get(f"/api/data/?record={key}", headers, WSGIHandler()))
        Record.objects.filter(pk=record.pk).delete()
        made.append(archive)
    return made


def make_people(number: int) -> list[Person]:
    """People with profiles, and a token for each."""
    from oauth2_provider.models import get_access_token_model

    from apps.accounts.models import Profile, User
    from apps.credentials.models import Client, Realm
    from hexostore import clock

    names = [f"fleet{each:05}@example.com" for each in range(number)]
    users = User.objects.bulk_create(User(username=name, email=name) for name in names)
    Profile.objects.bulk_create(Profile(user=user) for user in users)
    program = Client.objects.create(user=users[0], status="oauth2", name="evening")
    program.realms.set(Realm.objects.all())
    later, tokens = clock.now() + timedelta(days=1), get_access_token_model().objects
    for user in users:
        tokens.create(
            user=user, application=program, token=_token(user.pk), expires=later, scope="readwrite"
        )
    return [Person(user.pk, _token(user.pk)) for user in users]


def _token(user: int) -> str:
    return f"evening-{user}"


@contextmanager
def _gateway(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that load records into the store, as the gateway of shirts does."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _set_up) as gateway:
        yield gateway


def _set_up() -> None:
    import logging

    import django

    django.setup()
    logging.disable(logging.INFO)


def load_archive(archive: Path, user: int) -> tuple[int, float]:
    """Load a record for a user. Return its id, and the seconds of CPU that it took."""
    from apps.accounts.models import User
    from apps.archives import loading

    began = process_time()
    report = loading.load_place(archive, User.objects.get(pk=user))
    return report.records[0].record, process_time() - began


def _stored() -> int:
    """Bytes of the tables of the store, with their indexes."""
    found: int = _value("SELECT pg_database_size(current_database())")
    return found


def _value(statement: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main()
