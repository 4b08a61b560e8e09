"""Limits of zones, and whose they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from apps.accounts.models import Profile, User
from apps.accounts.zones import own_zones
from apps.metrics.wearer import Wearer, wearers
from apps.metrics.zones import limits
from tests.signals.conftest import START, client_of

STEPS = [0, 2000, 5000, 7500, 10000, 25000]
ATHLETE = [65, 67, 70, 72, 74, 88]
USUAL = [0, 114, 133, 152, 171, 250]


@pytest.mark.rule("metrics 2")
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


def test_a_profile_has_its_own_zones(athlete: User) -> None:
    profile = Profile.objects.create(user=athlete, fitness={"hr_max": 0, "hr_rest": 52, "x": 1})
    assert wearers([athlete.pk]) == {athlete.pk: Wearer(athlete.pk, hr_rest=52)}
    client = client_of(athlete)
    answer = client.patch(f"/api/profile/{profile.pk}/", {"zones": ATHLETE}, format="json")
    assert answer.status_code == 202, answer.content
    found = wearers([athlete.pk])[athlete.pk]
    assert limits(44, USUAL, found, START) == ATHLETE
    client.patch(f"/api/profile/{profile.pk}/", {"zones": None}, format="json")
    assert limits(44, USUAL, wearers([athlete.pk])[athlete.pk], START) == USUAL


REMEDY = "Zones are six rising numbers from 0 on, or a list of objects, or null."
SAID = {"profile": {"zones": [REMEDY]}}


@pytest.mark.parametrize(
    "zones",
    [
        [65, 67, 70, 72, 74],
        [65, 67, 70, 72, 74, 88, 90],
        [65, 67, 70, 72, 74, 74],
        [88, 74, 72, 70, 67, 65],
        [-1, 67, 70, 72, 74, 88],
        ["65", "67", "70", "72", "74", "88"],
        [65, 67, 70, 72, 74, None],
        [True, 67, 70, 72, 74, 88],
        [65, {"name": "easy"}],
    ],
)
@pytest.mark.parametrize("verb", ["patch", "put"])
def test_malformed_zones_are_refused(athlete: User, zones: list[Any], verb: str) -> None:
    profile = Profile.objects.create(user=athlete, zones=ATHLETE)
    answer = getattr(client_of(athlete), verb)(
        f"/api/profile/{profile.pk}/", {"unit_system": "metric", "zones": zones}, format="json"
    )
    assert (answer.status_code, answer.json()) == (400, SAID)
    profile.refresh_from_db()
    assert profile.zones == ATHLETE


@pytest.mark.parametrize(
    "zones", [None, [], [0, 1.5, 2, 3, 4, 5], [{"name": "easy"}], [[0, 114], [114, 133]]]
)
def test_other_zones_are_kept(athlete: User, zones: Any) -> None:
    profile = Profile.objects.create(user=athlete, zones=[1, 2])
    client, path = client_of(athlete), f"/api/profile/{profile.pk}/"
    assert client.patch(path, {"unit_system": "metric"}, format="json").status_code == 202
    answer = client.patch(path, {"zones": zones}, format="json")
    assert (answer.status_code, answer.json()["zones"]) == (202, zones)
