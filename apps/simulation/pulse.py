"""The head sensor of the Astroskin: pulse waves, transit times, pressure and oxygen.

Systolic pressure follows effort, posture, sleep and Mayer waves. The higher it is, the sooner the
pulse of a beat reaches the forehead, and the device computes the pressure from that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from apps.metrics.event_series import hold, running
from apps.metrics.heartbeats import mean_rate
from apps.simulation import apnoea, artefacts
from apps.simulation.breath import Breaths
from apps.simulation.heart import Beats, shown_ticks
from apps.simulation.series import (
    Events,
    Floats,
    Ints,
    Single,
    add_by_turns,
    bell_spectrum,
    draw_lines,
    follow_target,
    fractal_spectrum,
    interpolate_at,
    shaped_noise,
    split_blocks,
    to_counts,
)
from apps.simulation.sleep import by_stage
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

RATE = 64
"""Samples per second of the photoplethysmogram."""
ZERO, SWING = 24_000, 2_000
"""Level and usual pulse height of the photoplethysmogram in counts."""
REFERENCE_M = 1.75
"""The height for which the uncalibrated pressure is correct."""

_FASTEST, _SLOWEST = 0.18, 0.28
"""Transit times in s to the forehead (usual range), at `_HIGHEST` and `_LOWEST` mmHg."""
_HIGHEST, _LOWEST = 200.0, 90.0

_WIDTH, _PHASES, _APART = 96, 8, 6
_LEVELS: Floats = np.geomspace(0.3, 1.6, 16)
_GRID = 4


@dataclass(frozen=True)
class Pulses:
    """Pulses at the forehead: when each arrives (`times` in s, `ticks`), its transit time in ticks,
    its `height` (1 is usual) and its `interval` in s."""

    times: Floats
    ticks: Ints
    transit: Ints
    height: Floats
    interval: Floats


def true_pressure(timeline: Timeline) -> Floats:
    """Return systolic pressure in mmHg each second."""
    random = timeline.random(98)
    effort = follow_target(timeline.effort, 25.0, 45.0)
    asleep = by_stage(timeline.stage, nrem=-13.0, rem=-8.0, wake=0.0)
    waves = 3.0 * shaped_noise(random, timeline.seconds, 1.0, bell_spectrum(0.1, 0.02))
    drift = 3.0 * shaped_noise(random, timeline.seconds, 1.0, fractal_spectrum(0.01))
    level = _usual_pressure(timeline.profile.person.age) + 62 * effort + asleep
    level += 4 * timeline.circadian + waves + drift + apnoea.pressure_rise(timeline)
    return np.clip(level, 55.0, 210.0)


def _usual_pressure(age: int) -> float:
    """Return systolic pressure in mmHg at rest: 118 at 40 years, 95 at 5 (Flynn 2017), 70 when born
    (Pejovic 2007)."""
    return 118 + 0.35 * (age - 40) - max(16 - age, 0) - 18 * math.exp(-age)


def pulse_train(timeline: Timeline, beats: Beats) -> Pulses:
    """Return the pulses that arrive within the record. Pulses after short intervals are weak."""
    seconds = _transit_time(
        interpolate_at(true_pressure(timeline), beats.times), timeline.profile.person.height
    )
    seconds = seconds + timeline.random(97).normal(0, 0.0015, len(seconds))
    transit = np.rint(seconds * SECOND).astype(np.int64)
    before = np.diff(beats.times, prepend=beats.times[:1] - 0.9)
    inside = beats.ticks + transit < timeline.seconds * SECOND
    total, number = running(before, 8)
    # A heart that had less time to fill pumps less blood.
    filled = np.clip(before * number / total, 0.4, 1.15) ** 1.5
    height = (1 - 0.6 * np.exp(-before / 0.35)) * filled
    return Pulses(
        (beats.times + seconds)[inside],
        (beats.ticks + transit)[inside],
        transit[inside],
        height[inside],
        np.diff(beats.times, append=beats.times[-1:] + 0.9)[inside],
    )


def _transit_time(mmhg: Floats, height: float) -> Floats:
    """Return transit time in s: linear in the pressure, longer in tall people."""
    slope = (_SLOWEST - _FASTEST) / (_HIGHEST - _LOWEST)
    usual = _SLOWEST - slope * (np.clip(mmhg, 55, 215) - _LOWEST)
    seconds: Floats = usual * (height / REFERENCE_M) ** 0.5
    return seconds


def _pressure_of(seconds: Floats) -> Floats:
    """Return the pressure of a transit time for a person of usual height."""
    slope = (_HIGHEST - _LOWEST) / (_SLOWEST - _FASTEST)
    mmhg: Floats = _LOWEST + slope * (_SLOWEST - seconds)
    held: Floats = np.clip(mmhg, 40.0, 280.0)
    return held


def detect_pulses(timeline: Timeline, pulses: Pulses, found: Beats) -> Pulses:
    """Return the pulses whose R wave was found and whose arrival the head sensor shows."""
    shown = np.isin(pulses.ticks - pulses.transit, found.ticks)
    shown &= shown_ticks(timeline, pulses.ticks, "ppg")
    return Pulses(
        pulses.times[shown],
        pulses.ticks[shown],
        pulses.transit[shown],
        pulses.height[shown],
        pulses.interval[shown],
    )


def transit_events(pulses: Pulses) -> Events:
    """Return datatype 97: ticks from an R wave to its pulse, at the tick at which the pulse
    arrives."""
    return pulses.ticks, pulses.transit


def pulse_rate(pulses: Pulses, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 65, 1 Hz, per minute: mean of the last 8 intervals between pulses."""
    return mean_rate(pulses.ticks, seconds, 8)


def systolic_pressure(
    timeline: Timeline, pulses: Pulses, *, adjusted: bool = False
) -> NDArray[np.uint16]:
    """Return datatype 98, 1 Hz, mmHg: from the mean of the last 16 transit times.

    `adjusted` (datatype 99) considers the height of the person. It is 0 until a pulse arrives.
    """
    total, number = running(pulses.transit / SECOND, 16)
    tall = (timeline.profile.person.height / REFERENCE_M) ** 0.5 if adjusted else 1.0
    return to_counts(hold(pulses.ticks, _pressure_of(total / number / tall), timeline.seconds, 0.0))


def ppg_counts(timeline: Timeline, pulses: Pulses, breaths: Breaths) -> NDArray[np.uint16]:
    """Return datatype 64: the photoplethysmogram, 64 counts a second for the whole record."""
    random = timeline.random(64)
    wander = _wander_of_level(timeline, breaths, random)
    shake = (2 + 120 * timeline.effort + 20 * (timeline.cadence > 0)).astype(np.float32)
    made = np.empty(timeline.seconds * RATE, np.uint16)
    for first, last in split_blocks(timeline.seconds):
        wave = ZERO + SWING * _place_waves(pulses, first * RATE, last * RATE)
        wave += draw_lines(wander[first * _GRID : last * _GRID + 1], RATE // _GRID)
        wave += np.repeat(shake[first:last], RATE) * random.standard_normal(len(wave), np.float32)
        block = made[first * RATE : last * RATE]
        block[:] = to_counts(wave)
        artefacts.apply_artefacts(
            block, first * SECOND, SECOND // RATE, timeline.artefacts, "ppg", random
        )
    return made


def _place_waves(pulses: Pulses, first: int, last: int) -> Single:
    """Return the waves of all pulses that reach into samples `first` up to `last`, of height
    one."""
    wave = np.zeros(last - first + 2 * _WIDTH, np.float32)
    position = pulses.times * RATE
    sample = np.floor(position).astype(np.int64)
    place = ((position - sample) * _PHASES).astype(np.int64)
    level = np.searchsorted(_LEVELS[1:-1], pulses.interval)
    which = slice(*np.searchsorted(sample, (first - _WIDTH, last)))
    rows = _make_waveforms()[level[which], place[which]]
    rows *= pulses.height[which, None].astype(np.float32)
    add_by_turns(wave, sample[which] - (first - _WIDTH), rows, _APART)
    return wave[_WIDTH : _WIDTH + last - first]


@lru_cache(maxsize=1)
def _make_waveforms() -> NDArray[np.float32]:
    """Return pulse waves by interval and position between samples.

    They have a fast rise, a second crest from the reflected wave, and a slow run-off.
    """
    made = np.empty((len(_LEVELS), _PHASES, _WIDTH), np.float32)
    places = (np.arange(_PHASES) + 0.5) / _PHASES
    seconds = (np.arange(_WIDTH) - places[:, None]) / RATE
    for level, interval in enumerate(_LEVELS.tolist()):
        pace = interval**0.5
        first = _crest(seconds, 0.16 * pace, 0.060 * pace)
        second = _crest(seconds, 0.37 * pace, 0.095 * pace)
        late = np.maximum(seconds, 0)
        setting_in = -np.expm1(-((late / 0.14) ** 2))
        runoff = np.exp(-late / (0.45 * pace)) * setting_in
        made[level] = 0.8 * first + 0.3 * second + 0.45 * runoff
    made *= np.clip((_WIDTH - np.arange(_WIDTH)) / 24, 0, 1)
    return made


def _crest(seconds: Floats, centre: float, width: float) -> Floats:
    """Return a bell of height one around `centre`, in seconds."""
    away = (seconds - centre) / width
    bell: Floats = np.exp(-0.5 * away**2)
    return bell


def _wander_of_level(timeline: Timeline, breaths: Breaths, random: np.random.Generator) -> Floats:
    """Return the wander of the level in counts, four times a second: with breathing, and slowly."""
    moments = np.arange(timeline.seconds * _GRID + 1) / _GRID
    slow = shaped_noise(random, len(moments), _GRID, fractal_spectrum(0.1))
    filling = breaths.lung_filling(moments)
    return 400 * slow - 150 * filling


def oxygen_saturation(timeline: Timeline, breaths: Breaths) -> NDArray[np.uint16]:
    """Return datatype 66, 1 Hz, %: it falls some 20 s after a person has not breathed for 10 s."""
    random = timeline.random(66)
    moments: Floats = np.arange(timeline.seconds, dtype=np.float64) - 20
    without = np.maximum(moments - breaths.starts[breaths.find_breath(moments)] - 10, 0)
    fallen = follow_target(np.minimum(0.8 * without, 25), 4.0, 9.0)
    usual = (
        97.4
        + 0.5 * shaped_noise(random, timeline.seconds, 1.0, fractal_spectrum(0.02))
        - timeline.effort
    )
    return to_counts(np.clip(usual - fallen, 50, 100))


def skin_temperature(timeline: Timeline) -> NDArray[np.int16]:
    """Return datatype 81, 1 Hz, 1/256 degree Celsius: warmer at night, cooler with sweat."""
    random = timeline.random(81)
    sweat = follow_target(timeline.effort, 400.0, 900.0)
    drift = 0.25 * shaped_noise(random, timeline.seconds, 1.0, fractal_spectrum(0.003))
    celsius = 33.4 - 0.7 * timeline.circadian - 1.8 * sweat + drift
    return np.rint(celsius * 256).astype(np.int16)


def thermistor_counts(skin: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return datatype 80, 1 Hz, raw: the thermistor's divider falls by 40 counts a degree from
    2,048."""
    return np.rint(2048 - 40 * (skin / 256 - 30)).astype(np.int16)
