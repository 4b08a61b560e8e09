"""What a caller has written, so that they never read a copy of the database without it.

After each write, the place of the log that includes it is noted for its caller in the primary, in
a table that every web server sees. The statement that finds the caller brings the place along, and
a read uses a replica only if that has replayed it (hexostore/database/copies.py).

What is noted is lost in a crash and at a promotion, since the tables are UNLOGGED: they cost the
log nothing. Then the horizon is missing too, and begins anew with a new lineage. Who has no place
must see all that was written up to now; so does everybody else after a write that is nobody's, as
those of the control plane, and one that decides what others may see.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.http import HttpRequest

from apps.api.callers import Caller
from apps.api.methods import SAFE
from hexostore import outages
from hexostore.database import replicas
from hexostore.database.copies import LogPosition, Reading, begin_reading, parse_lsn
from hexostore.database.prepared import prepared_cursor

WRITTEN = """
    CREATE UNLOGGED TABLE api_written (user_id bigint PRIMARY KEY, lsn pg_lsn NOT NULL)
"""
HORIZON = """
    CREATE UNLOGGED TABLE api_horizon (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        world oid NOT NULL,
        lineage uuid NOT NULL,
        lsn pg_lsn NOT NULL,
        later pg_lsn NOT NULL,
        since timestamptz NOT NULL
    )
"""
LINEAGE = """
    CREATE TABLE api_lineage (
        one boolean PRIMARY KEY DEFAULT true CHECK (one), lineage uuid NOT NULL
    )
"""
"""The tables, for the migration. The horizon is what everybody must see: `lsn`, and from `later` on
when it is old (HEXOSTORE_REPLICA_LAG). `world` tells a database from its copies."""

_NOW = "pg_current_wal_insert_lsn()"
_WORLD = "(SELECT oid FROM pg_database WHERE datname = current_database())"
_LOCK = 0x4865786F4C696E65

_NOTE = f"""
    INSERT INTO api_written AS noted (user_id, lsn) VALUES (%s, {_NOW})
    ON CONFLICT (user_id) DO UPDATE SET lsn = greatest(noted.lsn, excluded.lsn)
"""  # noqa: S608
_NOTE_FOR_ALL = f"UPDATE api_horizon SET lsn = {_NOW}, later = {_NOW}, since = now()"  # noqa: S608
_MOVE_HORIZON = f"""
    UPDATE api_horizon SET
        lsn = CASE WHEN since < now() - %s * interval '1 second' THEN {_NOW} ELSE later END,
        later = {_NOW},
        since = now()
    WHERE since < now() - %s * interval '1 second'
"""  # noqa: S608
_RENEW_LINEAGE = """
    INSERT INTO api_lineage (lineage) VALUES (gen_random_uuid())
    ON CONFLICT (one) DO UPDATE SET lineage = excluded.lineage
"""
_BEGIN_HORIZON = f"""
    INSERT INTO api_horizon (world, lineage, lsn, later, since)
    SELECT {_WORLD}, lineage, {_NOW}, {_NOW}, now() FROM api_lineage
"""  # noqa: S608
_IS_BEGUN = f"SELECT 1 FROM api_horizon WHERE world = {_WORLD}"  # noqa: S608

_log = logging.getLogger("hexostore.database")

_CALLER = "hexostore.writing_caller"
_OF_ALL = "hexostore.write_for_all"


def join_written() -> tuple[str, str]:
    """Return what a statement that selects users as `u` adds to its columns and its tables to have
    at hand what the user must see: no statement more, and nothing without replicas."""
    if not replicas.are_configured():
        return "", ""
    return _join_written(settings.HEXOSTORE_REPLICA_LAG)


@cache
def _join_written(lag: int) -> tuple[str, str]:
    columns = (
        f", greatest(h.lsn, coalesce(w.lsn, {_NOW}))::text AS must_see"
        ", w.lsn IS NULL AS has_no_place, h.lineage::text AS lineage"
        f", h.since < now() - {lag} * interval '1 second' AS is_old"
    )
    tables = (
        f"LEFT JOIN api_horizon h ON h.world = {_WORLD} LEFT JOIN api_written w ON w.user_id = u.id"
    )
    return columns, tables


def read_from_copy(user: Caller) -> None:
    """Have the context of a request read from a replica that has what this user must see.

    `user` was selected with `join_written`. A statement more is needed the first time, and when
    the horizon is to move.
    """
    found = vars(user)
    if "must_see" not in found:
        return
    try:
        if _is_settled(found):
            needed = LogPosition(found["lineage"], parse_lsn(found["must_see"]))
            begin_reading(Reading(needed, preferred=found["id"]))
    except Error as error:
        if not outages.is_outage(error):
            raise
        _log.warning("nothing can be noted: %s", outages.first_line(error))


def _is_settled(found: dict[str, Any]) -> bool:
    """Return whether what was selected with a user may be relied on, after noting what is missing.
    If it may not, this one request reads from the primary, as when nothing can be noted."""
    if found["lineage"] is None:
        _begin_horizon()
        return False
    if found["is_old"]:
        _run(_MOVE_HORIZON, [2 * settings.HEXOSTORE_REPLICA_LAG, settings.HEXOSTORE_REPLICA_LAG])
        return False
    if found["has_no_place"]:
        note_place(found["id"])
    return True


def note_place(user: int) -> None:
    """Note that a user must see all that has been written up to now."""
    _run(_NOTE, [user])


def note_for_all() -> None:
    """Note that everybody must see all that has been written up to now; nothing without
    replicas."""
    if replicas.are_configured() and not _run(_NOTE_FOR_ALL, []):
        _begin_horizon()
        _run(_NOTE_FOR_ALL, [])  # if another process has begun it before our write


def remember_caller(request: HttpRequest, user: Caller, *, for_all: bool = False) -> None:
    """Remember whose write a request may be, and whether it is `for_all`: one that decides what
    others may see."""
    request.META[_CALLER], request.META[_OF_ALL] = user.pk, for_all


def note_request(request: HttpRequest, method: str | None, status: int) -> None:
    """Note what a request has written, if it may have written and succeeded; one statement.

    `method` is the one that was sent. Raise an error of the database if that fails: the answer
    must not be sent then, since its sender could miss what they wrote.
    """
    if not replicas.are_configured() or status >= 400 or {method, request.method} <= SAFE:
        return
    caller: int | None = request.META.get(_CALLER)
    if caller is None or request.META.get(_OF_ALL):
        note_for_all()
    else:
        note_place(caller)


def _begin_horizon() -> None:
    """Begin a lineage, unless another process has just done so."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_IS_BEGUN)
        if cursor.fetchone() is not None:
            return
        cursor.execute(_RENEW_LINEAGE)
        cursor.execute("DELETE FROM api_written")
        cursor.execute("DELETE FROM api_horizon")
        cursor.execute(_BEGIN_HORIZON)  # last: not before a place that was deleted


def _run(statement: str, values: list[Any]) -> int:
    """Return the number of rows that a statement has changed."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
