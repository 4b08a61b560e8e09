"""What the two respiration bands show of breaths and movements.

A band counts the oscillations of its coil in 1/128 s, fewer while inhaling. The breathing level is
75 % of the thoracic and 25 % of the abdominal count, and one count of it is 13.28 mL of raw volume.
Raw volume times weight over 65 kg is the volume of the person (behaviour 10; the published
calibration for ventilation). What lifts the belly without any air lowers the chest, and the other
way round: the level is that of the lungs alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import WAKE
from apps.simulation import apnoea, artefacts
from apps.simulation.breath import Breaths, talking
from apps.simulation.gestures import Gestures, draw_gestures
from apps.simulation.series import (
    Floats,
    Ints,
    Single,
    bell_spectrum,
    draw_lines,
    follow_target,
    fractal_spectrum,
    hold_last,
    interpolate_at,
    shaped_noise,
    split_blocks,
    to_counts,
)
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

RATE = 128
"""Samples per second of a band."""
ML_PER_COUNT = 13.28
"""Raw volume of one count of the breathing level, of tidal volume and of minute ventilation
(behaviour 10)."""
REFERENCE_KG = 65.0
"""The weight at which raw and adjusted volumes are the same (behaviour 10)."""

THORACIC, ABDOMINAL = 4129, 4130
WEIGHT = {THORACIC: 0.75, ABDOMINAL: 0.25}
"""The part of each band in the breathing level."""
STANDS = {THORACIC: (22_600.0, 24_800.0, 28_800.0), ABDOMINAL: (13_900.0, 15_500.0, 28_700.0)}
"""Where bands stand at least, mostly and at most (twelve genuine records)."""
POSTURE_LEVEL = {
    THORACIC: np.array([0.0, -50, 180, -250, 80, 100]),
    ABDOMINAL: np.array([0.0, -150, 280, -330, 60, 50]),
}
"""By how many counts postures shift a band."""

_GRID, _EFFORTS, _EXCHANGE = 32, 8, 4
"""Values per second of waves of breaths, of efforts in apnoeas, and of what chest and belly
exchange."""

_RUSTLING = {2: 1.0, 4: 0.5, 8: 0.3, 16: 0.12}
"""How much of the noise that movements make in a band is drawn so many times a second. It falls
with the frequency as in eleven genuine records."""
_STILL, _STIRRED = 0.3, 12.0
"""The counts of that noise in somebody still, and those more in somebody who never is."""

_SLIPPING = 70.0
"""The counts by which a band strays within a minute on somebody who is never still: 4 to 65 in
eleven genuine records."""

_LEAKING = 0.07
"""The part of an effort against a closed airway that the level shows: bands are not quite fair."""

_RESTING = 7.0 * REFERENCE_KG / ML_PER_COUNT
"""The depth of a breath at rest, in counts of the level."""

SCALE = artefacts.ChannelSwing(low=0, high=65_535, level=0, swing=150.0)
"""The range of a band, its level when torn off, and the counts of a deep breath."""


@dataclass(frozen=True)
class Trunk:
    """Chest and belly of a person, in counts of the breathing level."""

    timeline: Timeline
    breaths: Breaths

    @cached_property
    def gestures(self) -> Gestures:
        """What else moves them."""
        return draw_gestures(self.timeline)

    @cached_property
    def depth(self) -> Floats:
        """The depth of each breath."""
        raw = self.breaths.volumes * (REFERENCE_KG / self.timeline.profile.person.weight)
        depth: Floats = raw / ML_PER_COUNT
        return depth

    @cached_property
    def stands(self) -> dict[int, Floats]:
        """The count of each band between breaths at every whole second, the last one included."""
        return {band: _stand_of_band(self.timeline, band) for band in WEIGHT}

    @cached_property
    def rustling(self) -> Floats:
        """How strong the noise is that small movements make, at every whole second."""
        stirred = hold_last(follow_target(self.timeline.stirred(), 3.0, 10.0))
        return _STILL + _STIRRED * stirred

    @cached_property
    def exchange(self) -> Floats:
        """By how much the belly rises while the chest sinks, without any air, 4 times a second."""
        random = self.timeline.random(ABDOMINAL + 1)
        count = self.timeline.seconds * _EXCHANGE + 1
        loose = np.where(self.timeline.stage == WAKE, 1.0, 0.5)
        loose = loose * (1 + 2 * self.timeline.effort) + talking(self.timeline)
        height = np.repeat(hold_last(loose), _EXCHANGE)[:count]
        noise = shaped_noise(random, count, _EXCHANGE, bell_spectrum(0.25, 0.2))
        noise *= 0.045 * _RESTING * height
        return noise

    @cached_property
    def efforts(self) -> Floats | None:
        """How much the belly rises against a closed airway, 8 times a second, if it ever does."""
        if not self.timeline.apnoeas:
            return None
        moments = np.arange(self.timeline.seconds * _EFFORTS + 1) / _EFFORTS
        lifted = np.zeros(len(moments))
        random = self.timeline.random(ABDOMINAL + 2)
        for which, wave in apnoea.closed_efforts(self.timeline, moments, random):
            lifted[which] = 0.45 * _RESTING * wave
        return lifted

    def level(self, ticks: Ints) -> Ints:
        """Return the breathing level at ascending ticks, free of noise."""
        moments = ticks / SECOND
        stand = sum(part * self.stands[band] for band, part in WEIGHT.items())
        total = interpolate_at(np.asarray(stand), moments) - self._filling(moments)
        total += self.gestures.shift("chest", moments) + self.gestures.shift("belly", moments)
        if self.efforts is not None:
            total -= _LEAKING * interpolate_at(self.efforts, moments * _EFFORTS)
        return np.rint(total).astype(np.int64)

    def draw_band(self, band: int, first: int, last: int) -> Floats:
        """Return a band from one second up to and including another, 32 times a second."""
        moments = np.arange(first * _GRID, last * _GRID + 1) / _GRID
        belly = self._belly(moments, first, last)
        if band == ABDOMINAL:
            moved = belly - self.gestures.shift("belly", moments)
        else:
            moved = self._filling(moments) - belly
            if self.efforts is not None:
                moved += _LEAKING * _refine(self.efforts, _EFFORTS, first, last)
            moved -= self.gestures.shift("chest", moments)
        stand = interpolate_at(self.stands[band][first : last + 1], moments - first)
        drawn: Floats = stand - moved / WEIGHT[band]
        return drawn

    def _filling(self, moments: Floats) -> Floats:
        """Return the air above the end of expiration."""
        which = self.breaths.find_breath(moments)
        filling: Floats = self.depth[which] * self.breaths.lung_filling(moments, which)
        return filling

    def _belly(self, moments: Floats, first: int, last: int) -> Floats:
        """Return how far the belly is out: its part of the breath, a little after the chest."""
        breaths = self.breaths
        late = moments - breaths.lag[breaths.find_breath(moments)]
        which = breaths.find_breath(late)
        part = self.depth[which] * (1 - breaths.share[which])
        moved: Floats = part * breaths.lung_filling(late, which)
        moved += _refine(self.exchange, _EXCHANGE, first, last)
        if self.efforts is not None:
            moved += _refine(self.efforts, _EFFORTS, first, last)
        return moved


def _refine(values: Floats, rate: int, first: int, last: int) -> Floats:
    """Return values of `rate` a second at 32 a second, between two seconds."""
    held = values[first * rate : last * rate + 1]
    return np.append(draw_lines(held, _GRID // rate), held[-1]).astype(np.float64)


def respiration_counts(trunk: Trunk, band: int) -> NDArray[np.uint16]:
    """Return the counts of a band (4129 thoracic, 4130 abdominal), 128 per second."""
    timeline = trunk.timeline
    random = timeline.random(band)
    rustle = _draw_rustle(timeline, band)
    strength, phase = _shake_of_steps(timeline, band)
    made = np.empty(timeline.seconds * RATE, np.uint16)
    for first, last in split_blocks(timeline.seconds):
        slow = trunk.draw_band(band, first, last)
        slow += _rustling_noise(rustle, trunk.rustling, first, last)
        wave = draw_lines(slow, RATE // _GRID)
        if strength[first : last + 1].any():
            shaking = draw_lines(strength[first : last + 1], RATE)
            turns = phase[first : last + 1] - phase[first] // (2 * np.pi) * (2 * np.pi)
            wave += shaking * np.sin(draw_lines(turns, RATE))
        block = made[first * RATE : last * RATE]
        block[:] = to_counts(wave)
        _spoil_block(timeline, block, first, band, random)
    return made


def _draw_rustle(timeline: Timeline, band: int) -> dict[int, Single]:
    """Return random values of variance one at each rate of `_RUSTLING`, for the whole record."""
    random = timeline.random(band + 2000)
    return {
        rate: random.standard_normal(timeline.seconds * rate + 1, np.float32) for rate in _RUSTLING
    }


def _rustling_noise(rustle: dict[int, Single], strength: Floats, first: int, last: int) -> Floats:
    """Return the noise of small movements from one second up to and including another, 32 times a
    second."""
    heights = draw_lines(strength[first : last + 1], _GRID)
    total = np.zeros((last - first) * _GRID + 1)
    for rate, part in _RUSTLING.items():
        drawn = rustle[rate][first * rate : last * rate + 1]
        total[:-1] += part * draw_lines(drawn.astype(np.float64), _GRID // rate)
        total[-1] += part * drawn[-1]
    total[:-1] *= heights
    total[-1] *= strength[last]
    return total


def _spoil_block(
    timeline: Timeline, block: NDArray[Any], first: int, band: int, random: np.random.Generator
) -> None:
    """Apply artefacts to a block of a band that begins at second `first`."""
    target = "thoracic" if band == THORACIC else "abdominal"
    artefacts.apply_artefacts(
        block, first * SECOND, SECOND // RATE, timeline.artefacts, target, random, scale=SCALE
    )


def _stand_of_band(timeline: Timeline, band: int) -> Floats:
    """Return the count of a band between breaths, each second. Posture shifts it, and it drifts,
    more if somebody moves."""
    random = timeline.random(band + 1000)
    person = random.triangular(*STANDS[band])
    creep = 40 * shaped_noise(random, timeline.seconds + 1, 1.0, fractal_spectrum(0.004))
    strayed = shaped_noise(random, timeline.seconds + 1, 1.0, fractal_spectrum(0.05))
    stirred = hold_last(follow_target(timeline.stirred(), 60.0, 60.0))
    creep += (2 + _SLIPPING * stirred) * strayed
    shift = hold_last(POSTURE_LEVEL[band][timeline.posture])
    return person + creep + follow_target(shift, 1.5, 1.5)


def _shake_of_steps(timeline: Timeline, band: int) -> tuple[Floats, Floats]:
    """Return how much each step shakes a band in counts, and the phase of the steps in rad."""
    steps = np.cumsum(timeline.cadence) / 60
    phase = np.concatenate(([0.0], 2 * np.pi * steps))
    walking = timeline.cadence > 0
    strength = 8 * np.append(timeline.effort * walking, 0.0)
    behind = 1 if band == ABDOMINAL else 0
    return strength, phase + behind
