"""Stores made before there was OAuth keep their keys, and get the tables of the library."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("credentials", "0002_tickets"), ("bookkeeping", "0001_initial")]
AFTER = [
    ("credentials", "0003_clients"),
    ("oauth2_provider", "0022_refreshtoken_token_family_index"),
]


@pytest.fixture
def empty_schema(db: None) -> None:
    """A place without tables, gone with the transaction of the test."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA before")
        cursor.execute("SET LOCAL search_path TO before")


def migrated(targets: list[tuple[str, str]]) -> Any:
    """The models of the state that the migrations lead to."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    with connection.cursor() as cursor:  # or tables with pending checks could not be altered
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return MigrationExecutor(connection).loader.project_state(targets).apps


def rows() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, client_id, secret, name, status, user_id FROM credentials_client ORDER BY 1"
        )
        return list(cursor.fetchall())


NAMES = ["", "twice", "twice", "", "twice (2)", "x" * 100, "x" * 100]
TOLD_APART = ["", "twice", "twice (3)", "", "twice (2)", "x" * 100, "x" * 96 + " (2)"]


@pytest.mark.usefixtures("empty_schema")
def test_keys_of_earlier_stores_are_kept() -> None:
    old = migrated(BEFORE)
    user = old.get_model("accounts", "User").objects.create(username="ada", email="a@x.test")
    clients = old.get_model("credentials", "Client").objects
    for number, name in enumerate(NAMES):
        clients.create(client_id=f"key{number}", secret=f"s{number}", user=user, name=name)
    log = old.get_model("bookkeeping", "ActivityLog").objects
    log.create(method="PUT", path="/", resource_name="range", client_id=clients.first().pk)
    before = rows()

    new = migrated(AFTER)

    after = rows()
    assert [row[3] for row in after] == TOLD_APART
    assert [row[:3] + row[4:] for row in after] == [row[:3] + row[4:] for row in before]
    first = new.get_model("credentials", "Client").objects.get(client_id="key0")
    assert (first.grant_type, first.redirect_uris, first.default_realm) == ("", "", None)
    assert list(first.realms.all()) == []
    tokens = new.get_model("oauth2_provider", "AccessToken").objects
    end = datetime(2030, 1, 1, tzinfo=UTC)
    tokens.create(token_checksum="c", application_id=first.pk, expires=end)
    assert tokens.get().application_id == first.pk


@pytest.mark.usefixtures("empty_schema")
def test_the_way_back() -> None:
    migrated(AFTER)
    migrated(BEFORE[:1])
    assert rows() == []
