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
    wrapper = cast("DatabaseWrapper", connection)
    raw = wrapper.raw_connection()
    if heard.listener() is not None or watching.are_watched() or wrapper.is_on_replica():
        return _RawCursor(raw)
    return psycopg.Cursor(raw)


class _RawCursor(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor whose statements are noted, logged if they are slow, or traced, and run again on the
    primary if a replica fails."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        with self._noted(query):
            return self._run(query, *arguments, **options)

    def _run(self, query: Any, *arguments: Any, **options: Any) -> Any:
        wrapper = cast("DatabaseWrapper", connection)
        if not wrapper.is_on_replica():
            return super().execute(query, *arguments, **options)
        try:
            return super().execute(query, *arguments, **options)
        except psycopg.Error as error:
            if not wrapper.give_up_replica(error):
                raise
        self.__init__(wrapper.raw_connection())  # type: ignore[misc]
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
