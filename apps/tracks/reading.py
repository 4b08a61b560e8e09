"""Reading the points of tracks in their order, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hexostore.database.raw import raw_cursor

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlacedPoints:
    """Points with a time, in the order of time and id: `times` in ticks, places in degrees.

    `altitudes` are in metres and `speeds` in m/s, NaN where nothing is known.
    """

    times: NDArray[np.int64]
    longitudes: Floats
    latitudes: Floats
    altitudes: Floats
    speeds: Floats


def read_points(pieces: Sequence[tuple[int, int, int]]) -> list[PlacedPoints]:
    """Return the points of each piece of a track, which is given by the id of the track, and by
    start and end in ticks; one statement.

    The last point up to the start and the first from the end on are there too, so that what
    happens between points is known on the whole piece.
    """
    if not pieces:
        return []
    tracks, starts, ends = map(list, zip(*pieces, strict=True))
    with raw_cursor() as cursor:
        rows = cursor.execute(_POINTS, [tracks, starts, ends], binary=True).fetchall()
    return [_points(packed) for _, *packed in rows]


# Columns come packed, as a row for each point would cost eight times as much.
_POINTS = """
    SELECT piece.number, packed.*
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
         WITH ORDINALITY AS piece (track, first, last, number)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(time), piece.first) AS since FROM tracks_trackpoint
        WHERE track_id = piece.track AND time <= piece.first
    ) AS before
    CROSS JOIN LATERAL (
        SELECT coalesce(min(time), piece.last) AS until FROM tracks_trackpoint
        WHERE track_id = piece.track AND time >= piece.last
    ) AS after
    CROSS JOIN LATERAL (
        SELECT string_agg(int8send(time), ''),
               string_agg(float8send(longitude), ''),
               string_agg(float8send(latitude), ''),
               string_agg(float8send(coalesce(altitude, 'NaN')), ''),
               string_agg(float8send(coalesce(speed, 'NaN')), '')
        FROM (
            SELECT * FROM tracks_trackpoint
            WHERE track_id = piece.track AND time BETWEEN before.since AND after.until
            ORDER BY time NULLS FIRST, id
        ) AS point
    ) AS packed
    ORDER BY piece.number
"""


def _points(packed: Sequence[bytes | None]) -> PlacedPoints:
    times, *numbers = packed
    return PlacedPoints(
        unpack_numbers(times, ">i8"), *(unpack_numbers(each, ">f8") for each in numbers)
    )


def unpack_numbers(packed: bytes | None, kind: str) -> NDArray[Any]:
    """Return the numbers that the database packed with int8send (`>i8`) or float8send (`>f8`), in
    the order of bytes of this machine; none for null."""
    found = np.frombuffer(packed or b"", kind)
    return found.astype(found.dtype.newbyteorder("="))
