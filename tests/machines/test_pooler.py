"""PgBouncer in front of the database: what a server needs of it, and what it says without."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep

import pytest
import requests

from hexostore.database.pooler import PoolError, require_pool, require_session
from hexostore.direct import direct_url
from tests import databases
from tests.machines.several import SECRET_KEY, served
from tests.machines.test_agreement import a_database, refused
from tests.pooler import Pooler, pooler

PATIENCE = 60.0


@pytest.fixture(scope="module")
def pool() -> Iterator[Pooler]:
    with pooler(direct_url()) as found:
        yield found


def test_a_pooler_alone_is_refused_with_what_to_set(pool: Pooler) -> None:
    with a_database() as url:
        pooled = pool.url(databases.name_of(url))
        said = refused("--web-only", environment={"DATABASE_URL": pooled})
        assert "DATABASE_URL leads through a pooler in transaction mode" in said
        assert "Set DATABASE_DIRECT_URL to the same database without the pooler" in said
        both = {"DATABASE_URL": pooled, "DATABASE_DIRECT_URL": pooled}
        said = refused("--web-only", environment=both)
        assert "DATABASE_DIRECT_URL leads through a pooler" in said
        said = refused("--web-only", environment={"DATABASE_DIRECT_URL": url})
        assert "DATABASE_DIRECT_URL is set, and DATABASE_URL is not" in said


def test_what_is_no_pooler_in_transaction_mode() -> None:
    require_session(direct_url(), "DATABASE_URL")
    with a_database() as url, pooler(direct_url(), mode="session") as pool:
        require_session(pool.url(databases.name_of(url)), "DATABASE_URL")


def test_the_pooler_must_lead_to_the_same_database(pool: Pooler) -> None:
    with a_database() as url:
        name = databases.name_of(url)
        with pytest.raises(PoolError, match="must name the same one"):
            require_pool(pool.url(name), "another", 30, pytest.fail)
        with pytest.raises(PoolError, match="does not answer"):
            require_pool(pool.url("there_is_none"), "there_is_none", 30, pytest.fail)


def test_a_pooler_without_a_limit_for_statements_is_told(pool: Pooler) -> None:
    """That of the tests has 30 s, as the documents have."""
    with a_database() as url:
        name, said = databases.name_of(url), list[str]()
        for limit in (0, 30, 60):
            require_pool(pool.url(name), name, limit, pytest.fail)
        require_pool(pool.url(name), name, 10, said.append)
        (line,) = said
        assert line.startswith("Through the pooler, statements may run 30 s. ")
        assert "SET statement_timeout = '10s'" in line


def test_requests_are_503_while_the_pooler_is_away_and_served_again_after_it() -> None:
    with a_database() as url, pooler(direct_url()) as pool:
        given = {
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": pool.url(databases.name_of(url)),
            "DATABASE_DIRECT_URL": url,
        }
        with served("--web-only", "--empty", environment=given) as live:
            ready, lists = f"{live.base}/readyz", f"{live.base}/api/unit/"
            assert requests.get(lists, auth=("a", "b"), timeout=60).status_code == 401
            pool.stop()
            failed = requests.get(ready, timeout=60)
            assert failed.json() == {"status": "unavailable", "failed": "database"}
            answer = requests.get(lists, auth=("a", "b"), timeout=60)
            assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
            pool.start()
            deadline = monotonic() + PATIENCE
            while requests.get(ready, timeout=60).status_code != 200:
                assert monotonic() < deadline
                sleep(0.1)
            assert requests.get(lists, auth=("a", "b"), timeout=60).status_code == 401
