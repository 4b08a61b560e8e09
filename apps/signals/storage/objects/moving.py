"""Moving payloads from rows into objects, and back, while the store is used.

A batch is one transaction: it reads rows, moves their payloads, and changes the rows that are still
the same. It never waits for others, and others wait for it only while it changes sixteen rows.
A kill leaves each row with either of both; objects that no row names are swept (loose.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection, transaction

from apps.signals.storage.objects.transfer import AT_ONCE, fetched, uploaded, while_rows_stay
from hexostore.database.raw import raw_cursor

Target = Literal["objects", "rows"]

_FIRST = (-1, -1, -(2**63))
_PASSES = 3

_NOT_THERE = {"objects": "object IS NULL", "rows": "object IS NOT NULL"}

_READ = """
    SELECT record_id, datatype_id, start, ctid::text, xmin::text, payload, object
    FROM signals_chunk
    WHERE (record_id, datatype_id, start) > (%s, %s, %s) AND {condition}
    ORDER BY record_id, datatype_id, start LIMIT %s
"""
_WRITE = """
    WITH free AS MATERIALIZED (
        SELECT record_id, datatype_id, chunk.start, moved.payload, moved.object
        FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::text[], %s::text[],
                    %s::bytea[], %s::bytea[])
             AS moved (record, datatype, start, place, version, payload, object)
        JOIN signals_chunk AS chunk
          ON (record_id, datatype_id, chunk.start) = (record, datatype, moved.start)
         AND chunk.ctid = place::tid AND chunk.xmin::text = version
        FOR UPDATE OF chunk SKIP LOCKED
    )
    UPDATE signals_chunk AS chunk SET payload = free.payload, object = free.object
    FROM free
    WHERE (chunk.record_id, chunk.datatype_id, chunk.start)
        = (free.record_id, free.datatype_id, free.start)
"""


@dataclass(frozen=True)
class Held:
    """How many chunks are in rows, with their bytes, and how many are in objects."""

    in_rows: int
    bytes_in_rows: int
    in_objects: int


def count_held() -> Held:
    """Return where the chunks of this database are. No payload is read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(payload), coalesce(sum(octet_length(payload)), 0)::bigint, count(object) "
            "FROM signals_chunk"
        )
        return Held(*cursor.fetchone())


def move(target: Target) -> Iterator[int]:
    """Move all payloads, and yield after each batch how many were moved.

    Rows that others have locked or changed meanwhile are tried again in the end. Raise
    ObjectStoreOutage or DamagedObject; what was moved before stays so.
    """
    for _ in range(_PASSES):
        missed, after = 0, _FIRST
        while batch := _move_batch(target, after):
            found, moved, after = batch
            missed += found - moved
            yield moved
        if not missed:
            return


def _move_batch(target: Target, after: tuple[int, int, int]) -> tuple[int, int, Any] | None:
    """Move a batch. Return how many rows were found, how many are moved, and the last key."""
    with transaction.atomic():
        rows, moved = while_rows_stay(lambda: _moved_rows(target, after))
        if not rows:
            return None
        with raw_cursor() as cursor:
            changed = cursor.execute(_WRITE, [list(column) for column in zip(*moved, strict=True)])
            return len(rows), changed.rowcount, rows[-1][:3]


def _moved_rows(target: Target, after: tuple[int, int, int]) -> tuple[list[Any], list[Any]]:
    statement = _READ.format(condition=_NOT_THERE[target])
    with raw_cursor() as cursor:
        rows = cursor.execute(statement, [*after, AT_ONCE], binary=True).fetchall()
    return rows, list(_MOVES[target](rows))


def _into_objects(rows: list[Any]) -> Iterator[tuple[Any, ...]]:
    for row, name in uploaded((row, row[5]) for row in rows):
        yield (*row[:5], None, name)


def _into_rows(rows: list[Any]) -> Iterator[tuple[Any, ...]]:
    for row, payload in fetched((row, row[6]) for row in rows):
        yield (*row[:5], payload, None)


_MOVES: dict[Target, Callable[[list[Any]], Iterator[tuple[Any, ...]]]] = {
    "objects": _into_objects,
    "rows": _into_rows,
}
