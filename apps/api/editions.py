"""Tells whether rows have changed since a response was made of them.

Every write to a counted table gives it a new edition (`apps/api/models.py`). Whatever is made of
rows is kept under the edition of all their tables, and is not used under another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

from django.apps import apps
from django.db import connection
from django.db.models import DecimalField
from django.db.models.expressions import RawSQL

from apps.api.models import DRAWN, Edition
from hexostore.database.prepared import prepared_cursor

Answer = TypeVar("Answer")

_TABLE = Edition._meta.db_table
_NUMBER = f'SELECT coalesce(sum(number), 0) FROM {_TABLE} WHERE "table" = ANY(%s)'  # noqa: S608
_COUNTED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'count_edition'"
_VIEWS = "SELECT DISTINCT view_name, table_name FROM information_schema.view_table_usage"

_FOLD = f"""
WITH ended AS (
    DELETE FROM {_TABLE} WHERE backend <> 0 AND backend NOT IN (SELECT pid FROM pg_stat_activity)
    RETURNING "table"
)
INSERT INTO {_TABLE} ("table", backend, number)
SELECT "table", 0, {DRAWN} FROM ended GROUP BY "table"
ON CONFLICT ("table", backend) DO UPDATE SET number = EXCLUDED.number
"""  # noqa: S608 - made of names only


def edition_sql(tables: Iterable[str]) -> RawSQL:
    """Return an expression for the edition of all the tables together.

    The numbers of an edition are random, and so is their sum.
    """
    return RawSQL(_NUMBER, (sorted(tables),), DecimalField())  # noqa: S611 - table names only


def read_edition(tables: Iterable[str]) -> int:
    """Return the edition of all the tables together."""
    with prepared_cursor() as cursor:
        cursor.execute(_NUMBER, (sorted(tables),))
        return int(cursor.fetchone()[0])


def fold_editions() -> None:
    """Replace the numbers of connections that have ended by a single one.

    The number is new. Without the old numbers, their sum could equal that of an earlier edition.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)


class Reads:
    """The tables that statements read.

    They are None if the writes to one of them are not counted, or if a value of a statement is a
    moment, because that may be the time of the request.
    """

    def __init__(self) -> None:
        self.tables: frozenset[str] | None = frozenset()

    def take_in(
        self,
        run: Callable[..., Answer],
        sql: str,
        values: Iterable[object] | None,
        many: bool,
        context: Mapping[str, object],
    ) -> Answer:
        """Run a statement and note its tables. Django calls this as a wrapper around each
        execution."""
        read = None if has_moment(values or ()) else tables_of(sql)
        if self.tables is None or read is None:
            self.tables = None  # what is read cannot be known
        else:
            self.tables = self.tables.union(read)
        return run(sql, values, many, context)


@contextmanager
def watch_reads() -> Iterator[Reads]:
    """Collect the tables that the statements of a block read."""
    tables_of("")  # for the first call asks the database itself
    reads = Reads()
    with connection.execute_wrapper(reads.take_in):
        yield reads


def has_moment(values: Iterable[object]) -> bool:
    """Return whether a value of a statement is a moment, because that may be the time of the
    request."""
    return any(isinstance(each, date) for each in values)


@lru_cache(maxsize=4096)
def tables_of(statement: str) -> tuple[str, ...] | None:
    """Return the tables that a statement may read, or None if the writes to one are not counted."""
    # A statement that names the view `algo` reads the table `record` behind it.
    named = {table for table in _all_tables() if table in statement}
    views = [(view, table) for view, table in _tables_of_views() if view in named]
    read = named.union(table for _, table in views)
    read -= {view for view, _ in views}
    return tuple(sorted(read)) if read <= _counted_tables() else None


@cache
def _all_tables() -> frozenset[str]:
    models = apps.get_models(include_auto_created=True)
    return frozenset(model._meta.db_table for model in models) - {_TABLE}


@cache
def _counted_tables() -> frozenset[str]:
    """Return the tables that have the trigger, according to the database."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED)
        return frozenset(name for (name,) in cursor.fetchall())


@cache
def _tables_of_views() -> tuple[tuple[str, str], ...]:
    """Return the pairs of a view and a table that it reads."""
    with connection.cursor() as cursor:
        cursor.execute(_VIEWS)
        return tuple(cursor.fetchall())
