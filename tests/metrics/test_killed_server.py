"""A served store that is killed with -9 while it derives heart rate variability."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from hexostore.postgres import Embedded
from tests.live import Live
from tests.sandbox.test_serve import wait_until_gone
from tests.signals.test_live import wait_until

LOGIN = "ann@example.com", "pw"
LF_NORM, AVNN = 273, 182
DERIVED = 318, *range(271, 280)


@pytest.fixture
def served(home: Path) -> Iterator[Live]:
    made = Live(home, ("--no-demo",)).start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def database_of(served: Live) -> str:
    """The address of the database, which goes on being the server's."""
    with Embedded(served.home) as embedded:
        return embedded.url


def simulate(served: Live) -> dict[str, Any]:
    """A rest test that came without what is derived from its beats."""
    served.run("user", "add", "--email", LOGIN[0], "--password", LOGIN[1])
    done = served.run("simulate", "--user", LOGIN[0], "--duration", "10m")
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = get(served, "record/?limit=1")["objects"][0]
    with closing(psycopg.connect(database_of(served), autocommit=True)) as connection:
        for table in ("signals_chunk", "signals_channel"):
            connection.execute(
                f"DELETE FROM {table} WHERE record_id = %s AND datatype_id = ANY(%s)",  # noqa: S608
                [made["id"], list(DERIVED)],
            )
    return made


def get(served: Live, path: str) -> Any:
    answer = requests.get(f"{served.base}/api/{path}", auth=LOGIN, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def variability(served: Live, record: int) -> Any:
    """The samples of the channels that are derived, by datatype."""
    asked = ",".join(map(str, DERIVED))
    found = get(served, f"data/?record={record}&datatype={asked}")
    return found[0]["data"] if found else {}


def is_waiting(database: str) -> bool:
    """Whether somebody waits to write chunks."""
    with closing(psycopg.connect(database, autocommit=True)) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'signals_chunk'::regclass"
        )
        return found.fetchone() is not None


def test_the_next_start_derives_what_the_killed_one_was_deriving(served: Live) -> None:
    """It is killed between computing the variability and storing the first channel of it."""
    record = simulate(served)
    key, start = record["id"], record["start"]
    assert not any(variability(served, key).values())
    database = database_of(served)
    with closing(psycopg.connect(database)) as holding:
        holding.execute("LOCK TABLE signals_chunk IN SHARE ROW EXCLUSIVE MODE")
        sent = {
            "user": record["user"],
            "start": start,
            "end": start + 300 * 256,
            "context": {"activitytype": "/api/activitytype/106/"},
        }
        made = requests.post(f"{served.base}/api/range/", json=sent, auth=LOGIN, timeout=30).json()
        wait_until(lambda: is_waiting(database))
        assert get(served, f"range/{made['id']}/")["status"] == "processing"
        served.stop(signal.SIGKILL)
    wait_until_gone(served.home)
    served.start()
    path = f"range/{made['id']}/?include_metrics={AVNN}"
    wait_until(lambda: get(served, path)["status"] == "complete")
    found = variability(served, key)
    assert {int(dataid) for dataid, samples in found.items() if samples} == set(DERIVED)
    assert all(0 < share < 100 for _, share in found[str(LF_NORM)])
    assert 0.3 < get(served, path)["metrics"][-1]["value"] < 2
