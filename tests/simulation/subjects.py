"""People made up for the tests of the simulator, and timelines of what they do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from apps.simulation import apnoea, timeline
from apps.simulation.artefacts import Artefact
from apps.simulation.profiles import Bout, Person, SimulationProfile
from apps.simulation.timeline import Timeline

START = 1_414_690_957 * 256
RUNNER = Person(sex="M", age=30, weight=78, height=1.82, hr_rest=55, hr_max=188, vo2max=50)


def person(**changes: Any) -> Person:
    """A runner of 30 years, but for the changes."""
    return replace(RUNNER, **changes)


def profile(*bouts: Bout, **changes: Any) -> SimulationProfile:
    """A profile of that runner, lying down unless told what else to do."""
    plan = bouts or (Bout(title="Rest", minutes=10, effort=0.0, posture="supine", restless=0.0),)
    given = SimulationProfile(name="test", title="Test", info="", person=RUNNER, plan=plan)
    return replace(given, **changes)


def during(seconds: int, *bouts: Bout, seed: int = 1, **changes: Any) -> Timeline:
    """A timeline of that profile."""
    return timeline.make_timeline(profile(*bouts, **changes), seed, START, seconds)


def asleep(made: Timeline, stage: int) -> Timeline:
    """The same, spent in one sleep stage, with the pauses of breath of the profile."""
    stages, told = np.full(made.seconds, stage, np.int8), made.profile
    pauses = apnoea.plan_apnoeas(stages, made.posture, told.apneas, told.apnea_kind, made.random(6))
    return replace(made, stage=stages, apnoeas=pauses)


def spoilt(made: Timeline, kind: str, target: str, first: float, last: float) -> Timeline:
    """The same, with one artefact of full strength between two seconds."""
    artefact = Artefact(kind, target, int(first * 256), int(last * 256), 1.0)
    return replace(made, artefacts=(artefact,))


RUN = Bout(title="Run", minutes=10, effort=0.75, speed=3.2)
