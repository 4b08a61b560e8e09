"""Schemathesis against a demo world of its own: what the OpenAPI document says must hold.

`python -m tests.documents.fuzz [--seconds N] [OPTION ...]` does it for long (bin/fuzz); other
options go to schemathesis. With `--sweep` it asks instead for every order and filter by every
path of links, which no random text finds. With `--files N` each test that reads damaged activity
files (tests/exchange/damage.py) reads N of them, and `--schedules N` compares schedules of studies
with what rrule says of them; neither needs a server.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import django
import requests

from tests.embedded import remove_home, throwaway_home
from tests.live import ROOT, Live
from tests.studies import second_opinion

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""Values are read liberally here, as Tastypie does: whether a wrong one is refused is no check."""


def command(document: str, *options: str) -> list[str]:
    """The run of schemathesis on a document, as the demo athlete, with links followed."""
    return [
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", document),
        *("--auth", "athlete@example.com:athlete"),
        *("--checks", ",".join(CHECKS)),
        *("--warnings", "off"),
        "--continue-on-failure",
        *options,
    ]


def read_damaged_files(count: int, *options: str) -> int:
    """Run the tests that read damaged files; return the exit status of pytest."""
    run = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/exchange", "-k", "damage"]
    environment = {**os.environ, "HEXOSTORE_DAMAGED_FILES": str(count)}
    return subprocess.run([*run, *options], cwd=ROOT, env=environment, check=False).returncode


def sweep_all(base: str, depth: int) -> int:
    """Ask for every path of at most `depth` links; return 1 if the server failed anywhere."""
    statuses: Counter[int] = Counter()
    with requests.Session() as session:
        session.auth = "athlete@example.com", "athlete"
        for name, query in _every_query(depth):
            answer = session.get(f"{base}/api/{name}/?limit=1&{query}", timeout=60)
            statuses[answer.status_code] += 1
            if answer.status_code >= 500:
                print(answer.status_code, answer.url)  # noqa: T201
    print(statuses.total(), "orders and filters:", dict(sorted(statuses.items())))  # noqa: T201
    return int(any(status >= 500 for status in statuses))


def _every_query(depth: int) -> Iterator[tuple[str, str]]:
    """The queries of all resources, which need their declarations and no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
    django.setup()
    import_module("hexostore.urls")
    from tests.api import sweep

    yield from sweep.FAILED_ONCE
    for found in sweep.resources():
        yield from ((found.name, query) for query in sweep.queries(found, depth))


def compare_schedules(number: int) -> int:
    """Compare random schedules with the second opinion; return 1 if any of them differs."""
    found = second_opinion.differences(range(number))
    print("\n".join([*found, f"{number} schedules, {len(found)} differences"]))  # noqa: T201
    return int(bool(found))


def main() -> int:
    """Runs for the seconds asked for; gives the exit status of schemathesis, 0 for no finding."""
    parser = argparse.ArgumentParser(prog="bin/fuzz", description="Try what the API answers.")
    parser.add_argument("--seconds", type=int, default=600, help="how long to try (600)")
    parser.add_argument("--schedules", type=int, help="compare schedules with rrule instead")
    parser.add_argument("--sweep", action="store_true", help="try every path of links instead")
    parser.add_argument("--files", type=int, help="read so many damaged files per test instead")
    parser.add_argument("--depth", type=int, default=3, help="links that a path may have (3)")
    asked, options = parser.parse_known_args()
    if asked.files:
        return read_damaged_files(asked.files, *options)
    if asked.schedules is not None:
        return compare_schedules(asked.schedules)
    home = throwaway_home()
    served = Live(home).start()
    try:
        if asked.sweep:
            return sweep_all(served.base, asked.depth)
        lasting = "--max-time", str(asked.seconds)
        run = command(f"{served.base}/api/openapi.json", *lasting, *options)
        return subprocess.run(run, cwd=ROOT, check=False).returncode
    finally:
        served.stop()
        remove_home(home)


if __name__ == "__main__":
    sys.exit(main())
