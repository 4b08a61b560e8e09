"""Channels that the server or the device derives from others: energy, sleep, temperature,
battery."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics import energy as power
from apps.metrics.sleep import WAKE
from apps.simulation.profiles import Person
from apps.simulation.series import (
    Events,
    Floats,
    follow_target,
    fractal_spectrum,
    shaped_noise,
    to_counts,
)
from apps.simulation.timeline import RUNNING, Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Channel = NDArray[np.uint16]

_JOULE_PER_ML = 20.9
"""The energy of a millilitre of oxygen (usual energy equivalent)."""
_STEP_RATIO = 0.0064
"""Metres of a step for each step/min: the ratio that walkers keep."""


def resting_watts(person: Person) -> float:
    """Return the power at rest in watt (behaviour 5)."""
    return power.resting_power(_physique_of(person))


def energy_by_metrics(person: Person, heart_rate: NDArray[Any]) -> Channel:
    """Return datatype 42, 1 Hz, watt, from datatype 19: the power of the metrics, truncated.

    It is Mifflin up to the heart rate at rest, Keytel from 0.6 of the maximal one on, and in
    between a line from the one to the other (behaviour 10, metrics 3.4).
    """
    return to_counts(np.trunc(power.power(heart_rate, _physique_of(person))))


def _physique_of(person: Person) -> power.Physique:
    return power.Physique(
        **{each.name: getattr(person, each.name) for each in fields(power.Physique)}
    )


def energy_of_heart(person: Person, heart_rate: NDArray[Any]) -> Channel:
    """Return datatype 1019, 1 Hz, watt: the used share of the heart rate reserve is that of
    oxygen."""
    above_rest = heart_rate - float(person.hr_rest)
    reserve = above_rest / (person.hr_max - person.hr_rest)
    oxygen = person.vo2max * person.weight / 60
    resting = resting_watts(person)
    spare = oxygen * _JOULE_PER_ML - resting
    return to_counts(resting + np.clip(reserve, 0, 1) * spare)


def energy_of_activity(person: Person, activity: NDArray[Any]) -> Channel:
    """Return datatype 1049, 1 Hz, watt, from datatype 49 in 1/256 g.

    It is Mifflin at rest, and 10 W/kg more for each g of acceleration. A walk of 0.37 g takes about
    four times as much as rest.
    """
    return to_counts(
        resting_watts(person) + 10.0 * person.weight * activity.astype(np.float64) / 256
    )


def energy_of_cadence(person: Person, cadence: NDArray[Any]) -> Channel:
    """Return datatype 1053, 1 Hz, watt, from datatype 53 in steps per minute.

    Cadence and height give the speed, and the speed gives the oxygen of a walk or a run: 0.1 and
    0.2 mL/kg for each metre on the flat (ACSM's metabolic equations).
    """
    rate = cadence.astype(np.float64)
    walking = _STEP_RATIO * rate**2 / 60 * (person.height / 1.75)
    running = RUNNING + np.clip(rate - 155, 0, 60) / 10
    runs = rate > 150
    oxygen = np.where(runs, 0.2 * running, 0.1 * np.minimum(walking, RUNNING)) * 60
    return to_counts(resting_watts(person) + oxygen * person.weight / 60 * _JOULE_PER_ML)


def sleep_phases(timeline: Timeline) -> Events:
    """Return datatype 280: stages at the ticks at which they begin; none if nobody sleeps."""
    stage = timeline.stage.astype(np.int64)
    if np.all(stage == WAKE):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    begins = np.flatnonzero(np.diff(stage, prepend=-1))
    return begins * SECOND, stage[begins]


def respiration_temperature(timeline: Timeline) -> NDArray[np.int16]:
    """Return datatype 338, 1 Hz, 1/100 degree Celsius: the board warms up in the garment."""
    random = timeline.random(338)
    passed = np.arange(timeline.seconds)
    warming = 8.5 * -np.expm1(-passed / 900)
    heat = 1.5 * follow_target(timeline.effort, 600.0, 900.0)
    celsius = 24 + warming + heat + 0.15 * _slow_drift(timeline, random)
    return np.rint(100 * celsius).astype(np.int16)


def device_temperature(timeline: Timeline) -> Channel:
    """Return datatype 246, 1 Hz, raw: a tenth of a degree per count (no scale is published)."""
    random = timeline.random(246)
    passed = np.arange(timeline.seconds)
    return to_counts(
        10 * (27 + 7 * -np.expm1(-passed / 1200) + 0.3 * _slow_drift(timeline, random))
    )


def battery_level(timeline: Timeline) -> Channel:
    """Return datatype 247, 1 Hz, raw: from 2,600 when full down to 2,300 (behaviour 10).

    It lasts about 32 hours. In a longer record it is charged in between.
    """
    random = timeline.random(247)
    hours = random.uniform(0, 3) + np.arange(timeline.seconds) / 3600
    level = 2600 - 300 * (hours % 32 / 32)
    return to_counts(level + random.normal(0, 0.8, timeline.seconds))


def _slow_drift(timeline: Timeline, random: np.random.Generator) -> Floats:
    return shaped_noise(random, timeline.seconds, 1.0, fractal_spectrum(0.005))
