"""The breath train, and what the two respiration bands show of it.

Rate and depth follow effort, posture and sleep. Bands, inspirations, volumes and ventilation follow
from the breaths. A band counts the oscillations of its coil in 1/128 s, fewer while inhaling. One
count of the sum of both bands is 8 mL of raw volume. Raw volume times weight over 65 kg is the
volume of the person (behaviour 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics.event_series import hold, running
from apps.simulation import artefacts
from apps.simulation.series import (
    Events,
    Floats,
    Ints,
    find_crossings,
    follow_target,
    fractal_spectrum,
    interpolate_at,
    shaped_noise,
    split_blocks,
    to_counts,
    values_at,
)
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

RATE = 128
"""Samples per second of a band."""
ML_PER_LEVEL = 8.0
"""Raw volume of one count of the sum of both bands (behaviour 10)."""
ML_PER_COUNT = 13.28
"""Raw volume of one count of tidal volume and minute ventilation (behaviour 10)."""
REFERENCE_KG = 65.0
"""The weight at which raw and adjusted volumes are the same (behaviour 10)."""
CYCLES = 7
"""Breathing rate and ventilation are means of this many cycles (behaviour 10)."""
SLOWEST, FASTEST, UNKNOWN = 2, 60, 10
"""Breathing rates are limited to the first two. The third is used until two cycles are known."""
MARGIN = 60
"""Breaths are also made for this many seconds before the start and after the end."""

NREM, REM = 2, 5
SUPINE = 2
THORACIC, ABDOMINAL = 4129, 4130
REST_LEVEL = {THORACIC: 1500.0, ABDOMINAL: 1460.0}
THORACIC_SHARE = np.array([0.60, 0.55, 0.35, 0.42, 0.45, 0.45])
"""The share of a breath that lifts the chest, by posture. The rest lifts the belly."""
POSTURE_LEVEL = {
    THORACIC: np.array([0.0, -6, 22, -30, 10, 12]),
    ABDOMINAL: np.array([0.0, -18, 34, -40, 8, 6]),
}


@dataclass(frozen=True)
class Breaths:
    """Breaths that cover the record from before its start to after its end.

    Each array has one value per breath: `starts` (s from the start of the record, the first below
    0), `lengths` (s until the next one), `inhale` and `exhale` (s; a pause follows), `volumes` (mL
    of the person, not raw) and `share` (of the volume that lifts the chest).
    """

    starts: Floats
    lengths: Floats
    inhale: Floats
    exhale: Floats
    volumes: Floats
    share: Floats

    def find_breath(self, seconds: Floats) -> Ints:
        """Return the number of the breath at each moment in seconds."""
        last = np.searchsorted(self.starts, seconds, side="right") - 1
        return np.clip(last, 0, len(self.starts) - 1)

    def lung_filling(self, seconds: Floats, breath: Ints | None = None) -> Floats:
        """Return how full the lungs are at moments in seconds, from 0 to 1 of the present
        breath."""
        which = self.find_breath(seconds) if breath is None else breath
        past = seconds - self.starts[which]
        inhale = self.inhale[which]
        rise = np.clip(past / inhale, 0, 1)
        fall = np.clip((past - inhale) / self.exhale[which], 0, 1)
        filled = 0.5 - 0.5 * np.cos(np.pi * rise)
        shape: Floats = np.where(fall > 0, _empty_lungs(fall), filled)
        return shape

    def breath_phase(self, seconds: Floats) -> Floats:
        """Return the phase at moments in seconds: 0 to 1/2 while inhaling, then on to 1 until the
        next breath."""
        which = self.find_breath(seconds)
        past = np.maximum(seconds - self.starts[which], 0)
        inhale = self.inhale[which]
        out = np.maximum(self.lengths[which] - inhale, 1e-6)
        up = past / inhale
        down = (past - inhale) / out
        turned: Floats = np.where(up < 1, up / 2, 0.5 + down / 2)
        return np.minimum(turned, 1)


def _empty_lungs(part: Floats) -> Floats:
    """Return a fall from 1 to 0, fast at first, because the lungs empty by their own elasticity."""
    fall: Floats = 0.5 + 0.5 * np.cos(np.pi * part**0.75)
    return fall


def breath_train(timeline: Timeline) -> Breaths:
    """Return the breaths of a timeline, from before its start to after its end."""
    random = timeline.random(33)
    effort = follow_target(timeline.effort, 30.0, 60.0)
    rate = _vary_rate(timeline, effort, random)
    starts = _place_starts(timeline, rate, random)
    lengths, starts = np.diff(starts), starts[:-1]
    usual = np.minimum(lengths, 1.3 * 60 / values_at(rate, starts))
    level = values_at(effort, starts)
    part = 0.40 + 0.08 * np.minimum(level, 1) + random.normal(0, 0.02, len(starts))
    inhale = usual * np.clip(part, 0.3, 0.52)
    return Breaths(
        starts,
        lengths,
        inhale,
        usual - inhale,
        _tidal_volumes(timeline, level, random),
        values_at(THORACIC_SHARE[timeline.posture], starts),
    )


def _vary_rate(timeline: Timeline, effort: Floats, random: np.random.Generator) -> Floats:
    """Return breaths per minute each second. Above the ventilatory threshold they become faster."""
    person = random.uniform(-1.5, 1.5)
    wander = shaped_noise(random, timeline.seconds, 1.0, fractal_spectrum(0.02))
    calm = _by_stage(timeline.stage, nrem=0.5, rem=1.6, wake=1.0)
    rate = 14.5 + person + (14 + 20 * effort) * effort + wander * calm * 0.9
    rate -= np.where(timeline.stage == NREM, 1.5, 0)
    rate -= np.where(timeline.posture == SUPINE, 1, 0)
    clipped: Floats = np.clip(rate, 6, 52)
    return clipped


def _by_stage(stage: NDArray[np.int8], *, nrem: float, rem: float, wake: float) -> Floats:
    """Return one of three values for each stage of sleep."""
    values: Floats = np.where(stage == REM, rem, wake)
    values[stage == NREM] = nrem
    return values


def _place_starts(timeline: Timeline, rate: Floats, random: np.random.Generator) -> Floats:
    """Return when inspirations begin: at the rate, uneven from breath to breath, and delayed by
    apnoeas."""
    per_second = np.pad(rate, MARGIN, mode="edge") / 60
    per_second *= _drive_to_breathe(timeline, random)
    total = float(per_second.sum())
    # Even breaths come first: they tell how uneven each one is, by stage and effort at its time.
    even = find_crossings(per_second, 1.0, np.arange(int(total) + 1.0)) - MARGIN
    uneven = _by_stage(values_at(timeline.stage, even), nrem=0.05, rem=0.18, wake=0.11)
    uneven *= np.exp(-2 * values_at(timeline.effort, even))
    lengths = np.exp(uneven * random.standard_normal(len(even)))
    marks = np.cumsum(lengths)
    starts = find_crossings(per_second, 1.0, marks[marks < total]) - MARGIN
    first = np.searchsorted(starts, 0, side="left") - 1
    last = np.searchsorted(starts, timeline.seconds, side="right")
    return starts[max(first, 0) : last + 1]


def _drive_to_breathe(timeline: Timeline, random: np.random.Generator) -> Floats:
    """Return 1 for each second with a drive to breathe and 0 for apnoeas, including margins on both
    sides.

    Apnoeas come in sleep, as often per hour as the profile says, and last 10 s or more (the usual
    definition of an apnoea).
    """
    drive = np.ones(timeline.seconds + 2 * MARGIN)
    asleep = timeline.stage != 6
    begins = np.flatnonzero(random.random(timeline.seconds) < timeline.profile.apneas / 3600)
    lasting = 10 + random.gamma(2.0, 4.0, len(begins)).clip(0, 25)
    free = 0
    for second, seconds in zip(begins.tolist(), lasting.astype(int).tolist(), strict=True):
        if asleep[second] and second >= free:
            drive[MARGIN + second : MARGIN + second + seconds] = 0
            free = second + seconds + 20
    return drive


def _tidal_volumes(timeline: Timeline, effort: Floats, random: np.random.Generator) -> Floats:
    """Return tidal volumes in mL: 7 mL/kg at rest, five times as much at full effort, and sometimes
    a sigh.

    A sigh comes about every five minutes at rest and is twice as deep.
    """
    count = len(effort)
    resting = 7.0 * timeline.profile.person.weight * random.uniform(0.92, 1.08)
    deeper = 4.9 * -np.expm1(-1.35 * effort)
    depth = resting * (1 + deeper)
    scatter = 0.10 * np.exp(-effort) * random.standard_normal(count)
    chosen = random.random(count) < 0.014
    sighs = chosen & (effort < 0.15)
    times = np.where(sighs, 2.1, 1.0)
    return depth * np.exp(scatter) * times


def lung_volume(breaths: Breaths, seconds: Floats) -> Floats:
    """Return the air in mL above the end of expiration at moments in seconds."""
    which = breaths.find_breath(seconds)
    return breaths.volumes[which] * breaths.lung_filling(seconds, which)


def respiration_counts(timeline: Timeline, breaths: Breaths, band: int) -> NDArray[np.uint16]:
    """Return the counts of a band (4129 thoracic, 4130 abdominal), 128 per second."""
    random = timeline.random(band)
    level = _rest_level(timeline, band)
    gait = _shake_of_steps(timeline, band)
    made = np.empty(timeline.seconds * RATE, np.uint16)
    for first, last in split_blocks(timeline.seconds):
        moments = np.arange(first * RATE, last * RATE) / RATE
        wave = interpolate_at(level, moments) - _swing_of_breaths(timeline, breaths, band, moments)
        wave += interpolate_at(gait[0], moments) * np.sin(interpolate_at(gait[1], moments))
        wave += 0.5 * random.standard_normal(len(moments), np.float32)
        block = made[first * RATE : last * RATE]
        block[:] = to_counts(wave)
        _spoil_block(timeline, block, first, band, random)
    return made


def _spoil_block(
    timeline: Timeline, block: NDArray[Any], first: int, band: int, random: np.random.Generator
) -> None:
    """Apply artefacts to a block of a band that begins at second `first`."""
    target = "thoracic" if band == THORACIC else "abdominal"
    artefacts.apply_artefacts(
        block, first * SECOND, SECOND // RATE, timeline.artefacts, target, random, scale=SCALE
    )


SCALE = artefacts.ChannelSwing(low=0, high=65_535, level=0, swing=60.0)
"""The range of a band, its level when torn off, and the counts of a deep breath."""


def _swing_of_breaths(timeline: Timeline, breaths: Breaths, band: int, seconds: Floats) -> Floats:
    """Return by how many counts a breath lowers a band at moments in seconds."""
    which = breaths.find_breath(seconds)
    share = breaths.share if band == THORACIC else 1 - breaths.share
    depth = breaths.volumes * share * (REFERENCE_KG / timeline.profile.person.weight)
    return depth[which] / ML_PER_LEVEL * breaths.lung_filling(seconds, which)


def _rest_level(timeline: Timeline, band: int) -> Floats:
    """Return the level of a band between breaths, each second. Posture shifts it, and it drifts."""
    random = timeline.random(band + 1000)
    creep = 6 * shaped_noise(random, timeline.seconds + 1, 1.0, fractal_spectrum(0.01))
    shift = np.append(POSTURE_LEVEL[band][timeline.posture], 0.0)
    shift[-1] = shift[-2]
    return REST_LEVEL[band] + creep + follow_target(shift, 1.5, 1.5)


def _shake_of_steps(timeline: Timeline, band: int) -> tuple[Floats, Floats]:
    """Return how much each step shakes a band in counts, and the phase of the steps in rad."""
    steps = np.cumsum(timeline.cadence) / 60
    phase = np.concatenate(([0.0], 2 * np.pi * steps))
    walking = timeline.cadence > 0
    strength = 5 * np.append(timeline.effort * walking, 0.0)
    behind = 1 if band == ABDOMINAL else 0
    return strength, phase + behind


@dataclass(frozen=True)
class Detected:
    """Breaths as the device finds them.

    They have the ticks at which they begin (`inspirations`) and at which the air turns
    (`expirations`), the levels of both bands together at those (`top`, `bottom`), and the raw
    volume in mL.
    """

    inspirations: Ints
    expirations: Ints
    top: Ints
    bottom: Ints

    @property
    def millilitres(self) -> Floats:
        """Raw tidal volumes, from the difference of the levels (API reference, Respiration)."""
        depth: Floats = np.maximum(self.top - self.bottom, 0) * ML_PER_LEVEL
        return depth


def detect_breaths(timeline: Timeline, breaths: Breaths) -> Detected:
    """Return the breaths that turn within the record while both bands are connected."""
    starts = np.rint(breaths.starts * SECOND).astype(np.int64)
    turns = np.rint((breaths.starts + breaths.inhale) * SECOND).astype(np.int64)
    inside = (starts >= 0) & (turns < timeline.seconds * SECOND) & (turns > starts)
    for lost in timeline.artefacts:
        if lost.kind == "disconnected" and lost.target in {"thoracic", "abdominal"}:
            inside &= (turns < lost.start) | (starts >= lost.stop)
    starts, turns = starts[inside], turns[inside]
    return Detected(
        starts, turns, _levels_at(timeline, breaths, starts), _levels_at(timeline, breaths, turns)
    )


def _levels_at(timeline: Timeline, breaths: Breaths, ticks: Ints) -> Ints:
    """Return the sum of both bands at those ticks, free of noise and movement."""
    moments = ticks / SECOND
    total = sum(
        interpolate_at(_rest_level(timeline, band), moments)
        - _swing_of_breaths(timeline, breaths, band, moments)
        for band in (THORACIC, ABDOMINAL)
    )
    return np.rint(total).astype(np.int64)


def inspiration_events(found: Detected) -> Events:
    """Return datatype 34: offsets in ticks, and the level of both bands together at each."""
    return found.inspirations, found.top


def expiration_events(found: Detected) -> Events:
    """Return datatype 35: offsets in ticks, and the level of both bands together at each."""
    return found.expirations, found.bottom


def tidal_volume(found: Detected, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 37, 1 Hz, counts of 13.28 mL: that of the last inspiration, 0 before the
    first."""
    return to_counts(hold(found.expirations, found.millilitres, seconds, 0.0) / ML_PER_COUNT)


@dataclass(frozen=True)
class Cycles:
    """Sums over the last two to seven cycles, at the `ticks` at which each of those ends."""

    ticks: Ints
    number: Ints
    seconds: Floats
    millilitres: Floats


def breathing_cycles(found: Detected) -> Cycles:
    """Return cycles from inspiration to inspiration. If they are too long for a rate, they do not
    count."""
    lasting = np.diff(found.inspirations) / SECOND
    whole = lasting <= 60 / SLOWEST
    seconds, number = running(lasting[whole], CYCLES)
    volumes, _ = running(found.millilitres[:-1][whole], CYCLES)
    known = number >= 2
    ends = found.inspirations[1:][whole]
    return Cycles(ends[known], number[known], seconds[known], volumes[known])


def breathing_rate(found: Detected, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 33, 1 Hz, per minute: the mean of the last seven cycles, 10 before two
    cycles.

    It is limited to 2 to 60, and stays at the last known value (behaviour 10).
    """
    seen = breathing_cycles(found)
    rate = np.clip(60 * seen.number / seen.seconds, SLOWEST, FASTEST)
    return to_counts(hold(seen.ticks, rate, seconds, UNKNOWN))


def minute_ventilation(found: Detected, seconds: int) -> NDArray[np.uint16]:
    """Return datatype 36, 1 Hz, counts of 13.28 mL/min: the mean volume of the last seven cycles
    times the rate.

    Before two cycles, it is the last volume times the default rate.
    """
    seen = breathing_cycles(found)
    of_cycles = 60 * seen.millilitres / seen.seconds
    per_minute = hold(seen.ticks, of_cycles, seconds, np.nan)
    volumes = hold(found.expirations, found.millilitres, seconds, 0.0)
    is_unknown = np.isnan(per_minute)
    millilitres = np.where(is_unknown, UNKNOWN * volumes, per_minute)
    return to_counts(millilitres / ML_PER_COUNT)


def tidal_volume_adjusted(raw: NDArray[np.uint16], weight: float) -> NDArray[np.uint16]:
    """Return datatype 39, mL: the raw counts of datatype 37, times the weight in kg over 65."""
    return to_counts(raw * (ML_PER_COUNT * weight / REFERENCE_KG))


def minute_ventilation_adjusted(raw: NDArray[np.uint16], weight: float) -> NDArray[np.uint16]:
    """Return datatype 38, counts of 10 mL/min: those of datatype 36, times the weight over 65."""
    return to_counts(raw * (ML_PER_COUNT * weight / REFERENCE_KG / 10))
