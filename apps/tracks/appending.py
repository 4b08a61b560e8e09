"""Writing many points of a track at once, as imports and simulations do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.tracks.columns import EARLIEST, LATEST, MOST_MEASURED
from apps.tracks.models import Track
from apps.tracks.totals import refresh_tracks
from hexostore.database.raw import raw_cursor

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

COPIED = 8192
"""So many rows are packed at a time."""


@dataclass(frozen=True, slots=True)
class PointArrays:
    """Points of a track, as columns of one length: `times` in ticks, places in degrees.

    NaN in one of the other columns means that nothing is known, and so does a missing column. They
    have the units of `TrackPoint`. Raises ValueError for what no point can have.
    """

    times: NDArray[np.int64]
    longitudes: Floats
    latitudes: Floats
    altitudes: Floats | None = None
    courses: Floats | None = None
    speeds: Floats | None = None
    horizontal_accuracies: Floats | None = None
    vertical_accuracies: Floats | None = None

    def __post_init__(self) -> None:
        given = [column for name in _NAMES if (column := getattr(self, name)) is not None]
        if any(column.shape != (len(self.times),) for column in given):
            raise ValueError("the columns of points differ in length")
        measured = [column for column in given if column is not self.times]
        if any((np.abs(column) > MOST_MEASURED).any() for column in measured):
            raise ValueError(f"a number of a point is greater than {MOST_MEASURED}")
        _check(self.times, EARLIEST, LATEST, "time")
        _check(self.longitudes, -180, 180, "longitude")
        _check(self.latitudes, -90, 90, "latitude")

    def __len__(self) -> int:
        return len(self.times)


_NAMES = [each.name for each in fields(PointArrays)]


def _check(column: NDArray[np.int64] | Floats, least: int, most: int, what: str) -> None:
    if not ((column >= least) & (column <= most)).all():
        raise ValueError(f"the {what} of a point is not between {least} and {most}")


@transaction.atomic
def append_points(track: Track, pieces: Iterable[PointArrays]) -> None:
    """Add points to a stored track, which then has the distance, start and end that follow.

    Rows that are not there yet are copied piece by piece, in any order of time. The track is
    measured once, in the transaction that wrote the points.
    """
    with raw_cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(_HEADER)
        for points in pieces:
            for packed in _pack(track, points):
                copy.write(packed)
        copy.write(_TRAILER)
    refresh_tracks([track.pk])
    track.refresh_from_db(fields=["distance", "start_date", "end_date", "number", "version"])


_COPY = """
    COPY tracks_trackpoint
        (track_id, user_id, time, longitude, latitude, altitude, course, speed,
         horizontal_accuracy, vertical_accuracy)
    FROM STDIN (FORMAT BINARY)
"""
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"

_KEYS = ["track", "user"]
_COLUMNS = [*_KEYS, *_NAMES]
_WIDTH, _NOTHING = 8, -1
"""The bytes of every column, and the length that stands for null, after which no bytes come."""

_ROW = np.dtype(
    [
        ("columns", ">i2"),
        *(
            part
            for name in _COLUMNS
            for part in (
                (f"length of {name}", ">i4"),
                (name, ">i8" if name in (*_KEYS, "times") else ">f8"),
            )
        ),
    ]
)
"""A row of COPY: how many columns, then each with its length."""


def _pack(track: Track, points: PointArrays) -> Iterator[bytes]:
    """Yield the rows of points in the binary form of COPY."""
    for first in range(0, len(points), COPIED):
        part = slice(first, first + COPIED)
        rows = np.zeros(len(points.times[part]), _ROW)
        rows["columns"], rows["track"], rows["user"] = len(_COLUMNS), track.pk, track.user_id
        for name in _COLUMNS:
            rows[f"length of {name}"] = _WIDTH
        kept = np.ones((len(rows), _ROW.itemsize), np.bool_)
        for name in _NAMES:
            _fill(rows, kept, name, getattr(points, name), part)
        yield _bytes_of(rows)[kept].tobytes()


def _fill(
    rows: NDArray[np.void], kept: NDArray[np.bool_], name: str, column: Floats | None, part: slice
) -> None:
    """Set a column of rows; of what is not known, its bytes are not kept."""
    found = np.full(len(rows), np.nan) if column is None else column[part]
    unknown = np.isnan(found)
    rows[name] = found
    rows[f"length of {name}"][unknown] = _NOTHING
    offset = _offset(name)
    kept[unknown, offset : offset + _WIDTH] = False


def _offset(name: str) -> int:
    """Where the bytes of a column begin in a row."""
    found = _ROW.fields
    assert found is not None
    return int(found[name][1])


def _bytes_of(rows: NDArray[np.void]) -> Bytes:
    """The bytes of each row."""
    found: Bytes = rows.view(np.uint8).reshape(len(rows), _ROW.itemsize)
    return found
