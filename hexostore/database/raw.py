"""A way to the database that transfers binary columns as they are."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg
from django.db import connection

from hexostore.database import heard, watching

if TYPE_CHECKING:
    from hexostore.database.base import DatabaseWrapper


MOST_SPOOLED = 2**24
"""The most bytes of a stream from a replica that are kept until it has ended."""


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

    def stream(self, query: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
        """Yield rows as they come. From a replica they are yielded when all have come, so that the
        statement can be run again; one with too many is left to the primary."""
        wrapper = cast("DatabaseWrapper", connection)
        if wrapper.is_on_replica():
            rows = self._spool(wrapper, super().stream(query, *arguments, **options))
            if rows is not None:
                yield from rows
                return
            self.__init__(wrapper.raw_connection())  # type: ignore[misc]
        yield from super().stream(query, *arguments, **options)

    def _spool(self, wrapper: DatabaseWrapper, rows: Iterator[Any]) -> list[Any] | None:
        """Return all rows, or None if the primary is to yield them."""
        spooled, size = [], 0
        try:
            with closing(cast("Generator[Any]", rows)):
                for row in rows:
                    spooled.append(row)
                    size += sum(len(each) for each in row if isinstance(each, bytes))
                    if size > MOST_SPOOLED:
                        break
                else:
                    return spooled
        except psycopg.Error as error:
            if not wrapper.give_up_replica(error):
                raise
            return None
        wrapper.leave_replica()
        return None

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
