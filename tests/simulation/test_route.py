"""Tracks: rounds of the right length that end where they began."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.simulation import profiles, route, timeline
from apps.simulation.series import Floats
from tests.simulation.conftest import MIDNIGHT, doing

WALK = {"effort": 0.3, "speed": 1.4}


def metres(laid: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Metres north and east of the start."""
    north = (laid["latitude"] - route.HOME[0]) * 111_195
    east = (laid["longitude"] - route.HOME[1]) * 111_195 * np.cos(np.radians(route.HOME[0]))
    return north, east


@pytest.mark.parametrize("name", ["cycling", "run", "walk", "stroll"])
@pytest.mark.parametrize("seed", range(1, 6))
def test_people_come_home_as_high_as_they_left(name: str, seed: int) -> None:
    who = profiles.read_profile(name)
    line = timeline.make_timeline(who, seed, MIDNIGHT, round(who.minutes * 60))
    laid = route.lay_route(line)
    north, east = metres(laid)
    assert np.hypot(north[-1], east[-1]) < 20
    assert abs(laid["altitude"][-1] - route.HOME[2]) < 1
    assert laid["altitude"].min() > 50
    away = np.hypot(north, east).max()
    assert 0.15 < away / line.speed.sum() < 0.5


def test_a_cyclist_climbs_on_the_way() -> None:
    who = profiles.read_profile("cycling")
    line = timeline.make_timeline(who, 1, MIDNIGHT, round(who.minutes * 60))
    assert 100 < np.ptp(route.lay_route(line)["altitude"]) < 200


def test_who_only_climbs_stays_up() -> None:
    laid = route.lay_route(doing({**WALK, "grade": 0.05}))
    assert laid["altitude"][-1] == pytest.approx(60 + 0.05 * 600 * 1.4, rel=0.1)


def test_who_stands_is_at_home() -> None:
    laid = route.lay_route(doing({}))
    assert {*laid["latitude"]} == {route.HOME[0]}
    assert {*laid["altitude"]} == {route.HOME[2]}


@given(st.integers(0, 2**31), st.integers(10, 3000), st.floats(0.1, 1))
@settings(max_examples=40, deadline=None)
def test_any_way_has_the_length_of_its_speed(seed: int, seconds: int, share: float) -> None:
    line = doing({**WALK, "share": share}, seed=seed, seconds=seconds)
    north, east = metres(route.lay_route(line))
    gone = np.hypot(np.diff(north), np.diff(east))
    np.testing.assert_allclose(gone, line.speed[1:], atol=0.01)
    assert np.hypot(north[-1], east[-1]) < 20 + 0.05 * line.speed.sum()
