"""Positions of an activity as the points of a track, copied into the table in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import Column, Floats, Points
from apps.tracks.geodesy import way_length
from apps.tracks.models import Track
from hexostore import hexotime
from hexostore.database.raw import raw_cursor

_TOLD = {
    "longitude": Column.LONGITUDE,
    "latitude": Column.LATITUDE,
    "altitude": Column.ALTITUDE,
    "course": Column.COURSE,
    "speed": Column.SPEED,
    "horizontal_accuracy": Column.HORIZONTAL_ACCURACY,
}
"""What a point of a track has of a point of an activity, by the name of the column."""

_COPY = (
    f"COPY tracks_trackpoint (track_id, user_id, time, {', '.join(_TOLD)}) "
    "FROM STDIN (FORMAT BINARY)"
)
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # and neither flags nor an extension
_END = b"\xff\xff"
_NULL, _BYTES = -1, 8  # the length of a null, and of all other values here
_PIECE = 8192  # points


def positions_of(points: Points) -> Points:
    """Return the points that have a position on the earth."""
    latitudes, longitudes = points.column(Column.LATITUDE), points.column(Column.LONGITUDE)
    with np.errstate(invalid="ignore"):
        is_place = (np.abs(latitudes) <= 90) & (np.abs(longitudes) <= 180)
    columns = {name: column[is_place] for name, column in points.columns.items()}
    return Points(points.times[is_place], columns)


def describe_way(track: Track, points: Points) -> None:
    """Set what a track says of its points, which are in order of time."""
    if not len(points):
        return
    columns = points.columns
    track.distance = way_length(columns[Column.LONGITUDE], columns[Column.LATITUDE])
    track.start_date = hexotime.to_datetime(int(points.times[0]))
    track.end_date = hexotime.to_datetime(int(points.times[-1]))


def copy_points(track: Track, points: Points) -> None:
    """Store the points of a track that has none yet."""
    values = {name: points.column(column) for name, column in _TOLD.items()}
    with raw_cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(_SIGNATURE)
        for begin in range(0, len(points), _PIECE):
            part = slice(begin, begin + _PIECE)
            some = {name: column[part] for name, column in values.items()}
            copy.write(packed_rows(track, points.times[part], some))
        copy.write(_END)


def packed_rows(track: Track, times: NDArray[np.int64], values: Mapping[str, Floats]) -> bytes:
    """Return rows in the binary form of COPY: a number of values, and each with its length.

    Rows are made in one array, as if they had no null. Then the bytes of nulls are left out.
    """
    names = ["track", "user", "time", *values]
    lengths = [(f"{name}_length", ">i4") for name in names]
    kinds = [(name, ">i8" if name not in values else ">f8") for name in names]
    both = [each for pair in zip(lengths, kinds, strict=True) for each in pair]
    rows = np.zeros(len(times), np.dtype([("count", ">i2"), *both]))
    rows["count"] = len(names)
    rows["track"], rows["user"], rows["time"] = track.pk, track.user_id, times
    for name in names:
        rows[f"{name}_length"] = _BYTES
    return _without_nulls(rows, values)


def _without_nulls(rows: NDArray[Any], values: Mapping[str, Floats]) -> bytes:
    kept = np.ones((len(rows), rows.dtype.itemsize), bool)
    assert rows.dtype.fields is not None
    for name, column in values.items():
        is_null = ~np.isfinite(column)
        rows[name] = column
        rows[f"{name}_length"][is_null] = _NULL
        at = rows.dtype.fields[name][1]
        kept[is_null, at : at + _BYTES] = False
    flat = rows.view(np.uint8).reshape(len(rows), -1)
    return flat[kept].tobytes()
