"""/readyz: which check failed."""

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from apps.sandbox import store

pytestmark = pytest.mark.django_db


def failed(client: Client) -> str:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    return str(answer.json()["failed"])


def test_a_seeded_store_is_ready(client: Client) -> None:
    store.begin_store("empty", None, lambda _: None)
    assert client.get("/readyz").status_code == 200


def test_an_unseeded_store_is_not(client: Client) -> None:
    assert failed(client) == "seed"


def test_nor_is_one_with_migrations_to_come(client: Client) -> None:
    newest = MigrationLoader(connection).graph.leaf_nodes("sandbox")[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    assert failed(client) == "migrations"


def test_nor_one_without_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    assert failed(client) == "database"
