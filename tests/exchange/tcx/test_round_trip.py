"""What is written as TCX and read again is the same."""

from __future__ import annotations

import io
from dataclasses import replace

from apps.exchange.activity import Activity, Lap, Session, Totals
from apps.exchange.formats.tcx import reader, writer
from tests.exchange.sessions import START, assert_equal, only, points, session, ticks, whole


def read_back(*sessions: Session) -> Activity:
    return reader.read(io.BytesIO(b"".join(writer.write(Activity(sessions, key=7)))))


def test_points_and_times_come_back() -> None:
    found = only(read_back(session(600)))
    assert_equal(whole(found), points(600))
    assert (found.start, found.end) == (START, ticks(600))
    assert (found.activitytype, found.name, found.note) == (10, "A run", "")
    assert found.laps == ()


def test_laps_come_back_and_gaps_do_not_become_laps() -> None:
    totals = Totals(1234.5, 4184.0 * 99, 120, 150, 14.5, 3.5)
    laps = (
        Lap(ticks(30), ticks(100), totals, "uphill"),
        Lap(ticks(100), ticks(200.5)),
        Lap(ticks(300), ticks(600)),
    )
    found = only(read_back(session(600, laps)))
    assert found.laps == laps
    assert_equal(whole(found), points(600))


def test_pieces_of_points_are_put_together() -> None:
    parts = tuple(points(50, first) for first in range(0, 600, 50))
    found = only(read_back(replace(session(600), points=parts)))
    assert_equal(whole(found), points(600))


def test_several_sessions_are_several_activities() -> None:
    later = Session(ticks(700), ticks(800), 1, (points(100, 700),))
    first, second = read_back(session(600), later).sessions
    assert (first.activitytype, second.activitytype) == (10, 1)
    assert_equal(whole(second), points(100, 700))
