"""Indicators and distributions of the demo world."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from apps.accounts.models import Profile
from apps.api.fields import plain_number
from apps.fitness import values
from apps.fitness.models import Kpi
from tests.fitness.shipped import KPIS
from tests.golden.conftest import Ask, ask
from tests.golden.world import demo_world

__all__ = ["ask", "demo_world"]

PROFILE = "/api/profile/1460/"


def test_the_weight_of_the_athlete_came_down_to_78(ask: Ask) -> None:
    found = ask(f"{PROFILE}fitness/weight/")["objects"]
    assert [row["value"] for row in found] == [78, 79.1, 79.9, 80.6, 81.4]
    assert {row["datatype"] for row in found} == {"/api/datatype/10000/"}
    assert found[0]["unit"]["si_short"] == "kg"


def test_profiles_show_the_newest_values(demo_world: None, db: None) -> None:
    """What the documents print is what the values say."""
    kpis = list(Kpi.objects.all())
    for profile in Profile.objects.exclude(fitness=None):
        newest = {kpi.name: values.newest_value(profile.user_id, kpi) for kpi in kpis}
        known = {name: plain_number(value) for name, value in newest.items() if value is not None}
        assert profile.fitness == known
        assert (profile.weight, profile.height) == (newest["weight"], newest["height"])


@pytest.mark.parametrize(
    ("kpi", "zone"),
    [
        ("vo2_max", 4),
        ("hr_max", 4),
        ("fitness_percentile", 3),
        ("weight", None),
        ("blood_glucose_level", None),
    ],
)
def test_zones_of_the_athlete(ask: Ask, kpi: str, zone: int | None) -> None:
    """At 41 his VO2max of 42 lies between the ends of the third and the fourth fifth, 39.9 and
    44.1, and so does his highest heart rate of 183, between 179.0 and 184.9."""
    with time_machine.travel(datetime(2021, 9, 28, tzinfo=UTC)):
        found = ask(f"{PROFILE}populationdistribution/{kpi}/")
    assert found["zone"] == zone
    assert found["age"] == 41


def test_all_indicators_have_a_place(ask: Ask) -> None:
    found = ask(f"{PROFILE}populationdistribution/")["objects"]
    assert [row["name"] for row in found] == sorted(KPIS)


def test_the_session_of_the_demo_world(ask: Ask) -> None:
    (found,) = ask("/api/trainingsession/")["objects"]
    assert found["users"] == ["/api/user/805/", "/api/user/1511/"]
    assert found["status"] == "complete"
    assert ask("/api/trainingsession/", by="stranger")["objects"] == []
