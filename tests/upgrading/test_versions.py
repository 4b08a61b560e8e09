"""A store of an earlier version wants an upgrade, and one of a newer version is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from apps.catalog.models import Unit
from apps.sandbox import diagnosis, preparing, store, tables, upgrading
from apps.sandbox.models import Store
from apps.sandbox.store import StoreError

pytestmark = pytest.mark.django_db

COMMANDS: list[tuple[str, ...]] = [
    ("key", "list"),
    ("user", "add", "--email", "me@example.com", "--password", "secret"),
    ("load", "seed.json"),
    ("outbox",),
    ("simulate", "--user", "me@example.com"),
    ("work", "--once"),
]


def unsaid(_: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def begun() -> Store:
    return store.begin_store("empty", None, unsaid)


@pytest.fixture
def newer(begun: Store) -> None:
    """A newer version has had the store."""
    MigrationRecorder(connection).record_applied("records", "0999_of_a_later_version")


@pytest.fixture(params=["tables", "catalogue"])
def earlier(begun: Store, request: pytest.FixtureRequest) -> None:
    """An earlier version was the last to have the store."""
    if request.param == "tables":
        forget_newest_migration()
    else:
        Store.objects.update(digest="of other files")


def forget_newest_migration() -> None:
    newest = MigrationLoader(connection).graph.leaf_nodes("sandbox")[0]
    MigrationRecorder(connection).record_unapplied(*newest)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_want_an_upgrade(earlier: None, command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"earlier version\. Upgrade it with: hexostore upgrade"):
        call_command(*command)


def test_a_start_migrates(begun: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `hexostore upgrade` does; test_stores.py compares what that leaves."""
    forget_newest_migration()
    ran: list[str] = []
    monkeypatch.setattr(upgrading, "call_command", lambda name, **_: ran.append(name))
    preparing.prepare_store(None, None, unsaid)
    assert ran == ["migrate"]


def test_a_start_corrects_the_catalogue() -> None:
    store.begin_store("catalogue", None, unsaid)
    Store.objects.update(digest="of other files")
    Unit.objects.update(si_long="furlong")
    preparing.prepare_store(None, None, unsaid)
    assert store.is_current(Store.objects.get())
    assert not Unit.objects.filter(si_long="furlong").exists()


@pytest.mark.parametrize("command", [*COMMANDS, ("upgrade",)], ids=" ".join)
def test_commands_refuse_a_store_of_a_newer_version(newer: None, command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"newer version .* records\.0999_of_a_later_version"):
        call_command(*command)


def test_so_does_a_start(newer: None) -> None:
    with pytest.raises(StoreError, match="newer version"):
        preparing.prepare_store(None, None, unsaid)


@pytest.mark.parametrize(("state", "failed"), [("newer", "migrations"), ("catalogue", "catalogue")])
def test_neither_is_ready(
    begun: Store, state: str, failed: str, client: Client, request: pytest.FixtureRequest
) -> None:
    if state == "newer":
        request.getfixturevalue("newer")
    else:
        Store.objects.update(digest="of other files")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, failed)


def test_doctor_tells_of_a_newer_version(newer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "close_all", lambda: None)
    with pytest.raises(diagnosis.Problem, match="newer version"):
        diagnosis.tables_state()


@pytest.mark.parametrize(
    ("digest", "said"),
    [(None, "catalogue up to date"), ("other", "catalogue will be updated at the next")],
)
def test_doctor_tells_of_the_catalogue(
    begun: Store, monkeypatch: pytest.MonkeyPatch, digest: Any, said: str
) -> None:
    monkeypatch.setattr(connections, "close_all", lambda: None)
    if digest:
        Store.objects.update(digest=digest)
    assert said in diagnosis.tables_state()


def test_a_squashed_migration_is_known(begun: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier version applied one by one is no sign of a newer one."""
    MigrationRecorder(connection).record_applied("sandbox", "0001_before_it_was_squashed")
    newest = MigrationLoader(connection).disk_migrations["sandbox", "0002_outbox"]
    before = [("sandbox", "0001_before_it_was_squashed")]
    monkeypatch.setattr(type(newest), "replaces", before, raising=False)
    store.require_known()


def test_the_names_of_migrations_are_those_that_django_finds() -> None:
    assert tables.named_migrations() == set(MigrationLoader(connection).disk_migrations)


def test_no_migration_is_read_of_a_store_that_is_up_to_date(
    begun: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MigrationExecutor", lambda _: pytest.fail("migrations were read"))
    assert tables.find_standing() == tables.Standing([], [], {})


def test_a_store_that_was_never_begun_is_no_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "any_applied", lambda: False)
    with pytest.raises(StoreError, match=r"There is no store in .* hexostore serve"):
        store.require_begun()


@pytest.mark.parametrize("done", ["no seed", "some tables", "no table of ours"])
@pytest.mark.parametrize("command", [*COMMANDS, ("upgrade",)], ids=" ".join)
def test_an_interrupted_first_start_is_to_be_finished(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], done: str
) -> None:
    monkeypatch.setattr(upgrading, "migrate_tables", lambda _: pytest.fail("tables were made"))
    if done != "no seed":
        monkeypatch.setattr(tables, "missing_migrations", lambda: ["sandbox.0002_outbox"])
    if done == "no table of ours":
        monkeypatch.setattr(tables, "any_applied", lambda: True)
        monkeypatch.setattr(store, "require_known", lambda: None)
        monkeypatch.setattr(connection.introspection, "table_names", lambda _: [])
    text = (
        r"^There is no store in .* yet: its first start did not finish\. "
        r"Finish it with: hexostore serve$"
    )
    with pytest.raises(CommandError, match=text):
        call_command(*command)
