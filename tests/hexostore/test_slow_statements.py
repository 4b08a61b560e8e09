"""The log of slow statements."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection
from pytest_django.fixtures import Settings

from hexostore.database import raw

SLOW = "SELECT pg_sleep(0.01),\n   %s"  # 10 ms, which no machine makes shorter
SECRET = "s3cr3t"

pytestmark = pytest.mark.django_db


def by_cursor() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SLOW, [SECRET])


def by_prepared_cursor() -> None:
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(SLOW, [SECRET])


def by_raw_cursor() -> None:
    raw.raw_cursor().execute(SLOW, [SECRET])


WAYS = [by_cursor, by_prepared_cursor, by_raw_cursor]


@pytest.mark.parametrize("run", WAYS)
def test_a_slow_statement_is_one_line_without_values(
    settings: Settings, caplog: pytest.LogCaptureFixture, run: Callable[[], None]
) -> None:
    settings.HEXOSTORE_SLOW_STATEMENTS = 5
    run()
    (line,) = (each.getMessage() for each in caplog.records)
    assert line.startswith("slow statement, ")
    assert line.endswith(" ms: SELECT pg_sleep(0.01), %s")
    assert SECRET not in line


@pytest.mark.parametrize("limit", [0, 600_000])
@pytest.mark.parametrize("run", WAYS)
def test_nothing_is_logged_otherwise(
    settings: Settings, caplog: pytest.LogCaptureFixture, run: Callable[[], None], limit: int
) -> None:
    settings.HEXOSTORE_SLOW_STATEMENTS = limit
    run()
    assert not caplog.records


def test_one_that_fails_is_logged_as_well(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.HEXOSTORE_SLOW_STATEMENTS = 5
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / (length(pg_sleep(0.01)::text))")
    assert [each for each in caplog.records if "slow statement" in each.getMessage()]


def test_a_copy_is_timed_as_long_as_it_is_open(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.HEXOSTORE_SLOW_STATEMENTS = 5
    with raw.raw_cursor().copy("COPY (SELECT pg_sleep(0.01)) TO STDOUT") as copy:
        assert len(list(copy)) == 1
    assert "COPY (SELECT pg_sleep(0.01)) TO STDOUT" in caplog.text
