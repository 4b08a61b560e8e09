"""What varies the rate of a healthy sinus node, beside what a person does.

Vagus and sympathetic nerve act by way of breathing, of the baroreflex (waves of ten seconds), of
heat (waves of a minute or two) and of everything else, whose spectrum falls as 1/f. Together they
give the spectra of people at rest (Nunan 2010) and over a day (Bigger 1995). With load all of them
fade, until only the unevenness of the node itself is left, which has no memory: the short-term
fractal exponent falls from 1 to 0.75 at the first threshold and to 0.5 at the second (Rogers 2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import NREM, REM
from apps.simulation import exchange
from apps.simulation.breath import Breaths
from apps.simulation.people import fitness_of
from apps.simulation.profiles import Person
from apps.simulation.series import (
    Floats,
    bell_spectrum,
    follow_target,
    fractal_spectrum,
    interpolate_at,
    shaped_noise,
    values_at,
)
from apps.simulation.sleep import by_stage
from apps.simulation.timeline import Timeline

RESERVE_POWER = 0.9
"""The power of the effort that is the used share of the reserve of the heart rate."""

GRID = 4
"""Values per second of what varies the rate."""

_SLOW, _UNEVEN, _TRAITS = 1018, 1020, 1021
"""Random streams."""

_DIFFER = 0.22, 0.22, 0.12
"""How much people of an age and fitness differ in what their nerves do, as logarithms: that of
RMSSD by some 0.3 (Nunan 2010)."""
_TRAINED = 0.12
"""How much more the vagus acts with each standard deviation of fitness (Sandercock 2005)."""

_STANDS = np.array([1.0, 0.6, 0.0, 0.0, 0.0, 0.0])
"""How upright each posture is, for the baroreflex."""
_LIES = 2
"""Postures from this one on are lying."""


@dataclass(frozen=True)
class Nerves:
    """What the nerves do at each moment: the `vagal` tone (1 at rest at 30 years), the `load` as a
    share of the heart rate's reserve, how `upright` the body is, how `busy` the person with small
    things, both from 0 to 1, the `stage` of sleep, and what years leave of the baroreflex
    (`ageing`, 1 at 30)."""

    vagal: Floats
    load: Floats
    upright: Floats
    busy: Floats
    stage: NDArray[np.int8]
    ageing: float


@dataclass(frozen=True)
class Traits:
    """How strong one person's nerves are, against the mean: those of breathing (`vagal`), of the
    baroreflex (`reflex`), and what strays (`wander`)."""

    vagal: float
    reflex: float
    wander: float


def draw_traits(timeline: Timeline) -> Traits:
    """Return those of a heart and of the fitness of its owner. Powers are as usual on average."""
    drawn = timeline.heart_random(_TRAITS).standard_normal(len(_DIFFER)).clip(-2, 2)
    differ = np.array(_DIFFER)
    vagal, reflex, wander = np.exp(differ * drawn - differ**2).tolist()
    trained = math.exp(_TRAINED * fitness_of(timeline.profile.person))
    return Traits(vagal * trained, reflex, wander)


def nerves_at(timeline: Timeline, rate: Floats, moments: Floats) -> Nerves:
    """Return what they do at moments (s). `rate` is per minute, before it varies."""
    person = timeline.profile.person
    stage = values_at(timeline.stage, moments)
    upright = follow_target(_STANDS[timeline.posture], 8.0, 8.0)
    return Nerves(
        _vagal_tone(person, rate, stage),
        np.clip((rate - person.hr_rest) / (person.hr_max - person.hr_rest), 0, 1),
        interpolate_at(upright, moments),
        interpolate_at(_busy(timeline), moments),
        stage,
        math.exp((30 - person.age) / 85) * _ripeness(person) ** 0.5,
    )


def _busy(timeline: Timeline) -> Floats:
    """Return how much small movements and thoughts stir the heart each second, from 0 to 1."""
    table = np.array([bout.restless for bout in timeline.profile.plan])
    return follow_target(np.minimum(table[timeline.bout], 0.5), 20.0, 20.0)


def _vagal_tone(person: Person, rate: Floats, stage: NDArray[np.int8]) -> Floats:
    """Return how strongly the vagus nerve acts: not at all with effort, less with age and in the
    first years, more in deep sleep."""
    asleep = by_stage(stage, nrem=1.0, rem=0.75, wake=1.0)
    fading = 45 if person.age > 30 else 24
    young = math.exp((30 - person.age) / fading) * _ripeness(person)
    calm = np.exp(-2.8 * np.maximum(rate / person.hr_rest - 1.05, 0))
    strength: Floats = np.clip(young * calm * asleep, 0.01, 2.6)
    return strength


def _ripeness(person: Person) -> float:
    """Return how far the nerves of the heart have ripened, from 0 to 1 (Massin 1997)."""
    return -math.expm1(-(person.age + 1) / 3)


def vary_rate(timeline: Timeline, breaths: Breaths, nerves: Nerves, moments: Floats) -> Floats:
    """Return by what share the rate differs from the usual one, `GRID` times a second."""
    random, slow, own = timeline.random(18), timeline.random(_SLOW), draw_traits(timeline)

    def noise(source: np.random.Generator, power: Callable[[Floats], Floats]) -> Floats:
        return shaped_noise(source, len(moments), GRID, power)

    varied = 0.033 * own.vagal * nerves.vagal * _respiratory_arrhythmia(timeline, breaths, moments)
    varied += own.reflex * _baroreflex(nerves) * noise(random, bell_spectrum(0.095, 0.022))
    varied += own.wander * _wandering(nerves) * noise(slow, fractal_spectrum(0.06, 0.0007))
    quick = _quick_wandering(nerves, timeline.profile.person)
    varied += quick * noise(slow, _quick_spectrum)
    varied += _heat(nerves) * noise(slow, bell_spectrum(0.012, 0.008))
    return varied


def _respiratory_arrhythmia(timeline: Timeline, breaths: Breaths, moments: Floats) -> Floats:
    """Return -1 to 1: fastest at the end of inspiration. Breaths that are quicker than usual at
    rest affect the heart less."""
    which = breaths.find_breath(moments)
    usual = 58 / exchange.resting_rate(timeline.profile.person)
    slow = np.clip(usual / breaths.lengths[which], 0.6, 1.4) ** -1
    wave: Floats = -np.cos(2 * np.pi * breaths.breath_phase(moments)) * slow
    return wave


def _fading(nerves: Nerves) -> Floats:
    """Return what load leaves of slow waves, which do not mind standing up."""
    left: Floats = np.exp(-4 * np.maximum(nerves.load - 0.2, 0))
    return left


def _baroreflex(nerves: Nerves) -> Floats:
    """Return how high waves of ten seconds are: higher standing, and none under load."""
    sleeping = by_stage(nerves.stage, nrem=0.8, rem=1.1, wake=1.0)
    awake = 0.0255 + 0.015 * nerves.upright + 0.034 * nerves.busy
    share: Floats = nerves.ageing * nerves.vagal**0.25 * awake * sleeping
    return share * _fading(nerves)


def _wandering(nerves: Nerves) -> Floats:
    """Return how far the rate strays within minutes and hours: most awake and in dreams."""
    awake = 0.030 + 0.018 * nerves.upright + 0.17 * nerves.busy
    share = np.select([nerves.stage == NREM, nerves.stage == REM], [0.028, 0.055], awake)
    return share * _fading(nerves)


def _quick_spectrum(hertz: Floats) -> Floats:
    """Return 1/f from 0.03 to 1 Hz, where windows of 4 to 16 beats look."""
    power: Floats = np.exp(-(hertz**4)) / np.maximum(hertz, 0.03)
    return power


def _loads(person: Person) -> tuple[float, ...]:
    """Return shares of the reserve of the heart rate; the last but two and one are those at the
    thresholds."""
    first, second = (round(effort**RESERVE_POWER, 2) for effort in (person.vt1, person.vt2))
    return 0.0, first * 0.15 / 0.61, first * 0.40 / 0.61, first, second, 1.0


def _quick_wandering(nerves: Nerves, person: Person) -> Floats:
    young = np.clip(np.exp((30 - person.age) / 90), 0.5, 1.15)
    share: Floats = young * np.interp(
        nerves.load, _loads(person), (0.019, 0.024, 0.012, 0.0048, 0.0020, 0.001)
    )
    return share


def _heat(nerves: Nerves) -> Floats:
    """Return how much the vessels of the skin move the rate, which open and close within a minute
    or two."""
    asleep = by_stage(nerves.stage, nrem=0.010, rem=0.020, wake=0.024)
    return asleep * _fading(nerves)


def uneven_beats(timeline: Timeline, load: Floats) -> Floats:
    """Return how much longer than usual each interval is, as a share, from the load at it.

    Under hard load, a long interval is often followed by a short one.
    """
    loads = _loads(timeline.profile.person)
    share = np.interp(load, loads, (0.004, 0.004, 0.006, 0.009, 0.010, 0.011))
    made_up = np.interp(load, loads, (0.0, 0.0, 0.0, 0.05, 0.24, 0.30))
    scatter = timeline.random(_UNEVEN).standard_normal(len(load) + 1).clip(-3, 3)
    made: Floats = share * (scatter[1:] - made_up * scatter[:-1])
    return made


def orthostatic_response(timeline: Timeline) -> Floats:
    """Return beats per minute each second that rising adds for a while.

    The rate peaks some 11 s after it, and is lowest some 22 s after it, near the 30th beat (Ewing
    1978). Turning over in bed quickens the heart for some seconds.
    """
    posture = timeline.posture
    lying = posture >= _LIES
    rising = np.diff(_STANDS[posture], prepend=_STANDS[posture[:1]]).clip(0, None)
    turning = np.diff(posture, prepend=posture[:1]) != 0
    turning &= lying & np.concatenate((lying[:1], lying[:-1]))
    young = np.exp((30 - timeline.profile.person.age) / 70)
    seconds = np.arange(90.0)
    peak = 14 * np.exp(-(((seconds - 11) / 6) ** 2)) - 4 * np.exp(-(((seconds - 22) / 6) ** 2))
    stir = 7 * (1 - np.exp(-seconds / 2)) * np.exp(-seconds / 9)
    added = np.convolve(young * rising, peak) + np.convolve(turning, stir)
    return added[: timeline.seconds]
