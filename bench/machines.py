"""Several web servers on one database: through PgBouncer against direct, two groups against one.

Real servers, each with one web process. CPU is that of their web processes, per request for a list
of 20 records with Basic, in turns. Throughput is wall time of clients on the same machine, so the
cores are shared by clients, servers, PgBouncer and PostgreSQL.
"""

from __future__ import annotations

import http.client
import os
import statistics
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.harness import show

if TYPE_CHECKING:
    from tests.live import Live

HEADERS = {"Authorization": f"Basic {b64encode(b'athlete@example.com:athlete').decode()}"}
PATH = "/api/record/?limit=20&x={}"
ROUNDS, TIMES, CLIENTS = 7, 150, 8


def main() -> None:
    """Print all of it."""
    import django

    from hexostore.postgres import Embedded
    from tests.embedded import remove_home, throwaway_home

    home = throwaway_home()
    os.environ |= {"HEXOSTORE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "hexostore.settings"}
    try:
        with Embedded(home, durable=False) as embedded:
            os.environ["DATABASE_URL"] = embedded.url
            django.setup()
            _measure(embedded.url)
    finally:
        remove_home(home)


def _measure(url: str) -> None:
    from tests.machines.several import SECRET_KEY, served

    given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "HEXOSTORE_LOG_LEVEL": "ERROR"}
    with served(environment=given) as alone:
        files = _cpu_in_turn({"alone": alone})["alone"]
    with (
        served("--jobs-only", environment=given),
        served("--web-only", environment=given) as first,
        served("--web-only", environment=given) as second,
        _through_pooler(url, given) as pooled,
    ):
        places = {"direct": first} | ({"pooled": pooled} if pooled else {})
        spent = _cpu_in_turn(places)
        spent["a server that does everything"] = files
        shown = {name: 1000 * seconds for name, seconds in spent.items()}
        show("a list of 20 records, CPU of the server", shown, "direct")
        _compare_groups([first], [first, second])


@contextmanager
def _through_pooler(url: str, given: dict[str, str]) -> Iterator[Live | None]:
    """Serve through PgBouncer; None if there is none."""
    from tests.machines.several import served
    from tests.pooler import PROGRAM, pooler

    if PROGRAM is None:
        yield None
        return
    with pooler(url) as pool:
        more = {"DATABASE_URL": pool.url("hexostore"), "DATABASE_DIRECT_URL": url}
        with served("--web-only", environment=given | more) as pooled:
            yield pooled


def _cpu_in_turn(places: dict[str, Live]) -> dict[str, float]:
    """Return the seconds of CPU per request of each server: the median of some rounds."""
    spent: dict[str, list[float]] = {name: [] for name in places}
    for round_ in range(1 + ROUNDS):  # the first warms up
        for name, live in places.items():
            before = _cpu_of_children(live)
            _ask(live, range(round_ * TIMES, (round_ + 1) * TIMES))
            if round_:
                spent[name].append((_cpu_of_children(live) - before) / TIMES)
    return {name: statistics.median(rounds) for name, rounds in spent.items()}


def _ask(live: Live, numbers: Sequence[int]) -> None:
    """Ask for lists that nobody has asked for before, on one connection."""
    connection = http.client.HTTPConnection(urlsplit(live.base).netloc, timeout=60)
    for number in numbers:
        connection.request("GET", PATH.format(number), headers=HEADERS)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    connection.close()


def _cpu_of_children(live: Live) -> float:
    """Return the seconds of CPU that the processes of a server have used."""
    assert live.process is not None
    pid = live.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(_cpu_of, children))


def _cpu_of(pid: str) -> float:
    """Return the seconds of CPU of a process that runs our program."""
    if Path(f"/proc/{pid}/comm").read_text().startswith("postgres"):
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _compare_groups(one: list[Live], two: list[Live]) -> None:
    """Print how many requests a second one and two groups of web processes answer, in turns."""
    found: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for group in (one, two):
            found[len(group)].append(_throughput(group))
    first, second = (statistics.median(found[number]) for number in (1, 2))
    cores = os.cpu_count()
    print(f"one group {first:.0f} requests a second, two {second:.0f}: {second / first:.2f} times")
    print(f"on {cores} cores, which {CLIENTS} clients and PostgreSQL share")


def _throughput(group: list[Live]) -> float:
    began = perf_counter()
    share = TIMES // 2
    with ThreadPoolExecutor(CLIENTS) as pool:
        work = [
            pool.submit(
                _ask, group[client % len(group)], range(client * share, (client + 1) * share)
            )
            for client in range(CLIENTS)
        ]
        for each in work:
            each.result()
    return CLIENTS * share / (perf_counter() - began)


if __name__ == "__main__":
    main()
