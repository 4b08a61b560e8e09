"""Reading the points of tracks, a piece of time at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from apps.exchange.activity import Column, Floats, Ticks
from apps.exchange.excerpts import WayPart
from apps.tracks.geodesy import leg_lengths
from apps.tracks.reading import unpack_numbers
from hexostore.database.raw import raw_cursor

_STORED = {
    Column.LONGITUDE: "longitude",
    Column.LATITUDE: "latitude",
    Column.ALTITUDE: "altitude",
    Column.SPEED: "speed",
    Column.COURSE: "course",
    Column.HORIZONTAL_ACCURACY: "horizontal_accuracy",
}

_PACKED = ", ".join(
    f"string_agg(float8send(coalesce({name}, 'NaN')), '' ORDER BY time, point.id)"
    for name in _STORED.values()
)

# Each column comes as one value, because a row for each point would cost many times as much.
_POINTS = f"""
    SELECT way.track, string_agg(int8send(time), '' ORDER BY time, point.id), {_PACKED}
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
         WITH ORDINALITY AS way (track, lower, upper, place)
    JOIN tracks_trackpoint AS point
      ON point.track_id = way.track AND point.time BETWEEN way.lower AND way.upper
    GROUP BY way.place, way.track ORDER BY way.place
"""  # noqa: S608 - made of the names of columns


class WayPoints(NamedTuple):
    """Points of tracks in the order of time, and what is known of each: NaN where nothing is."""

    times: Ticks
    columns: dict[Column, Floats]


class WayReader:
    """Reads ways from their beginning, and measures how far they have led."""

    def __init__(self) -> None:
        self._metres = 0.0
        self._last: tuple[int, float, float] | None = None  # track, longitude, latitude

    def read(self, ways: Sequence[WayPart]) -> list[WayPoints]:
        """Return the points of the next ways, for each that has any; one statement at most.

        Their distance is along the ways that were read so far. From one track to another there is
        none.
        """
        if not ways:
            return []
        tracks, lowers, uppers = (list(each) for each in zip(*ways, strict=True))
        with raw_cursor() as cursor:
            rows = cursor.execute(_POINTS, [tracks, lowers, uppers], binary=True).fetchall()
        return [self._measured(*row) for row in rows]

    def _measured(self, track: int, times: bytes, *packed: bytes) -> WayPoints:
        columns = {
            name: unpack_numbers(each, ">f8") for name, each in zip(_STORED, packed, strict=True)
        }
        columns[Column.DISTANCE] = self._distances(
            track, columns[Column.LONGITUDE], columns[Column.LATITUDE]
        )
        return WayPoints(unpack_numbers(times, ">i8"), columns)

    def _distances(self, track: int, longitudes: Floats, latitudes: Floats) -> Floats:
        """Return the metres up to each point, and remember the last one."""
        before = self._last if self._last and self._last[0] == track else None
        _, longitude, latitude = before or (track, longitudes[0], latitudes[0])
        legs = leg_lengths(
            np.concatenate([[longitude], longitudes]), np.concatenate([[latitude], latitudes])
        )
        found: Floats = self._metres + np.cumsum(legs)
        self._metres = float(found[-1])
        self._last = track, float(longitudes[-1]), float(latitudes[-1])
        return found
