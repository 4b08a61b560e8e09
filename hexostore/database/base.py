"""The connection to PostgreSQL that Django uses, by the names that Django looks for.

Connections stay open between requests, and the database may be restarted meanwhile. Django can
ask each of them at the first statement of a request whether it is alive, but the question costs a
round trip. Here it costs none: before the first statement the socket tells whether the other side
has ended the connection. One that ends after this look, or without the system being told, shows
by the first statement that fails; this is run again on a new connection where that can do nothing
twice.

A request runs few statements and mostly the same ones, which take longer to plan than to run.
These are prepared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.db import Error
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.signals import connection_created
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.pq import TransactionStatus

from hexostore.database import idle

T = TypeVar("T")


class Operations(DatabaseOperations):
    """Django's, which shows what was asked by a prepared statement as well."""

    def last_executed_query(self, cursor: Any, sql: object, params: object) -> str:
        if isinstance(cursor, base.ServerBindingCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is made anew where it ended between two requests.

    Django's own flag `health_check_done` says that a statement has succeeded on it in this
    request, or that it is new.
    """

    ops_class = Operations

    def close_if_health_check_failed(self) -> None:
        """Close the connection if it has ended since it was last used."""
        if self.connection is None or self.health_check_done or self.in_atomic_block:
            return
        if idle.has_ended(self.connection):
            self.close()

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return DebugCursor(cursor, self)

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor for statements whose text is the same each time: values are sent apart from
        it, and the database plans it once for a connection (`prepare_threshold`)."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: Any = base.ServerBindingCursor
            return cast(CursorWrapper, self._prepare_cursor(cursor(self.connection)))  # type: ignore[attr-defined]

    def raw_connection(self) -> Any:
        """The driver's own connection. What runs on it is not repeated, and so nothing that
        follows it may be taken for a first statement."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        self.health_check_done = True
        return self.connection

    def has_begun(self) -> bool:
        """Whether a statement has succeeded in this request, or in the transaction at hand, or
        the connection was closed, so that there is none to go on with."""
        if self.connection is None:
            return True
        status = self.connection.info.transaction_status
        return bool(self.health_check_done or status == TransactionStatus.INTRANS)

    def may_run_again(self, sql: object) -> bool:
        """Whether a first statement that failed can be run again.

        The connection has ended, and nothing that the statement did can have lasted: it was part
        of a transaction, or it only reads.
        """
        is_reading = str(sql).lstrip().upper().startswith("SELECT")
        return bool(self.connection.closed and (is_reading or not self.autocommit))

    def reconnect(self) -> None:
        """Put a new connection in the place of one that has ended, with nothing else changed: an
        atomic block that has only begun goes on with it."""
        with self.wrap_database_errors:
            fresh = self.get_new_connection(self.get_connection_params())
            self.connection.close()
            self.connection = fresh
            fresh.autocommit = True
            self.init_connection_state()
            fresh.autocommit = self.autocommit
        self.errors_occurred, self.health_check_done = False, True
        connection_created.send(sender=type(self), connection=self)


class _Repeating(CursorWrapper):
    """A cursor that runs the first statement of a request again if the connection had ended."""

    db: DatabaseWrapper

    def _execute(self, sql: object, params: object, *context: Any) -> object:
        run = super()._execute  # type: ignore[misc]
        return self._first(sql, lambda: run(sql, params, *context))

    def _executemany(self, sql: object, param_list: object, *context: Any) -> object:
        run = super()._executemany  # type: ignore[misc]
        return self._first(sql, lambda: run(sql, param_list, *context))

    def _first(self, sql: object, run: Callable[[], T]) -> T:
        if self.db.has_begun():
            return run()
        try:
            found = run()
        except Error:
            if not self.db.may_run_again(sql):
                raise
            self.db.reconnect()
            self.cursor = self.db.create_cursor(getattr(self.cursor, "name", None))
            return run()
        self.db.health_check_done = True
        return found


class Cursor(_Repeating):
    """The usual cursor."""


class DebugCursor(_Repeating, CursorDebugWrapper):
    """The cursor of tests that count statements."""
