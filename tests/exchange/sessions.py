"""Sessions to write and to read back, and texts of points to build files from."""

from __future__ import annotations

import numpy as np

from apps.exchange.activity import Activity, Column, Floats, Lap, Points, Session, Totals
from hexostore.hexotime import TICKS_PER_SECOND

START = 358_285_438_976
"""2014-05-08T12:34:56Z."""


def ticks(seconds: float) -> int:
    """The tick so many seconds after START."""
    return START + round(seconds * TICKS_PER_SECOND)


def points(seconds: int, first: int = 0) -> Points:
    """A point each second, with everything that a point can tell."""
    count = np.arange(first, first + seconds, dtype=np.float64)
    columns: dict[Column, Floats] = {
        Column.LATITUDE: 45.5 + count * 1e-5,
        Column.LONGITUDE: -73.5 - count * 2e-5,
        Column.ALTITUDE: 100 + count % 50 * 0.25,
        Column.DISTANCE: count * 2.5,
        Column.SPEED: 2.5 + count % 4 * 0.125,
        Column.HEART_RATE: 60.0 + count % 100,
        Column.STEP_RATE: 160.0 + count % 5 * 2,
        Column.BREATHING_RATE: 15.0 + count % 10,
        Column.TIDAL_VOLUME: 500 + count % 7 * 13.25,
        Column.MINUTE_VENTILATION: 7500.0 + count % 90,
        Column.ENERGY: 300.0 + count % 60,
    }
    return Points(START + count.astype(np.int64) * TICKS_PER_SECOND, columns)


def session(seconds: int = 600, laps: tuple[Lap, ...] = ()) -> Session:
    """A run of so many seconds."""
    return Session(
        START, ticks(seconds), 10, (points(seconds),), laps, totals=Totals(), name="A run"
    )


def only(activity: Activity) -> Session:
    """The session of an activity that has one."""
    (found,) = activity.sessions
    return found


def whole(found: Session) -> Points:
    """All points of a session."""
    parts = list(found.points)
    names = {name for part in parts for name in part.columns}
    return Points(
        np.concatenate([np.empty(0, np.int64), *(part.times for part in parts)]),
        {name: np.concatenate([part.column(name) for part in parts]) for name in names},
    )


def assert_equal(first: Points, second: Points) -> None:
    """Both have the same moments, and the same values but for the last digit written."""
    np.testing.assert_array_equal(first.times, second.times)
    assert first.columns.keys() == second.columns.keys()
    for name in first.columns:
        np.testing.assert_allclose(first.column(name), second.column(name), atol=5e-3, rtol=0)
    for name in (Column.LATITUDE, Column.LONGITUDE):
        np.testing.assert_allclose(first.column(name), second.column(name), atol=1e-7, rtol=0)
