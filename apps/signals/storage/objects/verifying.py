"""Whether each object that a chunk names is there, with the right content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.failures import DamagedObject, MissingObject
from apps.signals.storage.objects.transfer import in_turn
from hexostore.database.raw import raw_cursor

_PAGE = 512
_FIRST = (-1, -1, -(2**63))

_NAMED = """
    SELECT record_id, datatype_id, start, object FROM signals_chunk
    WHERE (record_id, datatype_id, start) > (%s, %s, %s) AND object IS NOT NULL
    ORDER BY record_id, datatype_id, start LIMIT %s
"""
_STILL = """
    SELECT 1 FROM signals_chunk WHERE (record_id, datatype_id, start, object) = (%s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Verified:
    """A chunk whose object was got; `trouble` is None if it is right."""

    record: int
    datatype: int
    start: int
    trouble: str | None

    def __str__(self) -> str:
        place = f"record {self.record}, datatype {self.datatype}, tick {self.start}"
        return f"{place}: {self.trouble or 'right'}"


def verify() -> Iterator[Verified]:
    """Get each object that a chunk of this database names, and yield what is found.

    Chunks that change meanwhile count as right. Raise ObjectStoreOutage.
    """
    after = _FIRST
    while rows := _page(after):
        for key, trouble in in_turn(_trouble, ((row[:3], row[3]) for row in rows)):
            name = next(row[3] for row in rows if row[:3] == key) if trouble else b""
            yield Verified(*key, trouble if trouble and _is_named(*key, name) else None)
        after = rows[-1][:3]


def _page(after: tuple[int, int, int]) -> list[tuple[int, int, int, bytes]]:
    with raw_cursor() as cursor:
        rows: list[tuple[int, int, int, bytes]] = cursor.execute(
            _NAMED, [*after, _PAGE], binary=True
        ).fetchall()
    return rows


def _trouble(name: bytes) -> str | None:
    try:
        bucket().get(name)
    except (MissingObject, DamagedObject) as error:
        return str(error)
    return None


def _is_named(record: int, datatype: int, start: int, name: bytes) -> bool:
    with raw_cursor() as cursor:
        row = cursor.execute(_STILL, [record, datatype, start, name]).fetchone()
    return row is not None
