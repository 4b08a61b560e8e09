"""A way to the database that transfers binary columns as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg
from django.db import connection

from hexostore.database import heard, watching

if TYPE_CHECKING:
    from hexostore.database.base import DatabaseWrapper


def raw_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a psycopg cursor on Django's connection.

    Django's own cursor turns every bytea into hexadecimal text, at three times the cost.
    """
    raw = cast("DatabaseWrapper", connection).raw_connection()
    is_noted = heard.listener() is not None or watching.are_watched()
    return _NotedCursor(raw) if is_noted else psycopg.Cursor(raw)


class _NotedCursor(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor whose statements are noted, logged if they are slow, or traced."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        with self._noted(query):
            return super().execute(query, *arguments, **options)

    @contextmanager
    def copy(self, statement: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
        with self._noted(statement), super().copy(statement, *arguments, **options) as copy:
            yield copy

    @contextmanager
    def _noted(self, query: Any) -> Iterator[None]:
        with ExitStack() as noting:
            listener = heard.listener()
            if listener is not None:
                noting.enter_context(heard.noted(listener, query))
            if watching.are_watched():
                noting.enter_context(watching.watched(query))
            yield
