"""Requests that are counted for Prometheus against the same ones that are not, over HTTP.

Four processes of our web server run side by side on one store, two of them with an observer, and
take turns. What is printed is CPU per request of each and the ratio. Two equal processes show how
much of it is chance.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.harness import basic, cpu_in_turn, demo_store, show
from bench.served import Served, served

LOGIN = "athlete@example.com", "athlete"
PATHS = {
    "a probe": "/livez",
    "the index": "/api/",
    "the account": "/api/account/",
    "20 records": "/api/record/?limit=20",
}
ROUNDS, TIMES = 40, 40


def main() -> None:
    """Print the comparison."""
    with demo_store(), ExitStack() as stack:
        plain = [stack.enter_context(served("hexostore.wsgi:application")) for _ in range(2)]
        os.environ["BENCH_OBSERVED"] = stack.enter_context(TemporaryDirectory())
        counted = [stack.enter_context(served("hexostore.wsgi:application")) for _ in range(2)]
        for name, path in PATHS.items():
            _compare(name, path, plain, counted)


def _compare(name: str, path: str, plain: list[Served], counted: list[Served]) -> None:
    headers = basic(*LOGIN)
    works = {}
    for number, (one, other) in enumerate(zip(plain, counted, strict=True), 1):
        works[f"{name}, not counted, {number}"] = lambda one=one: one.get(path, headers)
        works[f"{name}, counted, {number}"] = lambda other=other: other.get(path, headers)
    spent = cpu_in_turn(works, ROUNDS, TIMES, lambda: sum(map(spent_by, [*plain, *counted])))
    show(path, spent, f"{name}, not counted, 1")


def spent_by(server: Served) -> float:
    """Return the seconds of CPU of all threads of a server, finer than its ticks; Linux only."""
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


if __name__ == "__main__":
    main()
