"""A statement that takes too long is stopped, and the client told to come back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from apps.api import faults, paging
from hexostore import outages, settings
from hexostore.database import using
from tests.api.asking import CANNED, ask
from tests.people import Caller


def test_a_stopped_statement_is_a_503(
    me: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def sleep(*_: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr(paging, "parse_page", sleep)
    answer = ask(me, "GET", "/api/range/")
    assert (answer.status_code, answer.json()) == (503, CANNED)
    assert answer["Retry-After"] == str(faults.OUTAGE)
    logged = [found for found in caplog.records if found.exc_info]
    assert [outages.is_outage(found.exc_info[1]) for found in logged if found.exc_info] == [True]


def shown(options: dict[str, Any]) -> str:
    """The limit that a connection with these options has."""
    other = connection.copy()
    other.settings_dict = {**other.settings_dict, "OPTIONS": options}
    try:
        with other.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])
    finally:
        other.close()


@pytest.mark.parametrize(
    ("seconds", "given", "found"),
    [
        (7, {}, "7s"),
        (7, {"options": "-c lock_timeout=1s"}, "7s"),
        (0, {}, "0"),
    ],
)
def test_a_server_limits_its_statements_by_its_connection(
    db: None, monkeypatch: pytest.MonkeyPatch, seconds: int, given: dict[str, str], found: str
) -> None:
    own = settings.DATABASES["default"]
    monkeypatch.setitem(own, "OPTIONS", {**own["OPTIONS"], **given})  # type: ignore[dict-item]
    monkeypatch.setattr(settings, "HEXOSTORE_STATEMENT_TIMEOUT", seconds)
    using.limit_statements()
    using.limit_statements()
    options = own["OPTIONS"]
    assert shown(options) == found  # type: ignore[arg-type]
    assert str(options).count("statement_timeout") == (1 if seconds else 0)
    using.unlimit_statements()
    assert shown(own["OPTIONS"]) == "0"  # type: ignore[arg-type]
