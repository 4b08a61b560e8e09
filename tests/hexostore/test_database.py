"""Connections that end between two requests: the next request is served, and nothing is done twice.

`between` stands for the end of one request and the beginning of the next, `killed` for somebody
who ends the connection. A `blind` look at the socket sees nothing, as where a connection ends a
moment later or a network loses it without a word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any, cast

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from apps.accounts.models import User
from apps.api.models import Edition
from apps.records.models import Label
from hexostore import settings
from hexostore.database import base, idle
from hexostore.database.chosen import ChosenDatabase, in_database
from hexostore.database.raw import raw_cursor
from tests.databases import another_connection, database, name_of
from tests.people import Caller, owner

__all__ = ["owner"]

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30.0


@pytest.fixture(autouse=True)
def _connected() -> None:
    connection.ensure_connection()


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "has_ended", lambda _: False)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that this process sends to the database, by whatever cursor."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def listen(self: Any, query: Any, *rest: Any, **named: Any) -> Any:
        sent.append(str(query))
        return execute(self, query, *rest, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", listen)
    return sent


@pytest.fixture
def other() -> Iterator[psycopg.Connection[Any]]:
    """A second connection to the database of the test."""
    with another_connection(autocommit=True) as found:
        yield found


def pid() -> int:
    return int(connection.connection.info.backend_pid)


def between() -> None:
    connection.close_if_unusable_or_obsolete()


def kill(other: psycopg.Connection[Any]) -> int:
    """Have PostgreSQL end our connection, and return its number once it is gone."""
    ended = pid()
    other.execute("SELECT pg_terminate_backend(%s)", [ended])
    deadline = monotonic() + PATIENCE
    while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [ended]).fetchone():
        assert monotonic() < deadline, "the connection does not end"
        sleep(0.002)
    while is_running(ended):  # until it is, our socket may not say so
        assert monotonic() < deadline, "the process of the connection does not end"
        sleep(0.002)
    return ended


def is_running(process: int) -> bool:
    """Whether this machine has such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def label(owner: Caller, name: str) -> Any:
    return owner.post("/api/label/", {"name": name, "user": owner.user.pk})


def test_a_request_asks_no_connection_whether_it_lives(
    owner: Caller, statements: list[str]
) -> None:
    label(owner, "one")
    for _ in range(2):
        owner.get("/api/label/")
    statements.clear()
    between()
    assert owner.get("/api/label/").status_code == 200
    assert len(statements) == 2, statements  # the login and the edition


def prepared() -> list[str]:
    """The statements that the database has planned for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_what_every_request_asks_is_prepared_once(owner: Caller) -> None:
    path = label(owner, "one").json()["resource_uri"]
    connection.close()
    for _ in range(4):
        assert owner.get(path).status_code == 200
    login, detail = sorted(prepared(), key=lambda statement: "records_label" in statement)
    assert "accounts_user" in login
    assert "records_label" in detail


def test_a_prepared_statement_outlives_a_new_column(owner: Caller) -> None:
    path = label(owner, "one").json()["resource_uri"]
    for _ in range(3):
        owner.get(path)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user ADD COLUMN shoe integer")
    try:
        assert owner.get(path).status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_user DROP COLUMN shoe")


def test_nothing_is_prepared_behind_a_pooler(
    owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = label(owner, "one").json()["resource_uri"]
    monkeypatch.setattr(settings, "HEXOSTORE_PREPARED_STATEMENTS", False)
    options = cast(dict[str, Any], settings.database_entry("postgresql:///any")["OPTIONS"])
    kept = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {**kept, **options})
    connection.close()
    try:
        for _ in range(4):
            assert owner.get(path).status_code == 200
        assert prepared() == []
    finally:
        connection.close()


@pytest.mark.parametrize("sight", ["seen", "unseen"])
def test_requests_after_a_killed_connection_are_served(
    owner: Caller,
    other: psycopg.Connection[Any],
    sight: str,
    request: pytest.FixtureRequest,
) -> None:
    made = label(owner, "before").json()
    if sight == "unseen":
        request.getfixturevalue("blind")
    ended = kill(other)
    between()
    assert owner.get("/api/label/").status_code == 200
    assert pid() != ended
    kill(other)
    between()
    assert label(owner, "after").status_code == 201
    kill(other)
    between()
    assert owner.patch(made["resource_uri"], {"name": "later"}).status_code == 202
    assert sorted(Label.objects.values_list("name", flat=True)) == ["after", "later"]


def test_a_first_write_outside_of_a_transaction_is_never_repeated(
    blind: None, other: psycopg.Connection[Any]
) -> None:
    kill(other)
    between()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("INSERT INTO api_edition VALUES ('once', 0, 1)")
    between()
    assert not Edition.objects.filter(table="once").exists()


def test_a_first_write_on_a_connection_that_has_ended_is_done_once(
    other: psycopg.Connection[Any],
) -> None:
    kill(other)
    between()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO api_edition VALUES ('once', 0, 1)")
    assert Edition.objects.filter(table="once").count() == 1


@pytest.mark.parametrize("sight", ["seen", "unseen"])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_block_that_has_only_begun_goes_on(
    other: psycopg.Connection[Any], sight: str, depth: int, request: pytest.FixtureRequest
) -> None:
    if sight == "unseen":
        request.getfixturevalue("blind")
    kill(other)
    between()
    committed: list[str] = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append("outer"))
        if depth == 2:
            with transaction.atomic():
                Edition.objects.create(table="inner", backend=0, number=1)
        Edition.objects.create(table="outer", backend=0, number=1)
        assert connection.in_atomic_block
        assert not connection.get_autocommit()
    assert committed == ["outer"]
    assert connection.get_autocommit()
    assert Edition.objects.filter(table__in=["inner", "outer"]).count() == depth


@transaction.atomic
def change_their_mind() -> None:
    Edition.objects.create(table="gone", backend=0, number=1)
    raise ValueError("changed their mind")


def test_a_block_that_goes_on_is_rolled_back_whole(
    blind: None, other: psycopg.Connection[Any]
) -> None:
    kill(other)
    between()
    with pytest.raises(ValueError, match="changed their mind"):
        change_their_mind()
    assert not Edition.objects.filter(table="gone").exists()


def by_django() -> None:
    Edition.objects.create(table="first", backend=0, number=1)


def by_a_raw_cursor() -> None:
    with raw_cursor() as cursor:
        cursor.execute("INSERT INTO api_edition VALUES ('first', 0, 1)")


def by_the_driver() -> None:
    connection.connection.execute("INSERT INTO api_edition VALUES ('first', 0, 1)")


@transaction.atomic
def interrupted(first: Callable[[], None], other: psycopg.Connection[Any]) -> None:
    first()
    kill(other)
    Edition.objects.create(table="second", backend=0, number=1)


@pytest.mark.parametrize("first", [by_django, by_a_raw_cursor, by_the_driver])
def test_a_block_that_has_done_something_is_not_continued(
    other: psycopg.Connection[Any], first: Callable[[], None]
) -> None:
    between()
    with pytest.raises(OperationalError):
        interrupted(first, other)
    between()
    assert not Edition.objects.filter(table__in=["first", "second"]).exists()


def test_after_a_statement_that_succeeded_nothing_is_repeated(
    blind: None, other: psycopg.Connection[Any]
) -> None:
    between()
    assert not User.objects.exists()
    kill(other)
    with pytest.raises(OperationalError):
        User.objects.exists()
    between()
    assert not User.objects.exists()


@pytest.mark.parametrize("sight", ["seen", "unseen"])
def test_rows_in_portions_come_from_a_new_connection(
    owner: Caller,
    other: psycopg.Connection[Any],
    sight: str,
    request: pytest.FixtureRequest,
) -> None:
    if sight == "unseen":
        request.getfixturevalue("blind")
    kill(other)
    between()
    assert [each.pk for each in User.objects.iterator(chunk_size=1)] == [owner.user.pk]


def test_signals_are_read_on_a_new_connection(other: psycopg.Connection[Any]) -> None:
    kill(other)
    between()
    with raw_cursor() as cursor:
        assert cursor.execute("SELECT 7").fetchone() == (7,)


@pytest.mark.parametrize("sight", ["seen", "unseen"])
def test_while_the_database_is_away_the_answer_is_503(
    owner: Caller,
    other: psycopg.Connection[Any],
    sight: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if sight == "unseen":
        request.getfixturevalue("blind")
    tries = []

    def refuse(*_: object) -> None:
        tries.append("tried")
        raise psycopg.OperationalError("connection refused")

    with monkeypatch.context() as away:
        away.setattr(base.DatabaseWrapper, "get_new_connection", refuse)
        kill(other)
        between()
        answer = label(owner, "lost")
        assert (answer.status_code, "Retry-After" in answer) == (503, True)
        with pytest.raises(OperationalError), transaction.atomic():
            Label.objects.count()
        assert tries
    between()
    assert not connection.in_atomic_block
    assert label(owner, "kept").status_code == 201
    assert Label.objects.count() == 1


def test_a_fault_of_the_statement_is_not_repeated(statements: list[str]) -> None:
    between()
    with pytest.raises(Exception, match="division by zero"), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    assert statements == ["SELECT 1 / 0"]


def test_a_notice_is_no_end(other: psycopg.Connection[Any]) -> None:
    """An idle connection may have something to read that is not its end."""
    before = pid()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN something")
    other.execute("NOTIFY something, 'new'")
    deadline = monotonic() + PATIENCE
    while not idle._has_something_to_read(connection.connection.fileno()):
        assert monotonic() < deadline, "the notice does not come"
    assert not idle.has_ended(connection.connection)
    between()
    assert not User.objects.exists()
    assert pid() == before
    [told] = connection.connection.notifies(timeout=0, stop_after=1)
    assert told.payload == "new"
    connection.close()


def test_a_closed_connection_leaves_none_behind() -> None:
    """Neither to the databases between which it changed, nor to be shared with a forked process."""
    usual = connection.settings_dict["NAME"]
    with database("other") as url:
        other = ChosenDatabase(name_of(url), 0)
        with in_database(other):
            used = [raw_of(other.name)]
        used.append(raw_of(usual))
        with in_database(other):
            assert raw_of(other.name) is used[0]
        connection.close()
        assert connection.settings_dict["NAME"] == usual
        assert [each.closed for each in used] == [True, True]


def raw_of(name: str) -> psycopg.Connection[Any]:
    """The driver's connection, which is to that database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (name,)
    return cast("psycopg.Connection[Any]", connection.connection)
