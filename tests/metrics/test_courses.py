"""Speed, distance and height, from points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.metrics import courses
from apps.metrics.courses import Course
from apps.metrics.stretches import TrackPart
from apps.tracks.reading import PlacedPoints

SECOND = 256
STEP = 1e-4
"""Degrees of longitude between points on the equator."""
METRES = 6_378_137 * np.pi / 180 * STEP


def points(*seconds: float, **more: Any) -> PlacedPoints:
    """Points to the east on the equator at these seconds, without speeds and heights."""
    nothing = np.full(len(seconds), np.nan)
    return PlacedPoints(
        (np.array(seconds) * SECOND).astype(np.int64),
        np.arange(len(seconds), dtype=np.float64) * STEP,
        np.zeros(len(seconds)),
        np.array(more.get("altitudes", nothing), np.float64),
        np.array(more.get("speeds", nothing), np.float64),
    )


def course(found: PlacedPoints, start: float = 0, end: float = 1e6) -> Course:
    return courses._course([(TrackPart(1, int(start * SECOND), int(end * SECOND)), found)])


def test_a_way_is_as_long_as_its_legs() -> None:
    assert courses.distance(course(points(0, 5, 6, 60))) == pytest.approx(3 * METRES)


@pytest.mark.parametrize("cut", [0.25, 5, 5.5, 6, 30, 59])
def test_parts_of_a_time_add_up(cut: float) -> None:
    whole = points(0, 5, 6, 60)
    parts = [courses.distance(course(whole, 0, cut)), courses.distance(course(whole, cut, 60))]
    assert sum(each or 0 for each in parts) == pytest.approx(3 * METRES)


def test_a_leg_counts_with_the_share_of_its_time() -> None:
    found = course(points(0, 10), 2, 7)
    assert courses.distance(found) == pytest.approx(METRES / 2)
    assert courses.whole_speed(found) == pytest.approx(METRES / 10)


def test_points_of_one_moment_have_a_length_and_no_speed() -> None:
    found = course(points(0, 1, 1, 2))
    assert courses.distance(found) == pytest.approx(3 * METRES)
    assert courses.whole_speed(found) == pytest.approx(3 * METRES / 2)
    assert courses.top_speed(found) == pytest.approx(METRES)


def test_speeds_are_those_that_are_told() -> None:
    found = course(points(0, 1, 2, 3, speeds=[9, 3, -1, np.nan]))
    assert courses.top_speed(found) == pytest.approx(METRES)
    assert courses.top_speed(course(points(0, 1, 2, speeds=[9, 20, 30]), 0, 1)) == 20


def test_who_stands_does_not_move() -> None:
    found = course(points(0, 1, 2, 102))
    assert courses.moving_speed(found) == pytest.approx(METRES)
    assert courses.whole_speed(found) == pytest.approx(3 * METRES / 102)
    assert courses.moving_speed(course(points(0, 1000))) is None


@pytest.mark.parametrize(
    ("heights", "up", "down"),
    [
        ([5, 5, 5], 0, 0),
        ([0, 10, 0], 10, 10),
        ([0, 2, 0, 2, 0], 0, 0),
        ([0, 2, 4, 6], 6, 0),
        ([0, 10, 8, 15, 3], 15, 12),
        ([np.nan, 0, np.nan, 4], 4, 0),
        ([7], 0, 0),
    ],
)
def test_climbs(heights: list[float], up: float, down: float) -> None:
    found = course(points(*range(len(heights) + 1), altitudes=[*heights, np.nan]))
    assert (courses.ascent(found), courses.descent(found)) == (up, down)


def test_nothing_is_null() -> None:
    measures = (
        courses.distance,
        courses.top_speed,
        courses.moving_speed,
        courses.whole_speed,
        courses.ascent,
        courses.descent,
    )
    for found in (courses.NOWHERE, course(points()), course(points(5))):
        assert [measure(found) for measure in measures] == [None] * 6
    assert courses.ascent(course(points(0, 1))) is None
    assert courses.distance(course(points(0, 1), 5, 9)) is None
