"""A served store that is killed with -9 in the middle of work on its sandboxes, and killed again
while it starts: it finds every sandbox whole, and drops the rest."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import requests
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests import begun_homes
from tests.control.test_served_sandboxes import ask, create, labels
from tests.live import Live
from tests.metrics.test_killed_server import database_of
from tests.sandbox.test_serve import wait_until_gone
from tests.signals.test_live import wait_until

LOGIN = "mia@example.com", "long-enough-1"
SEED = {"user": {"mia": {"username": LOGIN[0], "password": LOGIN[1]}}}
WORK = {
    "create": ("sandboxes", {"name": "two", "seed": SEED}),
    "reset": ("sandboxes/one/reset", {}),
    "fork": ("sandboxes/one/fork", {"name": "two"}),
    "snapshot": ("sandboxes/one/snapshots", {"name": "later"}),
    "restore": ("sandboxes/one/restore", {"snapshot": "kept"}),
}
_STRAY = """
    SELECT count(*) FROM world WHERE role IN ('making', 'retired', 'dropping')
    OR role IN ('used', 'snapshot')
    AND name NOT IN (SELECT world FROM sandbox UNION SELECT world FROM snapshot)
"""


@pytest.fixture
def served(home: Path) -> Iterator[Live]:
    begun_homes.fill_home(home, "empty")
    made = Live(home).start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def control_of(database: str) -> str:
    return make_conninfo(database, dbname=f"{conninfo_to_dict(database)['dbname']}_control")


def rows(address: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        return connection.execute(statement).fetchall()


def is_making(address: str) -> bool:
    return rows(address, "SELECT 1 FROM world WHERE role = 'making'") != []


def runs(address: str) -> bool:
    try:
        return rows(address, "SELECT 1") != []
    except psycopg.OperationalError:
        return False


def is_tidy(address: str) -> bool:
    """Whether every world is needed, and there is no database besides them."""
    main = str(conninfo_to_dict(address)["dbname"]).removesuffix("_control")
    named = f"SELECT datname FROM pg_database WHERE datname ~ '^{main}_[0-9a-f]{{10}}$'"  # noqa: S608
    return rows(address, _STRAY) == [(0,)] and set(rows(address, named)) == set(
        rows(address, "SELECT name FROM world")
    )


def kill_while_it_starts(served: Live, address: str) -> None:
    """As soon as its database runs."""
    wait_until_gone(served.home)
    ports = "--port", "0", "--https-port", "0", "--workers", "1"
    served.process = served.popen("serve", *ports)
    wait_until(lambda: runs(address))
    served.stop(signal.SIGKILL)
    wait_until_gone(served.home)


@pytest.mark.parametrize("work", WORK)
def test_every_sandbox_is_whole_after_a_kill(served: Live, work: str) -> None:
    create(served, name="one", seed=SEED)
    assert ask(served, "POST", "sandboxes/one/snapshots", {"name": "kept"}).status_code == 201
    address = control_of(database_of(served))
    wait_until(lambda: not is_making(address))
    path, body = WORK[work]
    with ThreadPoolExecutor(1) as pool:
        interrupted = pool.submit(ask, served, "POST", path, body)
        wait_until(lambda: is_making(address) or interrupted.done())
        served.stop(signal.SIGKILL)
        assert interrupted.exception() is None or isinstance(
            interrupted.exception(), requests.ConnectionError
        )
    kill_while_it_starts(served, address)
    served.start()
    known = {each["name"] for each in ask(served, "GET", "sandboxes").json()["sandboxes"]}
    assert {"main", "one"} <= known <= {"main", "one", "two"}
    for name in known - {"main"}:
        assert labels(f"{served.base}/~{name}", LOGIN) == set()
    restored = ask(served, "POST", "sandboxes/one/restore", {"snapshot": "kept"})
    assert restored.status_code == 200
    for name in known - {"main"}:
        assert ask(served, "POST", f"sandboxes/{name}/reset").status_code == 200
        assert labels(f"{served.base}/~{name}", LOGIN) == set()
    wait_until(lambda: is_tidy(control_of(database_of(served))))
