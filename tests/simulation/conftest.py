"""People to simulate: profiles of one or two bouts, and those that come with the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from apps.simulation import profiles, timeline
from apps.simulation.profiles import SimulationProfile
from apps.simulation.timeline import Timeline

PERSON = {
    "sex": "F",
    "age": 30,
    "weight": 60,
    "height": 1.7,
    "hr_rest": 60,
    "hr_max": 190,
    "vo2max": 45,
}

MIDNIGHT = 1_400_025_600 * 256
"""14 May 2014, 00:00 UTC."""

Doing: TypeAlias = Callable[..., Timeline]


def profile(*bouts: dict[str, Any], **more: Any) -> SimulationProfile:
    """A profile with that plan; bouts take ten minutes and no effort unless they say so."""
    plan = [{"title": "Bout", "minutes": 10, "effort": 0, "restless": 0, **bout} for bout in bouts]
    row = {"title": "Test", "info": "", "person": PERSON, "plan": plan, **more}
    return profiles.parse_profile("test", row)


def doing(
    *bouts: dict[str, Any], seconds: int = 600, seed: int = 1, start: int = MIDNIGHT, **more: Any
) -> Timeline:
    """What somebody does who has that plan."""
    return timeline.make_timeline(profile(*bouts, **more), seed, start, seconds)


@pytest.fixture(params=profiles.profile_names())
def each(request: pytest.FixtureRequest) -> SimulationProfile:
    """Every profile that comes with the program, one after the other."""
    return profiles.read_profile(request.param)
