"""Resets of a sandbox in a row, each with a request: what a store grows by meanwhile.

    .venv/bin/python -m tests.pressure.resets --number 1000

serves a demo world of its own, and prints after each tenth of the resets the memory that its
processes do not share, their open files, the connections to PostgreSQL, the databases, and the disk
that the home takes.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter, sleep

import psycopg
import requests

from apps.control.templates import SPARES
from hexostore.postgres import Embedded
from tests.chaos.processes import descendants, read_process
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

CONTROL = {"X-HexoStore-Control": "1"}
LOGIN = "athlete@example.com", "athlete"
TIMEOUT, PATIENCE = 60.0, 60.0  # seconds
MEGABYTE = 2**20


@dataclass(frozen=True)
class Footprint:
    """What a store takes: megabytes of memory and disk, and numbers of everything else."""

    memory: float
    backends: float
    files: int
    connections: int
    databases: int
    disk: float

    def __str__(self) -> str:
        return (
            f"memory {self.memory:6.1f} MB   PostgreSQL {self.backends:6.1f} MB   "
            f"files {self.files:4}   connections {self.connections:3}   "
            f"databases {self.databases:3}   disk {self.disk:7.1f} MB"
        )


class Resetting:
    """A served store with a sandbox `r` that is reset."""

    def __init__(self, store: Live) -> None:
        self._store, self._session = store, requests.Session()
        self._session.headers.update(CONTROL)
        with Embedded(store.home) as embedded:
            self._database = embedded.url
        self._send("POST", "/_sandbox/sandboxes", json={"name": "r", "ttl": 0})
        self.spent: list[float] = []

    def reset(self, number: int) -> None:
        """Reset it so many times, with a request after each."""
        for _ in range(number):
            began = perf_counter()
            self._send("POST", "/_sandbox/sandboxes/r/reset")
            self.spent.append(perf_counter() - began)
            self._send("GET", "/~r/api/record/?limit=5", auth=LOGIN)

    def footprint(self) -> Footprint:
        """Return what the store takes, after what resets have left was dropped."""
        self._wait_until_tidy()
        pid = int(self._store.facts["pid"])
        supervisor = read_process(pid)
        assert supervisor is not None
        tree = [supervisor, *descendants(pid)]
        ours = [each for each in tree if not each.is_postgres]
        theirs = [each for each in tree if each.is_postgres]
        return Footprint(
            memory=sum(each.memory() for each in ours) / MEGABYTE,
            backends=sum(each.memory() for each in theirs) / MEGABYTE,
            files=sum(each.descriptors() for each in ours),
            connections=self._count("pg_stat_activity WHERE pid <> pg_backend_pid()"),
            databases=self._count("pg_database"),
            disk=_disk_of(self._store.home),
        )

    def _wait_until_tidy(self) -> None:
        """Wait until all copies are ready and nothing is left to drop."""
        deadline = monotonic() + PATIENCE
        while not self._is_tidy():
            assert monotonic() < deadline, "the keeper does not keep up"
            sleep(0.05)

    def _is_tidy(self) -> bool:
        ready = self._count("world WHERE role = 'spare'", "_control")
        others = "world WHERE role NOT IN ('template', 'used', 'spare')"
        return ready == SPARES and self._count(others, "_control") == 0

    def _count(self, what: str, suffix: str = "") -> int:
        name = f"{psycopg.conninfo.conninfo_to_dict(self._database)['dbname']}{suffix}"
        address = psycopg.conninfo.make_conninfo(self._database, dbname=name)
        with closing(psycopg.connect(address)) as connection:
            row = connection.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608
        assert row is not None
        return int(row[0])

    def _send(self, method: str, path: str, **more: object) -> None:
        url = self._store.base + path
        answer = self._session.request(method, url, timeout=TIMEOUT, **more)  # type: ignore[arg-type]
        answer.raise_for_status()


@contextmanager
def resetting_store() -> Iterator[Resetting]:
    """Serve a demo world of its own meanwhile, which does not wait for the disk."""
    home = throwaway_home()
    store = Live(home, environment={"HEXOSTORE_DURABLE": "0"}).start()
    try:
        yield Resetting(store)
    finally:
        store.stop()
        remove_home(home)


def _disk_of(home: Path) -> float:
    """Return the megabytes of a home, with its database wherever that lies. Files may go away
    meanwhile."""
    places = {str(home), str((home / "postgres").resolve())}
    done = subprocess.run(
        ["/usr/bin/du", "-sxk", "-c", *places], capture_output=True, text=True, check=False
    )
    return int(done.stdout.splitlines()[-1].split()[0]) / 1024


def _show(number: int, store: Resetting) -> None:
    print(f"{number:5}   {store.footprint()}", flush=True)  # noqa: T201


def main() -> None:
    """Print the footprint ten times, and how long resets take."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--number", type=int, default=1000)
    number = options.parse_args().number
    with resetting_store() as store:
        store.reset(20)
        _show(20, store)
        for tenth in range(1, 11):
            store.reset(number // 10)
            _show(20 + tenth * number // 10, store)
        spent = sorted(store.spent)
        middle, late = spent[len(spent) // 2] * 1000, spent[len(spent) * 95 // 100] * 1000
        print(f"a reset takes {middle:.1f} ms p50, {late:.1f} ms p95")  # noqa: T201


if __name__ == "__main__":
    main()
