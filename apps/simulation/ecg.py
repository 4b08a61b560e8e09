"""Three ECG leads (4113 to 4115) made from one beat train.

A beat is a sum of bells for P, Q, R, S and T, in two directions of the body's frontal plane: lead I
and lead II. Lead III is II - I (Einthoven). The waveforms are made once, for a range of intervals
and in steps of an eighth of a sample, and then only placed beat by beat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from apps.metrics.event_series import running
from apps.simulation import artefacts
from apps.simulation.breath import Breaths
from apps.simulation.heart import Beats
from apps.simulation.series import (
    Floats,
    Ints,
    Single,
    draw_lines,
    fractal_spectrum,
    shaped_noise,
    split_blocks,
)
from apps.simulation.timeline import Timeline

RATE = 256
"""Samples per second of each lead."""
ZERO, MV_PER_COUNT, MOST = 1360, 0.0064, 4095
"""12-bit counts of 6.4 uV, zero at 1360 (behaviour 10)."""
LEADS = {4113: "ecg_I", 4114: "ecg_II", 4115: "ecg_III"}

_BEFORE, _WIDTH = 84, 264
"""A waveform begins this many samples before its R wave, and has this length."""
_PHASES = 8
"""The positions of R waves between two samples for which waveforms are made."""
_LEVELS: Floats = np.geomspace(0.28, 1.7, 28)
"""Seconds between beats for which waveforms are made."""
_GRID = 4
_APART = 4
"""Every fourth beat. No two of their waveforms overlap, because beats are 0.26 s apart or more on
average."""

Bell = tuple[float, float, float, float]
"""Centre and width in s (R wave at 0), height in mV in lead I and in lead II."""


def _normal_beat(interval: float) -> list[Bell]:
    """Return a normal beat. PR shortens a little, and QT with the root of the interval (Bazett)."""
    root = interval**0.5
    quick = interval**0.3
    top = 0.295 * root
    return [
        (-0.155 * quick, 0.020 * quick, 0.09, 0.15),
        (-0.026, 0.008, -0.09, -0.12),
        (0.0, 0.0105, 1.25, 1.60),
        (0.028, 0.0095, -0.20, -0.32),
        (top, 0.048 * root, 0.16, 0.25),
        (top + 0.030 * root, 0.030 * root, 0.09, 0.13),
    ]


def _ventricular_beat(interval: float) -> list[Bell]:
    """Return a premature beat from a ventricle: no P, wide, and T against the QRS complex."""
    root = min(interval, 1.0) ** 0.5
    return [
        (0.0, 0.030, 1.15, 2.05),
        (0.085, 0.028, -0.35, -0.60),
        (0.31 * root, 0.070 * root, -0.33, -0.55),
    ]


@lru_cache(maxsize=4)
def _make_waveforms(fibrillating: bool) -> NDArray[np.float32]:
    """Return waveforms in mV by kind of beat, lead I and II, interval and position between
    samples."""
    made = np.empty((2, 2, len(_LEVELS), _PHASES, _WIDTH), np.float32)
    places = (np.arange(_PHASES) + 0.5) / _PHASES
    seconds = (np.arange(_WIDTH) - _BEFORE - places[:, None]) / RATE
    for level, interval in enumerate(_LEVELS.tolist()):
        normal = _normal_beat(interval)[1 if fibrillating else 0 :]
        for kind, bells in enumerate((normal, _ventricular_beat(interval))):
            made[kind, :, level] = _sum_bells(bells, seconds)
    return made


def _sum_bells(bells: list[Bell], seconds: Floats) -> NDArray[np.float64]:
    """Return the sum of bells at those moments, in lead I and in lead II."""
    total = np.zeros((2, *seconds.shape))
    for centre, width, one, two in bells:
        shape = np.exp(-0.5 * ((seconds - centre) / width) ** 2)
        total += np.array([one, two])[:, None, None] * shape
    return total


@dataclass(frozen=True)
class Heart:
    """What the leads have in common, ready to be placed in blocks.

    Each beat has the `sample` in which it lies, its row of `waveforms` (kind, interval, position)
    and its `gain`. `flutter` has the phase in cycles and the height in mV of fibrillatory waves at
    4 Hz, none in sinus rhythm.
    """

    sample: Ints
    kind: NDArray[np.int8]
    level: Ints
    place: Ints
    gain: Single
    waveforms: NDArray[np.float32]
    flutter: tuple[Floats, Floats] | None


def prepare_heart(timeline: Timeline, beats: Beats, breaths: Breaths) -> Heart:
    """Return which waveform each beat has, and how the person, breathing and rhythm change it."""
    position = beats.times * RATE
    sample = np.floor(position).astype(np.int64)
    fibrillating = timeline.profile.rhythm == "atrial_fibrillation"
    random = timeline.random(4112)
    person = random.uniform(0.85, 1.15)
    # Filled lungs separate heart and electrodes: 8 % less, as in ECG-derived respiration.
    gain = person * (1 - 0.08 * breaths.lung_filling(beats.times))
    gain *= 1 + 0.01 * random.standard_normal(len(gain))
    return Heart(
        sample,
        beats.kinds,
        np.searchsorted(_LEVELS[1:-1], _usual_interval(beats)),
        ((position - sample) * _PHASES).astype(np.int64),
        gain.astype(np.float32),
        _make_waveforms(fibrillating),
        _flutter_waves(timeline, random) if fibrillating else None,
    )


def _usual_interval(beats: Beats) -> Floats:
    """Return the mean of the last eight intervals at each beat. QT follows the rate with a
    delay."""
    apart = np.diff(beats.times)
    total, number = running(np.concatenate((apart[:1], apart)), 8)
    mean = total / number
    return mean if len(mean) else np.ones(len(beats.times))


def _flutter_waves(timeline: Timeline, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return phase (cycles) and height (mV) of fibrillatory waves: 5 to 7 per second, of varying
    height."""
    count = timeline.seconds * _GRID + 1
    quickening = 0.5 * shaped_noise(random, count, _GRID, fractal_spectrum(0.5))
    hertz = np.clip(6 + quickening, 4, 8)
    swelling = 0.3 * shaped_noise(random, count, _GRID, fractal_spectrum(0.3))
    height = 0.055 * np.exp(swelling)
    return np.cumsum(hertz) / _GRID, height


def ecg_counts(timeline: Timeline, beats: Beats, breaths: Breaths, lead: int) -> NDArray[np.int16]:
    """Return the counts of a lead (4113 I, 4114 II, 4115 III), 256 per second for the whole
    record."""
    heart = prepare_heart(timeline, beats, breaths)
    random = timeline.random(lead)
    wander, muscle = _wander_of_baseline(timeline, breaths, random), _muscle_noise(timeline)
    made = np.empty(timeline.seconds * RATE, np.int16)
    for first, last in split_blocks(timeline.seconds):
        wave = heart_voltage(heart, lead, first, last)
        wave += draw_lines(wander[first * _GRID : last * _GRID + 1], RATE // _GRID)
        wave += np.repeat(muscle[first:last], RATE) * random.standard_normal(len(wave), np.float32)
        block = made[first * RATE : last * RATE]
        block[:] = np.rint(wave * np.float32(1 / MV_PER_COUNT) + ZERO).clip(0, MOST)
        _spoil_block(timeline, block, first, lead, random)
    return made


def _spoil_block(
    timeline: Timeline,
    block: NDArray[np.int16],
    first: int,
    lead: int,
    random: np.random.Generator,
) -> None:
    """Apply artefacts to a block of a lead that begins at second `first`."""
    artefacts.apply_artefacts(
        block,
        first * RATE,
        1,
        timeline.artefacts,
        LEADS[lead],
        random,
        mains=timeline.profile.mains,
    )


def heart_voltage(heart: Heart, lead: int, first: int, last: int) -> Single:
    """Return what the heart alone gives in a lead from one second up to another, in mV."""
    if lead == 4115:
        return heart_voltage(heart, 4114, first, last) - heart_voltage(heart, 4113, first, last)
    direction = lead - 4113
    wave = _place_waveforms(heart, direction, first * RATE, last * RATE)
    if heart.flutter is not None:
        wave += _flutter_voltage(heart.flutter, direction, first, last)
    return wave


def _place_waveforms(heart: Heart, direction: int, first: int, last: int) -> Single:
    """Return the waveforms of all beats that reach into samples `first` up to `last`."""
    count = last - first
    wave = np.zeros(count + 2 * _WIDTH, np.float32)
    earliest = first - _WIDTH + _BEFORE  # an R wave there ends its waveform where the block begins
    begin, end = np.searchsorted(heart.sample, (earliest, last + _BEFORE))
    span = np.arange(_WIDTH)
    for offset in range(begin, min(begin + _APART, end)):
        which = slice(offset, end, _APART)
        kind, level, place = heart.kind[which], heart.level[which], heart.place[which]
        rows = heart.waveforms[kind, direction, level, place]
        starts = heart.sample[which, None] - earliest
        wave[starts + span] += rows * heart.gain[which, None]
    return wave[_WIDTH : _WIDTH + count]


def _flutter_voltage(
    flutter: tuple[Floats, Floats], direction: int, first: int, last: int
) -> Single:
    """Return fibrillatory waves, higher in lead II than in lead I."""
    factor = RATE // _GRID
    phase, height = (part[first * _GRID : last * _GRID + 1] for part in flutter)
    turns = phase - np.floor(phase[0])
    angle = draw_lines(turns * 2 * np.pi, factor)
    shape = np.sin(angle) + np.float32(0.35) * np.sin(2 * angle)
    share = np.float32((0.5, 1.0)[direction])
    scaled: Single = shape * draw_lines(height, factor) * share
    return scaled


def _wander_of_baseline(
    timeline: Timeline, breaths: Breaths, random: np.random.Generator
) -> Floats:
    """Return the wander of the baseline in mV, four times a second: with each breath, and
    slowly."""
    moments = np.arange(timeline.seconds * _GRID + 1) / _GRID
    effort = np.interp(moments, np.arange(timeline.seconds), timeline.effort)
    slow = 0.03 * shaped_noise(random, len(moments), _GRID, fractal_spectrum(0.4))
    lungs = random.uniform(0.02, 0.06) * (breaths.lung_filling(moments) - 0.5)
    strayed: Floats = (slow + lungs) * (1 + 2 * effort)
    return strayed


def _muscle_noise(timeline: Timeline) -> Single:
    """Return the noise of amplifier and muscles in mV, each second."""
    moving = (timeline.cadence > 0) * 0.010
    return (0.006 + 0.030 * timeline.effort + moving).astype(np.float32)
