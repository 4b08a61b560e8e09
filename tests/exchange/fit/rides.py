"""Activities to write, and what is read of bytes."""

from __future__ import annotations

import io

import numpy as np

from apps.exchange.activity import Activity, Column, Lap, Points, Session, Totals
from apps.exchange.formats.fit import reader, writer

START = 1_447_751_696 * 256
"""A tick: 17 November 2015."""

MINUTES = 10
TOTALS = Totals(
    distance=1500.25,
    energy=4184.0 * 77,
    average_heart_rate=85,
    maximum_heart_rate=99,
    average_breathing_rate=16.5,
    maximum_speed=2.75,
)


def points(seconds: int, begin: int = START) -> Points:
    """Return a point per second with everything that can be known."""
    count = np.arange(seconds, dtype=np.float64)
    columns = {
        Column.LATITUDE: 45.5 + count * 1e-5,
        Column.LONGITUDE: -73.25 + count * 1e-5,
        Column.ALTITUDE: 30.2 + count % 5,
        Column.DISTANCE: count * 2.5,
        Column.SPEED: 2.5 + count % 3 / 1000,
        Column.HORIZONTAL_ACCURACY: 3 + count % 4,
        Column.HEART_RATE: 70 + count % 100,
        Column.STEP_RATE: 150 + count % 40,
        Column.BREATHING_RATE: 15 + count % 700 / 100,
        Column.TIDAL_VOLUME: 400 + count % 900,
        Column.MINUTE_VENTILATION: 8000 + count % 1000,
        Column.ENERGY: 90 + count % 200,
    }
    return Points(begin + 256 * np.arange(seconds), columns)


def session(
    seconds: int = MINUTES * 60, begin: int = START, laps: int = 0, activitytype: int = 10
) -> Session:
    """Return a session with laps of the same length."""
    end = begin + seconds * 256
    length = (end - begin) // max(laps, 1)
    parts = [(begin + number * length, begin + (number + 1) * length) for number in range(laps)]
    return Session(
        begin,
        end,
        activitytype,
        [points(seconds, begin)],
        tuple(Lap(*part, TOTALS) for part in parts),
        TOTALS,
        name="Über den Berg",
    )


def written(*sessions: Session, key: int = 37700) -> bytes:
    """Return a FIT file of sessions."""
    return b"".join(writer.write(Activity(sessions, key=key)))


def read(content: bytes) -> Activity:
    """Return what the reader makes of a FIT file."""
    return reader.read(io.BytesIO(content))


def read_session(content: bytes) -> Session:
    """Return the only session of a FIT file."""
    (found,) = read(content).sessions
    return found


def points_of(found: Session) -> Points:
    """Return the points of a session, which a reader gives in one piece."""
    (piece,) = found.points
    return piece
