"""A new store takes its tables from a file, which says what the migrations make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import Error, connection
from pytest_django import DjangoDbBlocker

from apps.sandbox import prepared, tables, upgrading
from tests.databases import connected, database, name_of
from tests.live import Live
from tests.upgrading import schema


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database."""
    with database("schema") as url:
        yield url


@pytest.fixture
def empty(url: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The same, which Django uses."""
    with django_db_blocker.unblock(), connected(name_of(url)):
        yield url


def made() -> bool:
    return prepared.make_tables(tables.find_standing().known)


def stale() -> str:
    """Return what there is to do about a file that is not what the migrations make."""
    return f"fixtures/schema.sql is not what the migrations make; write it anew: {schema.COMMAND}"


def test_it_is_what_the_migrations_make(home: Path, url: str) -> None:
    done = Live(home, environment={"DATABASE_URL": url}).run("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    assert schema.written(url) == prepared.FILE.read_text(), stale()


def test_it_stands_for_all_migrations_of_this_program(empty: str) -> None:
    assert made(), stale()


def test_a_store_made_from_it_is_as_migrated(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "call_command", lambda *_, **__: pytest.fail("migrated"))
    said: list[str] = []
    upgrading.migrate_tables(said.append)
    assert said == ["Creating the tables ..."]
    assert schema.written(empty) == prepared.FILE.read_text(), stale()
    standing = tables.find_standing()
    assert (standing.behind, standing.ahead) == ([], [])
    upgrading.migrate_tables(said.append)
    assert len(said) == 1


def test_the_next_rows_get_the_next_numbers(empty: str) -> None:
    made()
    with connection.cursor() as cursor:
        for table in ("auth_permission", "django_content_type", "django_migrations"):
            cursor.execute(f"SELECT max(id) FROM {table}")  # noqa: S608
            (highest,) = cursor.fetchone()
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
            assert cursor.fetchone() == (highest + 1,)


def test_no_two_stores_have_the_same_edition(django_db_blocker: DjangoDbBlocker) -> None:
    drawn: list[set[int]] = []
    for name in ("one", "another"):
        with database(name) as url, django_db_blocker.unblock(), connected(name_of(url)):
            made()
            with connection.cursor() as cursor:
                cursor.execute("SELECT number FROM api_edition")
                drawn.append({number for (number,) in cursor.fetchall()})
    one, another = drawn
    assert one
    assert one.isdisjoint(another)


def without_a_line(text: str) -> str:
    return text.replace("-- migration sandbox.0002_outbox", "-- ", 1)


def with_one_more(text: str) -> str:
    return text.replace("\n\n", "\n-- migration records.0999_later 0123456789abcdef\n\n", 1)


def of_another_text(text: str) -> str:
    before, line, after = text.partition("-- migration sandbox.0002_outbox ")
    return before + line + after.replace(after[:4], "0000", 1)


STALE = [without_a_line, with_one_more, of_another_text]


@pytest.mark.parametrize("change", STALE, ids=lambda change: change.__name__)
def test_a_stale_file_is_left_alone(
    empty: str, change: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = prepared.FILE.read_text()
    file = tmp_path / "schema.sql"
    file.write_text(change(text))
    assert file.read_text() != text
    monkeypatch.setattr(prepared, "FILE", file)
    assert not made()
    assert not tables.any_there()


def test_without_the_file_migrations_are_applied(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: list[str] = []
    monkeypatch.setattr(prepared, "FILE", tmp_path / "missing.sql")
    monkeypatch.setattr(upgrading, "call_command", lambda name, **_: applied.append(name))
    upgrading.migrate_tables(lambda _: None)
    assert applied == ["migrate"]


def test_a_database_in_use_is_left_alone(empty: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")
    assert not made()
    assert connection.introspection.table_names() == ["mine"]


@pytest.mark.parametrize(
    "end",
    ["SELECT 1 / 0;", "SELECT pg_terminate_backend(pg_backend_pid());"],
    ids=["an error", "a lost connection"],
)
def test_tables_are_made_as_a_whole_or_not_at_all(
    empty: str, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = prepared.FILE
    file = tmp_path / "schema.sql"
    file.write_text(usual.read_text() + end)
    monkeypatch.setattr(prepared, "FILE", file)
    with pytest.raises(Error):
        made()
    connection.close()
    assert not tables.any_there()
    monkeypatch.setattr(prepared, "FILE", usual)
    assert made()


def test_two_first_starts_at_once(home: Path, url: str) -> None:
    """Two homes with one database: one makes the store, and the other waits for it."""
    stores = [Live(home / name, ("--empty",), {"DATABASE_URL": url}) for name in ("one", "two")]
    for store in stores:
        store.home.mkdir()
    started = [
        store.popen("serve", "--json", "--port=0", "--https-port=0", "--workers=1", "--empty")
        for store in stores
    ]
    try:
        for process, store in zip(started, stores, strict=True):
            assert process.stdout is not None
            assert process.stdout.readline(), store.log()
    finally:
        for process in started:
            process.terminate()
            process.communicate(timeout=60)
    assert sorted("Creating the tables" in store.log() for store in stores) == [False, True]
