"""Lengths of ways on the ellipsoid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tracks.geodesy import leg_lengths, way_length

PLACES = st.tuples(
    st.floats(-180, 180, allow_subnormal=False), st.floats(-85, 85, allow_subnormal=False)
)
WAYS = st.lists(PLACES, min_size=1, max_size=20)


def length(way: list[tuple[float, float]]) -> float:
    longitudes, latitudes = zip(*way, strict=True)
    return way_length(longitudes, latitudes)


@settings(deadline=None)
@given(WAYS)
def test_a_way_is_as_long_there_as_back(way: list[tuple[float, float]]) -> None:
    assert length(way) == pytest.approx(length(way[::-1]), rel=1e-12)


@settings(deadline=None)
@given(WAYS, WAYS)
def test_parts_of_a_way_add_up(
    first: list[tuple[float, float]], second: list[tuple[float, float]]
) -> None:
    second = [first[-1], *second]
    whole = length([*first, *second])
    assert whole == pytest.approx(length(first) + length(second), rel=1e-12)


@settings(deadline=None)
@given(PLACES)
def test_who_stays_goes_nowhere(place: tuple[float, float]) -> None:
    assert length([place, place]) == 0


def test_nothing_has_no_length() -> None:
    assert way_length([], []) == way_length([5], [6]) == 0


@pytest.mark.rule("exchange D1")
@pytest.mark.parametrize(
    ("way", "metres"),
    [
        ([(0, 0), (1 / 3600, 0)], 30.922),  # an arc second on the equator
        ([(0, -1 / 7200), (0, 1 / 7200)], 30.715),  # of a meridian there
        ([(0, 45 - 1 / 7200), (0, 45 + 1 / 7200)], 30.870),
    ],
)
def test_known_lengths(way: list[tuple[float, float]], metres: float) -> None:
    """Arc seconds of the ellipsoid, as tables of WGS 84 have them."""
    assert length(way) == pytest.approx(metres, abs=0.001)


def test_the_date_line_is_no_detour() -> None:
    across = way_length([179.999, -179.999], [10, 10])
    assert across == pytest.approx(way_length([0, 0.002], [10, 10]), rel=1e-9)


def test_legs_are_one_less_than_points() -> None:
    legs = leg_lengths(np.linspace(0, 1, 11), np.zeros(11))
    assert legs.shape == (10,)
    assert math.isclose(legs.sum(), np.pi * 6_378_137 / 180, rel_tol=1e-12)
