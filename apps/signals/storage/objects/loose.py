"""Loose objects: those that no row names. They are kept for some days, and then removed.

An object becomes loose when its chunk is deleted or written anew, when a transaction fails after
its upload, and when a process is killed between the object and its row. It is kept for a time,
so that who has just read the row still finds the object, and so that a backup of the database that
is not older than that time still has all of its objects.

No removal can meet a row that comes later, whatever is delayed or killed:

1. A name is never used twice (names.py). Only the transaction that uploads an object can be the
   first to name it, and it begins before the upload. Copies of a database name what their source
   does; that they are not overlooked is the business of who lists the databases
   (apps/control/object_sweeping.py).
2. An object is noted in LooseObject after it was listed, with the time of the database after that.
   So a transaction that may still name it began before the noted time.
3. It is removed only if no transaction is running that began before the noted time, and if it is
   still named nowhere when the rows are read after that. The transaction of (1) has ended by then,
   and its row would be seen. Nobody else can name the object any more.

So the request that removes an object may arrive at any time later, and do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.owner import main_database
from hexostore.database.raw import raw_cursor

NAMED = """
    SELECT object FROM signals_chunk WHERE object = ANY(%s::bytea[]) AND object IS NOT NULL
"""
"""Which of some objects the rows of a database name."""

_OLDEST = """
    SELECT coalesce(min(xact_start), clock_timestamp()), bool_or(state = 'disabled')
    FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
     AND (datname = %s OR starts_with(datname, %s))
"""
_FORGET_NAMED = "DELETE FROM signals_looseobject WHERE name = ANY(%s::bytea[])"
_NOTE = """
    INSERT INTO signals_looseobject (name, since)
    SELECT name, clock_timestamp() FROM unnest(%s::bytea[]) AS name
    ON CONFLICT DO NOTHING
"""
_DUE = """
    SELECT name FROM signals_looseobject
    WHERE name = ANY(%s::bytea[]) AND since < %s AND since <= clock_timestamp() - %s
"""
_FORGET_OLD = "DELETE FROM signals_looseobject WHERE since < now() - %s"
_FORGOTTEN = timedelta(days=60)
"""After this beyond the time that they are kept, loose objects are gone, by whoever it was."""

Look = Callable[[list[bytes]], set[bytes]]
"""Returns which of some objects are named, in any database of the store."""


def kept_for() -> timedelta:
    """Return how long loose objects are kept."""
    return timedelta(hours=settings.HEXOSTORE_CHUNKS_LOOSE_HOURS)


def sweep_page(place: str, look: Look) -> tuple[int, str | None]:
    """Note the loose objects of a page of the listing, and remove those whose time is over.

    Return how many were removed, and the next place, None at the end. The place is that of
    Bucket.page_after.
    """
    page, following = bucket().page_after(place)
    oldest = _oldest_transaction()
    listed = [each.name for each in page]
    named = look(listed) if listed else set()
    loose = [name for name in listed if name not in named]
    _execute(_FORGET_NAMED, [list(named)])
    _execute(_NOTE, [loose])
    due = _due(loose, oldest)
    bucket().delete(due)
    _execute(_FORGET_NAMED, [due])
    if following is None:
        _execute(_FORGET_OLD, [kept_for() + _FORGOTTEN])
    return len(due), following


def _oldest_transaction() -> datetime | None:
    """Return when the oldest running transaction of any world began; now if there is none, None if
    that is unknown."""
    main = main_database()
    with raw_cursor() as cursor:
        row = cursor.execute(_OLDEST, [main, f"{main}_"]).fetchone()
    assert row is not None
    began, hidden = row
    return None if hidden else began


def _due(loose: Sequence[bytes], oldest: datetime | None) -> list[bytes]:
    if oldest is None or not loose:
        return []
    with raw_cursor() as cursor:
        rows = cursor.execute(_DUE, [loose, oldest, kept_for()]).fetchall()
    return [name for (name,) in rows]


def _execute(statement: str, values: list[Any]) -> None:
    if values[0]:
        with raw_cursor() as cursor:
            cursor.execute(statement, values)
