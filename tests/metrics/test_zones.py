"""Limits and zones: captured pairs, and whose limits they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from apps.api.versions import NEWEST, OLDEST, Version
from apps.metrics.wearer import Wearer, own_zones
from apps.metrics.zones import limits, zone
from tests.signals.conftest import START

ACTIVITY = [0, 0.1, 0.2, 0.3, 0.4, 0.5]
NORM = [50, 60, 70, 80, 90, 100]
STEPS = [0, 2000, 5000, 7500, 10000, 25000]
ATHLETE_2014 = [65, 67, 70, 72, 74, 77]
ATHLETE = [65, 67, 70, 72, 74, 88]
USUAL = [0, 114, 133, 152, 171, 250]


@pytest.mark.parametrize(
    ("found", "value", "version", "expected"),
    [
        (ACTIVITY, 0.1585, Version.V3_3, 2),
        (NORM, 69.84, OLDEST, 2),
        (NORM, None, OLDEST, None),
        (ATHLETE_2014, 0, OLDEST, 0),
        (ATHLETE_2014, 52.89, OLDEST, 0),
        (ATHLETE_2014, 110.01, OLDEST, -1),
        (ATHLETE_2014, 149.1, OLDEST, -1),
        (ATHLETE, 103.29, Version.V3_3, 6),
        (STEPS, 0, OLDEST, 1),
        (STEPS, 52, OLDEST, 1),
        (STEPS, 3767, OLDEST, 2),
        (STEPS, 4034, OLDEST, 2),
        (STEPS, 5679, OLDEST, 3),
        ([], 12.5, OLDEST, -1),
        ([], 12.5, NEWEST, -1),
        ([], None, NEWEST, None),
    ],
)
def test_captured_zones(
    found: list[float], value: float | None, version: Version, expected: int | None
) -> None:
    assert zone(value, found, version) == expected


@pytest.mark.parametrize(
    ("wearer", "expected"),
    [
        (Wearer(1, hr_max=190), USUAL),
        (Wearer(1, born=date(1984, 1, 1)), USUAL),
        (Wearer(1), USUAL),
        (Wearer(1, hr_max=200), [0, 120, 140, 160, 180, 250]),
        (Wearer(1, hr_max=200, zones=tuple(ATHLETE)), ATHLETE),
    ],
)
def test_the_heart_rate_has_zones_of_its_wearer(wearer: Wearer, expected: list[float]) -> None:
    assert limits(44, USUAL, wearer, START) == expected
    assert limits(71, STEPS, wearer, START) == STEPS
    assert limits(47, [], wearer, START) == []


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        (ATHLETE, tuple(ATHLETE)),
        ([1.5, 2, 3, 4, 5, 6], (1.5, 2, 3, 4, 5, 6)),
        (None, ()),
        ({"a": 1}, ()),
        ([1, 2, 3, 4, 5], ()),
        ([1, 2, 3, 4, 5, 5], ()),
        ([1, 2, 3, 4, 5, "6"], ()),
        ([False, True, 2, 3, 4, 5], ()),
        ([{"name": "easy"}], ()),
    ],
)
def test_zones_of_a_profile_are_six_rising_numbers(zones: Any, expected: tuple[float, ...]) -> None:
    assert own_zones(zones) == expected
