"""The connection to PostgreSQL, with the names that Django looks for.

Connections stay open between requests, and the database may be restarted meanwhile. Django can test
each connection at the first statement of a request, but that costs a round trip. Here it costs
none: before the first statement, the socket shows whether the other side has closed the connection.
If it is closed later, or without the system being told, the first statement fails. It is then run
again on a new connection, if nothing can happen twice.

A request runs few statements and mostly the same ones, which take longer to plan than to run. These
are prepared.

The connection follows the database and the copy of it that are chosen for the context
(following.py). If a replica fails, its statement is run again on the primary.
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

from hexostore.database import idle, watching
from hexostore.database.following import FollowingWrapper

T = TypeVar("T")


class Operations(DatabaseOperations):
    """Django's operations, which also show the text of a prepared statement."""

    def last_executed_query(self, cursor: Any, sql: object, params: object) -> str:
        if isinstance(cursor, base.ServerBindingCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(FollowingWrapper):
    """A connection that is made again if it ended between two requests.

    Django's own flag `health_check_done` says that a statement has succeeded on it in this request,
    or that it is new.
    """

    ops_class = Operations

    def close_if_health_check_failed(self) -> None:
        """Close the connection if it has ended since it was last used."""
        self._follow_choice()
        if self.connection is None or self.health_check_done or self.in_atomic_block:
            return
        if idle.has_ended(self.connection):
            self.close()

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return DebugCursor(cursor, self)

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor for statements whose text is always the same.

        Values are sent separately, and the database plans the statement once for a connection
        (`prepare_threshold`).
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: Any = base.ServerBindingCursor
            return cast(CursorWrapper, self._prepare_cursor(cursor(self.connection)))  # type: ignore[attr-defined]

    def raw_connection(self) -> Any:
        """Return the driver's own connection.

        What runs on it is not repeated, and a statement after it does not count as the first one.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        self.health_check_done = True
        return self.connection

    def has_begun(self) -> bool:
        """Return whether a first statement can no longer be repeated.

        This is so if a statement has succeeded in this request or in the current transaction, or if
        the connection was closed.
        """
        if self.connection is None:
            return True
        status = self.connection.info.transaction_status
        return bool(self.health_check_done or status == TransactionStatus.INTRANS)

    def may_run_again(self, sql: object) -> bool:
        """Return whether a failed first statement can be run again.

        The connection must have ended, and nothing of the statement can have lasted: it was part of
        a transaction, or it only reads.
        """
        is_reading = str(sql).lstrip().upper().startswith("SELECT")
        return bool(self.connection.closed and (is_reading or not self.autocommit))

    def reconnect(self) -> None:
        """Replace a connection that has ended by a new one, and change nothing else.

        An atomic block that has only begun continues on it.
        """
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
        return self._repeat_first(sql, lambda: run(sql, params, *context))

    def _executemany(self, sql: object, param_list: object, *context: Any) -> object:
        run = super()._executemany  # type: ignore[misc]
        return self._repeat_first(sql, lambda: run(sql, param_list, *context))

    def _repeat_first(self, sql: object, run: Callable[[], T]) -> T:
        try:
            if not watching.are_watched():
                return self._run_first(sql, run)
            with watching.watched(sql):
                return self._run_first(sql, run)
        except Error as error:
            self.db.leave_if_read_only(error)
            raise

    def _run_first(self, sql: object, run: Callable[[], T]) -> T:
        if self.db.is_on_replica():
            return self._run_on_replica(sql, run)
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

    def _run_on_replica(self, sql: object, run: Callable[[], T]) -> T:
        try:
            return run()
        except Error as error:
            if not self.db.give_up_replica(error):
                raise
        self.db.ensure_connection()
        self.cursor = self.db.create_cursor()
        return self._run_first(sql, run)


class Cursor(_Repeating):
    """The usual cursor."""


class DebugCursor(_Repeating, CursorDebugWrapper):
    """The cursor of tests that count statements."""
