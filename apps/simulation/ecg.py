"""Three ECG leads (4113 to 4115) made from one beat train.

Leads I and II measure the same heart between three electrodes, each of which wanders. The device
computes lead III from their counts as I - II, which lies around 0 and has the opposite sign of
Einthoven's. The waveforms are made once, for a range of intervals and in steps of an eighth of a
sample, and then only placed beat by beat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics.event_series import running
from apps.simulation import artefacts
from apps.simulation.breath import Breaths
from apps.simulation.heart import Beats
from apps.simulation.heart_shape import (
    BEFORE,
    LEVELS,
    PHASES,
    RATE,
    WIDTH,
    draw_shape,
    make_waveforms,
    turned,
)
from apps.simulation.series import (
    Floats,
    Ints,
    Single,
    add_by_turns,
    draw_lines,
    fractal_spectrum,
    shaped_noise,
    split_blocks,
)
from apps.simulation.timeline import Timeline

ZERO, MV_PER_COUNT, MOST = 1360, 0.0064, 4095
"""12-bit counts of 6.4 uV, zero at 1360 (behaviour 10)."""
LEADS = {4113: "ecg_I", 4114: "ecg_II", 4115: "ecg_III"}

_GRID = 4
_APART = 4
"""Every fourth beat. No two of their waveforms overlap, because beats are 0.26 s apart or more on
average."""

_RIGHT_ARM, _LEFT_ARM, _LEFT_LEG = 4120, 4121, 4122
"""The electrodes, and their random streams."""
_BETWEEN = {4113: (_LEFT_ARM, _RIGHT_ARM), 4114: (_LEFT_LEG, _RIGHT_ARM)}
"""The electrodes that leads I and II measure between."""


@dataclass(frozen=True)
class Heart:
    """What the leads have in common, ready to be placed in blocks.

    Each beat has the `sample` in which it lies, its row of `waveforms` (kind, interval, position)
    and its `gain` in leads I and II. `flutter` has the phase in cycles and the height in mV of
    fibrillatory waves at 4 Hz, none in sinus rhythm.
    """

    sample: Ints
    kind: NDArray[np.int8]
    level: Ints
    place: Ints
    gain: Single
    waveforms: NDArray[np.float32]
    flutter: tuple[Floats, Floats] | None


_SHAPE, _HEART = 4111, 4112
"""Random streams."""


def prepare_heart(timeline: Timeline, beats: Beats, breaths: Breaths) -> Heart:
    """Return which waveform each beat has, and how the person, breathing and rhythm change it."""
    position = beats.times * RATE
    sample = np.floor(position).astype(np.int64)
    fibrillating = timeline.profile.rhythm == "atrial_fibrillation"
    random = timeline.random(_HEART)
    shape = draw_shape(timeline.profile.person, timeline.heart_random(_SHAPE))
    # Filled lungs separate heart and electrodes (8 % less, as in ECG-derived respiration), and the
    # diaphragm turns the heart.
    filling = breaths.lung_filling(beats.times)
    gain = turned(shape, random.uniform(2, 8) * (filling - 0.4)) * (1 - 0.08 * filling)
    gain *= 1 + 0.01 * random.standard_normal(len(filling))
    return Heart(
        sample,
        beats.kinds,
        np.searchsorted(LEVELS[1:-1], _usual_interval(beats)),
        ((position - sample) * PHASES).astype(np.int64),
        gain.astype(np.float32),
        make_waveforms(shape, fibrillating),
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
    record. Those of III are I - II exactly."""
    heart = prepare_heart(timeline, beats, breaths)
    made = np.empty(timeline.seconds * RATE, np.int16)
    first = 0
    for block in _lead_blocks(timeline, heart, breaths, lead):
        made[first : first + len(block)] = block
        first += len(block)
    return made


def _lead_blocks(
    timeline: Timeline, heart: Heart, breaths: Breaths, lead: int
) -> Iterator[NDArray[np.int16]]:
    """Yield the counts of a lead, block by block."""
    if lead == 4115:
        both = (_lead_blocks(timeline, heart, breaths, each) for each in _BETWEEN)
        yield from (one - two for one, two in zip(*both, strict=True))
        return
    random = timeline.random(lead)
    wander, muscle = _wander_of_baseline(timeline, breaths, lead), _muscle_noise(timeline)
    for first, last in split_blocks(timeline.seconds):
        wave = heart_voltage(heart, lead, first, last)
        wave += draw_lines(wander[first * _GRID : last * _GRID + 1], RATE // _GRID)
        wave += np.repeat(muscle[first:last], RATE) * _smooth_noise(random, len(wave))
        block = np.rint(wave * np.float32(1 / MV_PER_COUNT) + ZERO).clip(0, MOST).astype(np.int16)
        _spoil_block(timeline, block, first, lead, random)
        yield block


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
        return heart_voltage(heart, 4113, first, last) - heart_voltage(heart, 4114, first, last)
    direction = lead - 4113
    wave = _place_waveforms(heart, direction, first * RATE, last * RATE)
    if heart.flutter is not None:
        wave += _flutter_voltage(heart.flutter, direction, first, last)
    return wave


def _place_waveforms(heart: Heart, direction: int, first: int, last: int) -> Single:
    """Return the waveforms of all beats that reach into samples `first` up to `last`."""
    count = last - first
    wave = np.zeros(count + 2 * WIDTH, np.float32)
    earliest = first - WIDTH + BEFORE  # an R wave there ends its waveform where the block begins
    which = slice(*np.searchsorted(heart.sample, (earliest, last + BEFORE)))
    kind, level, place = heart.kind[which], heart.level[which], heart.place[which]
    rows = heart.waveforms[kind, direction, level, place] * heart.gain[direction, which, None]
    add_by_turns(wave, heart.sample[which] - earliest, rows, _APART)
    return wave[WIDTH : WIDTH + count]


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


def _wander_of_baseline(timeline: Timeline, breaths: Breaths, lead: int) -> Floats:
    """Return the wander of lead I or II in mV, four times a second: that of its electrodes."""
    moments = np.arange(timeline.seconds * _GRID + 1) / _GRID
    effort = np.interp(moments, np.arange(timeline.seconds), timeline.effort)
    filling = breaths.lung_filling(moments) - 0.5
    plus, minus = (_wander_of_electrode(timeline, filling, each) for each in _BETWEEN[lead])
    strayed: Floats = (plus - minus) * (1 + 2 * effort)
    return strayed


def _wander_of_electrode(timeline: Timeline, filling: Floats, electrode: int) -> Floats:
    """Return the wander of an electrode at rest in mV, four times a second: with each breath, and
    slowly."""
    random = timeline.random(electrode)
    slow = 0.012 * shaped_noise(random, len(filling), _GRID, fractal_spectrum(0.4))
    strayed: Floats = slow + random.uniform(-0.025, 0.025) * filling
    return strayed


def _smooth_noise(random: np.random.Generator, count: int) -> Single:
    """Return noise of variance one that the amplifier weakens towards half the sampling rate, as in
    genuine records."""
    white = random.standard_normal(count + 1, np.float32)
    smooth: Single = (white[1:] + white[:-1]) * np.float32(0.5**0.5)
    return smooth


def _muscle_noise(timeline: Timeline) -> Single:
    """Return the noise of amplifier and muscles in mV, each second."""
    moving = (timeline.cadence > 0) * 0.010
    return (0.006 + 0.030 * timeline.effort + moving).astype(np.float32)
