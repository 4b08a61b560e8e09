"""What breath and heart do to the sensor of acceleration: the one tilts it, the other shakes it.

Both are small, some counts of 1/256 g, and show when somebody keeps still.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from apps.simulation.bands import Trunk
from apps.simulation.heart import Beats
from apps.simulation.series import Floats, Ints, Single, add_by_turns

GRID = 4
"""Values of the tilt in a second."""

_HZ = 64

_QUIET, _TILT = 34.0, 0.035
"""The counts of the breathing level in a breath at rest, and the radians by which it tilts the
sensor: 0.24 to 0.31 counts of the axis across the chest for each of the level, in two genuine
records of people who sit. Deeper breaths tilt it by the root of their depth: our choice."""

_KNOCK = {"x": 1.6, "y": 1.0, "z": -1.1}
"""The counts from the lowest to the highest point that a beat adds to each axis (above 5 Hz;
medians of 343 and 1,079 beats of two genuine records: 2.1 and 1.1, 0.9 and 1.0, 1.3 and 0.8)."""

_FROM, _UNTIL = 9, 45
"""The samples after an R wave between which its knock is felt."""

_APART = 4
"""Every fourth beat. No two of their knocks overlap, because beats are 0.26 s apart or more on
average."""


def _ringing_beat() -> Single:
    """Return how a beat shakes the trunk, 64 samples a second, one from the lowest to the highest
    point: a blow when the valves open, 0.2 s after the R wave, and a weaker one when they close."""
    since = np.arange(_FROM, _UNTIL) / _HZ
    wave = np.zeros(len(since))
    for moment, height in ((0.22, 1.0), (0.52, 0.45)):
        away = since - moment
        wave += height * np.exp(-((away / 0.06) ** 2)) * np.sin(2 * np.pi * 9 * away)
    wave -= wave.mean()
    shaken: Single = (wave / np.ptp(wave)).astype(np.float32)
    return shaken


_RINGING = _ringing_beat()


@dataclass(frozen=True)
class Chest:
    """The breaths and beats of somebody, as the sensor feels them."""

    trunk: Trunk
    beats: Beats

    @cached_property
    def _heights(self) -> Floats:
        """How far each breath tilts the sensor, in radians."""
        heights: Floats = _TILT * np.sqrt(self.trunk.depth / _QUIET)
        return heights

    @cached_property
    def _samples(self) -> Ints:
        """The sample of each beat."""
        return self.beats.ticks * _HZ // 256

    def tilt(self, first: int, last: int) -> Floats:
        """Return by how many radians breath tilts the sensor to the right, four times a second,
        from one second up to and including another."""
        moments = np.arange(first * GRID, last * GRID + 1) / GRID
        breaths = self.trunk.breaths
        which = breaths.find_breath(moments)
        tilted: Floats = self._heights[which] * (breaths.lung_filling(moments, which) - 0.5)
        return tilted

    def knocks(self, first: int, last: int) -> Single:
        """Return what beats add to the three axes in those seconds, in counts."""
        count = (last - first) * _HZ
        # There is room for knocks that began before or end afterwards.
        shaken = np.zeros(count + 2 * _UNTIL, np.float32)
        bounds = np.searchsorted(self._samples, (first * _HZ - _UNTIL, last * _HZ))
        begins = self._samples[bounds[0] : bounds[1]] - first * _HZ + _UNTIL + _FROM
        rows = np.broadcast_to(_RINGING, (len(begins), len(_RINGING)))
        add_by_turns(shaken, begins, rows, _APART)
        directions = np.array([*_KNOCK.values()], np.float32)
        return directions[:, None] * shaken[_UNTIL : _UNTIL + count]
