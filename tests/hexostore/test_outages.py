"""An outage of the database: known by its state, 503 with Retry-After, and one line in the log."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from django.test import Client

from hexostore.outages import Formatter, Unlogged, is_outage
from tests.people import Caller, owner

__all__ = ["owner"]

STATES = {
    "08006": OperationalError,  # connection_failure
    "25006": InternalError,  # read_only_sql_transaction
    "40001": OperationalError,  # serialization_failure
    "40P01": OperationalError,  # deadlock_detected
    "53100": OperationalError,  # disk_full
    "53300": OperationalError,  # too_many_connections
    "57P01": OperationalError,  # admin_shutdown
    "57P03": OperationalError,  # cannot_connect_now
    "58030": OperationalError,  # io_error
}
OTHERS = {"22003": DataError, "23505": IntegrityError, "25P02": InternalError}
BASIC = {"Authorization": "Basic b3duZXJAZXhhbXBsZS5jb206b3BlbiBzZXNhbWU="}


def named(state: str, kind: type[Exception]) -> Exception:
    """An error as Django makes it of one that PostgreSQL named."""
    error = kind("first line\nand details")
    error.__cause__ = psycopg.errors.lookup(state)()
    return error


@pytest.mark.parametrize("state", STATES)
def test_outages_are_known_by_their_state(state: str) -> None:
    assert is_outage(named(state, STATES[state]))
    assert is_outage(psycopg.errors.lookup(state)())


@pytest.mark.parametrize("state", OTHERS)
def test_mistakes_of_ours_are_none(state: str) -> None:
    assert not is_outage(named(state, OTHERS[state]))


def test_a_connection_that_cannot_be_made_is_an_outage() -> None:
    assert is_outage(OperationalError("connection refused"))
    assert is_outage(InterfaceError("connection already closed"))
    assert is_outage(psycopg.OperationalError("server closed the connection"))
    assert not is_outage(InternalError("no state"))
    assert not is_outage(ValueError("connection refused"))
    assert not is_outage(None)


def logged(error: Exception, **extra: Any) -> logging.LogRecord:
    """A record of the log with that error."""
    try:
        raise error
    except type(error) as caught:
        found = (type(caught), caught, caught.__traceback__)
    record = logging.LogRecord("name", logging.ERROR, "path", 1, "met %s", ("it",), found)
    record.__dict__.update(extra)
    return record


def test_an_outage_is_one_line_and_a_mistake_has_its_traceback() -> None:
    outage, mistake = logged(named("57P01", OperationalError)), logged(ValueError("odd"))
    assert Formatter("{message}", style="{").format(outage) == "met it: first line"
    assert outage.exc_info  # other handlers see the record as it was
    assert "Traceback" in Formatter("{message}", style="{").format(mistake)


def test_an_answer_of_503_is_not_logged_twice() -> None:
    answered = logging.LogRecord("django.request", logging.ERROR, "path", 1, "gone", (), None)
    answered.status_code = 503
    assert not Unlogged().filter(answered)
    answered.status_code = 500
    assert Unlogged().filter(answered)
    assert Unlogged().filter(logged(OperationalError("x"), status_code=503))


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that nobody reaches."""

    def refuse(*_: object) -> NoReturn:
        raise OperationalError("connection refused\nIs the server running?")

    for name in ("cursor", "ensure_connection"):
        monkeypatch.setattr(connection, name, refuse)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says besides the line of the request."""
    loud = [each for each in caplog.records if each.levelno >= logging.WARNING]
    return [line for each in loud for line in Formatter().format(each).splitlines()]


@pytest.mark.parametrize(
    "path",
    [
        "/api/record/",
        "/api/v1/record/1/",
        "/api/data/?record=1",
        "/api/datatype/",
        "/api/share/" + 43 * "a" + "/",
        "/docs/",
        "/_sandbox/outbox",
        "/_sandbox/auth/last",
        "/_sandbox/truth/1/",
        "/oauth/authorize?oauth_token=x",
        "/api/connect/oauth2/auth/?client_id=x&response_type=code",
    ],
)
def test_every_address_is_503_while_the_database_is_away(
    away: None, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = Client(raise_request_exception=False).get(path, headers=BASIC)
    if path == "/docs/" and answer.status_code == 200:
        return  # pages that need no database go on
    assert answer.status_code == 503, answer.content
    assert int(answer["Retry-After"]) > 0
    assert len(lines(caplog)) == 1, lines(caplog)


@pytest.mark.parametrize(
    "path", ["/api/connect/oauth2/token/", "/api/resetpassword/", "/api/label/"]
)
def test_writes_are_503_while_the_database_is_away(
    away: None, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    sent = "grant_type=client_credentials&client_id=x&client_secret=y"
    kind = "application/x-www-form-urlencoded"
    if "oauth2" not in path:
        sent, kind = '{"email": "a@example.com", "name": "x"}', "application/json"
    client = Client(raise_request_exception=False)
    answer = client.generic("POST", path, sent, kind, headers=BASIC)
    assert (answer.status_code, "Retry-After" in answer) == (503, True), answer.content
    assert len(lines(caplog)) == 1, lines(caplog)


def test_the_probe_keeps_its_own_body(away: None, caplog: pytest.LogCaptureFixture) -> None:
    answer = Client(raise_request_exception=False).get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "failed": "database"}


def test_a_database_that_is_read_only_is_503(
    owner: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    body = {"name": "x", "user": owner.user.pk}
    answer = owner.post("/api/label/", body)
    assert (answer.status_code, "Retry-After" in answer) == (503, True)
    assert len(lines(caplog)) == 1
    assert owner.get("/api/label/").status_code == 200
