"""Stores of earlier versions are upgraded, keep what is in them, and answer as they did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.databases import database
from tests.live import Live
from tests.upgrading import kept

NOT_COMPARED = {
    "api_edition",  # numbers drawn by chance
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "sandbox_store",
}
"""Tables of the program itself, which every version writes as it likes."""

CATALOGUE = {
    "access_bundle", "access_sharetype", "catalog_activityattribute", "catalog_activitytype",
    "catalog_datatype", "catalog_metric", "catalog_trainingroutine", "catalog_unit",
    "fitness_kpi", "fitness_population",
}  # fmt: skip
"""Tables whose rows are corrected, but those that people have made."""

WIDENED = "credentials_client", "default_realm_id"
"""The column that an upgrade changes in the clients of the demo world."""

RENAMED = {
    "credentials_mark": "credentials_forcedfailure",
    "credentials_tally": "credentials_ratecounter",
    "credentials_ticket": "credentials_onetimetoken",
    "credentials_mark.text": "failure",
    "credentials_client.mark": "forced_failure",
    "access_bundlepermissionrequest.ticket_id": "one_time_token_id",
}
"""The tables and columns that have another name by now."""

OWN = {"catalog_activitytype": (998, 999), "catalog_trainingroutine": (1019,)}
"""Rows in the tables of the catalogue that people made in the stores that are kept."""


OTHERWISE = {
    "/api/oauthclient/": "the clients of the demo world ask for readwrite",
    "/api/unit/": "meter, step and second have the ids of the service",
    "/api/metric/": "names, titles and zones are those of captures",
    "/api/range/": "its metrics show these names and units",
    "/api/record/": "it has histograms",
    "/api/sharetype/": "calendars can be shared",
}
"""What is answered otherwise on purpose, and why."""


@pytest.fixture(params=kept.versions())
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(version: str) -> Iterator[str]:
    """A database with the store of that version, beside the one of the tests."""
    with database(f"upgrading_{version.replace('.', '_')}") as url:
        kept.restore(version, url)
        yield url


@pytest.fixture
def store(home: Path, url: str) -> Live:
    """The store, for the commands of this version."""
    return Live(home, environment={"DATABASE_URL": url})


Table = dict[str, list[Any]]


def contents(url: str) -> dict[str, Table]:
    """All tables: of each the rows, sorted, by the name of a column."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name: rows(connection, name) for (name,) in names if name not in NOT_COMPARED}


def rows(connection: psycopg.Connection[Any], table: str) -> Table:
    query = sql.SQL("SELECT * FROM {} AS t ORDER BY t::text").format(sql.Identifier(table))
    cursor = connection.execute(query)
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    by_key = sorted(cursor.fetchall(), key=lambda row: repr(row[0]))
    return {name: [row[at] for row in by_key] for at, name in enumerate(names)}


def test_everything_in_it_is_kept(store: Live, url: str) -> None:
    before = contents(url)
    done = store.run("upgrade")
    assert done.returncode == 0, done.stderr
    after = contents(url)
    for table in before.keys() - CATALOGUE:
        for column, values in before[table].items():
            now = renamed(after, table, column)
            assert (table, column) == WIDENED or now == values, (table, column)
    clients, realms = after["credentials_client"], after["credentials_realm"]
    usual = [cell(clients["default_realm_id"], clients, key) for key in (1, 2, 3, 4)]
    assert [cell(realms["name"], realms, key) for key in usual] == [
        *["readonly"] * 2,
        *["readwrite"] * 2,
    ]
    for table, keys in OWN.items():
        for column, values in before[table].items():
            for key in keys:
                old, new = (values, before[table]), (after[table][column], after[table])
                assert cell(*old, key) == cell(*new, key), (table, column)


def renamed(after: dict[str, Table], table: str, column: str) -> list[Any]:
    """A column of an upgraded store, by the names of the earlier one."""
    return after[RENAMED.get(table, table)][RENAMED.get(f"{table}.{column}", column)]


def cell(values: list[Any], table: Table, key: int) -> Any:
    return values[table["id"].index(key)]


def test_it_answers_as_it_did(store: Live, version: str) -> None:
    refused = store.run("key", "list")
    (line,) = refused.stderr.splitlines()
    assert line.endswith("earlier version. Upgrade it with: hexostore upgrade, or serve")
    store.start()
    now, then = kept.ask(store.base), kept.answers(version)
    store.stop()
    differing = {path for path in then if then[path] != now[path]}
    assert {path for path in differing if not any(name in path for name in OTHERWISE)} == set()
