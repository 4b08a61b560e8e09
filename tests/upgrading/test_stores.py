"""Stores of earlier versions are upgraded, keep what is in them, and answer as they did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.databases import database
from tests.embedded import remove_home, throwaway_home
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


Table = dict[str, list[Any]]


@dataclass(frozen=True)
class Upgraded:
    """What was in a store before and after its upgrade, and what it then answered."""

    version: str
    refused: str
    before: dict[str, Table]
    after: dict[str, Table]
    answers: dict[str, Any]


@pytest.fixture(scope="module", params=kept.versions())
def upgraded(request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    """The store of that version, in a database beside the one of the tests, upgraded once."""
    version, home = str(request.param), throwaway_home()
    with database(f"upgrading_{version.replace('.', '_')}") as url:
        kept.restore(version, url)
        store = Live(home, environment={"DATABASE_URL": url})
        refused = store.run("key", "list").stderr
        before = contents(url)
        done = store.run("upgrade")
        assert done.returncode == 0, done.stderr
        after = contents(url)
        store.start()
        answers = kept.ask(store.base)
        store.stop()
        yield Upgraded(version, refused, before, after, answers)
    remove_home(home)


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


def test_commands_say_that_it_is_of_an_earlier_version(upgraded: Upgraded) -> None:
    (line,) = upgraded.refused.splitlines()
    assert line.endswith("earlier version. Upgrade it with: hexostore upgrade, or serve")


def test_everything_in_it_is_kept(upgraded: Upgraded) -> None:
    before, after = upgraded.before, upgraded.after
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


def test_it_answers_as_it_did(upgraded: Upgraded) -> None:
    now, then = upgraded.answers, kept.answers(upgraded.version)
    differing = {path for path in then if then[path] != now[path]}
    assert {path for path in differing if not any(name in path for name in OTHERWISE)} == set()
