"""How the body moves: acceleration on three axes, and all that devices derive from it.

The device is on the right side of the garment, lights outward and wire up. For a standing person, x
points down, y to the back and z to the left (catalogue, datatype 269, and the published guide to
sleep positions). An axis that points up at rest reads +1 g, 256 counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import WAKE
from apps.simulation import gait
from apps.simulation.chest import GRID, Chest
from apps.simulation.gestures import draw_gestures
from apps.simulation.profiles import POSTURES
from apps.simulation.series import hold_last
from apps.simulation.steps import count_steps
from apps.simulation.timeline import Timeline, running_mean
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Acceleration: TypeAlias = NDArray[np.int16]
Wave: TypeAlias = NDArray[np.float32]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

HZ = 64
GRAVITY = 256
"""Counts of 1 g."""

BLOCK = 600
"""Seconds made at a time, to keep memory flat."""

_FULL = 16 * GRAVITY - 1
"""The range of the sensor is 16 g (catalogue, datatype 4145)."""

_STILL = 4
"""Counts of activity; the device gives 0 for less (seen in downloads)."""

_NOISE = 0.9
"""Counts; genuine records have 0.8 to 1.05 in a still second."""

_AWAKE_IN_BED = 0.7
"""How restless somebody is who cannot sleep: enough for actigraphy to tell it from sleep."""

_UNEVEN = 0.13
"""How much the force of steps varies from second to second, as a share. Activity then varies by a
ninth while somebody walks on, as in genuine shifts."""

_TREADS = 0.16
"""How much people differ in how hard they tread when they walk (standard deviation of the
logarithm, of 77 genuine shifts)."""

_TURNING = 3
"""Seconds that a change of posture takes."""

_MOTION, _AGITATION, _SWAY, _ESTIMATE, _TREAD = 10, 11, 12, 13, 14
"""Random streams."""

_PITCH = {
    "upright": 0.05,
    "sitting": 0.22,
    "supine": 1.54,
    "prone": 1.54,
    "left": 1.5,
    "right": 1.5,
}
"""How far the trunk is tilted from upright, in radians: some 13 degrees back on a chair."""

_ROLL = {"upright": 0.0, "sitting": 0.0, "supine": 0.0, "prone": 3.04, "left": -1.52, "right": 1.52}
"""How far it is turned from lying on the back, in radians, to the right."""

_UPWARD = 0.8
"""How many g an axis must give to count as pointing up or down: up to 37 degrees off."""


def trunk_counts(timeline: Timeline, chest: Chest | None = None) -> Acceleration:
    """Return acceleration (4145 to 4147) as an array of 3 by 64 samples a second, in counts of
    1/256 g. Without a chest it is that of somebody whose breath and heart nobody feels."""
    body = _Body(timeline, chest)
    found = np.empty((3, timeline.seconds * HZ), np.int16)
    for first, last in _split_blocks(timeline.seconds):
        counts = body.make_block(first, last)
        np.rint(counts, out=counts).clip(-_FULL, _FULL, out=counts)
        found[:, first * HZ : last * HZ] = counts
    return found


def _split_blocks(seconds: int) -> list[tuple[int, int]]:
    return [(first, min(first + BLOCK, seconds)) for first in range(0, seconds, BLOCK)]


@dataclass(frozen=True)
class _Body:
    """A timeline prepared for blocks of acceleration, which must be requested in order."""

    timeline: Timeline
    chest: Chest | None = None

    @cached_property
    def chance(self) -> np.random.Generator:
        return self.timeline.random(_MOTION)

    @cached_property
    def strides(self) -> Floats:
        return count_steps(self.timeline)

    def tread(self, first: int, last: int) -> Wave:
        """Return how hard the person treads in those seconds, to others: it is their own way of
        walking. Runners all fly."""
        drawn = self.timeline.heart_random(_TREAD).standard_normal()
        own = np.exp(_TREADS * np.clip(drawn, -2, 2))
        walks = self.timeline.cadence[first:last] < gait.JOGGING
        return np.where(walks, own, 1.0).astype(np.float32)

    @cached_property
    def upward(self) -> Wave:
        """What gravity gives on each axis at every whole second, the last one included, in g."""
        chance = self.timeline.random(_SWAY)
        pitch = _trunk_angle(_PITCH, self.timeline, chance)
        roll = _trunk_angle(_ROLL, self.timeline, chance)
        lying = np.sin(pitch)
        down = -np.cos(pitch)
        back = -lying * np.cos(roll)
        left = lying * np.sin(roll)
        axes = np.array((down, back, left), np.float32)
        return axes * np.float32(self.timeline.profile.gravity)

    @cached_property
    def exertion(self) -> Wave:
        """How hard a person works without steps each second, in g: cranks, squats, oars."""
        timeline = self.timeline
        works = (timeline.effort > 0.2) & (timeline.cadence == 0)
        level = self.restless * timeline.effort * works
        return running_mean(0.3 * level, _TURNING).clip(0).astype(np.float32)

    @cached_property
    def restless(self) -> Floats:
        """What the plan says of each second."""
        table = np.array([bout.restless for bout in self.timeline.profile.plan])
        each: Floats = table[self.timeline.bout]
        return each

    @cached_property
    def lying_awake(self) -> NDArray[np.bool_]:
        """The seconds awake in a bout of sleep: before falling asleep, and between dreams."""
        table = np.array([bout.sleep for bout in self.timeline.profile.plan])
        awake: NDArray[np.bool_] = table[self.timeline.bout] & (self.timeline.stage == WAKE)
        return awake

    @cached_property
    def agitation(self) -> Wave:
        """How much a person fidgets, turns or shakes each second, in g."""
        timeline, chance = self.timeline, self.timeline.random(_AGITATION)
        # Fidgets are short; how many of the seconds have one is what `restless` tells.
        share = np.where(self.lying_awake, 0.25 * _AWAKE_IN_BED, 1.2 * self.restless)
        fidgets = chance.random(timeline.seconds) < share
        strong = np.where(self.lying_awake, 0.04, 0.012)
        level = np.where(fidgets, chance.gamma(2, strong, timeline.seconds), 0.0)
        level[timeline.stage != WAKE] = 0
        level += 0.04 * timeline.effort * (timeline.cadence == 0) * (timeline.effort > 0.2)
        level[np.diff(timeline.posture, prepend=timeline.posture[:1]) != 0] += 0.25
        for artefact in timeline.artefacts:
            if artefact.kind == "movement":
                level[artefact.seconds] += 0.3 * artefact.strength
        slow = running_mean(level, _TURNING).clip(0).astype(np.float32)
        return slow + draw_gestures(timeline).shaking(timeline.seconds)

    def make_block(self, first: int, last: int) -> Wave:
        """Return three axes of acceleration for those seconds, in counts."""
        here = self.chance.standard_normal((3, (last - first) * HZ), np.float32) * _NOISE
        here += GRAVITY * self._tilted(first, last)
        if self.chest:
            here += self.chest.knocks(first, last)
        cadence = self.timeline.cadence[first:last].astype(np.float32)
        if cadence.any():
            steps = self.strides[first : last + 1]
            # Strides before the block are subtracted, because float32 could not distinguish steps
            # otherwise.
            within = _interpolate((steps - steps[0] // 2 * 2).astype(np.float32))
            vigour = 1 + _UNEVEN * self.chance.standard_normal(last - first + 1, np.float32)
            force = np.repeat(self.tread(first, last), HZ) * _interpolate(vigour)
            shaken = gait.trunk_acceleration(within, np.repeat(cadence, HZ))
            here += shaken * (GRAVITY * force)
        here += GRAVITY * self._agitate(self.agitation[first:last])
        if self.exertion[first:last].any():
            here[:2] += GRAVITY * self._repeat_movement(first, last)
        return here

    def _tilted(self, first: int, last: int) -> Wave:
        """Return what gravity gives on each axis, in g. Breath turns the sensor to the side."""
        upward = self.upward[:, first : last + 1]
        if not self.chest:
            return _interpolate(upward)
        coarse = np.concatenate((_interpolate(upward, GRID), upward[:, -1:]), axis=1)
        down, back, left = coarse
        angle = self.chest.tilt(first, last).astype(np.float32)
        turned = np.array((down + angle * left, back + angle * left, left - angle * (down + back)))
        return _interpolate(turned, HZ // GRID)

    def _repeat_movement(self, first: int, last: int) -> Wave:
        """Return the same movement over and over, down and back, faster with effort: 0.6 to 1.4
        Hz."""
        hertz = 0.4 + self.timeline.effort[first:last]
        turns = np.cumsum(np.append(0, hertz))
        angle = 2 * np.pi * _interpolate(turns.astype(np.float32))
        swing: Wave = np.repeat(self.exertion[first:last], HZ)
        directions = [np.sin(angle), 0.5 * np.cos(angle)]
        return np.array(directions, np.float32) * swing

    def _agitate(self, level: Wave) -> Wave:
        """Return noise below some 5 Hz, as limbs and trunk move, of the level of each second in
        g."""
        count = 5
        white = self.chance.standard_normal((3, len(level) * HZ + count), np.float32)
        total = np.cumsum(white, axis=1)
        slow = (total[:, count:] - total[:, :-count]) / np.float32(count**0.5)
        shaken: Wave = slow * np.repeat(level, HZ)
        return shaken


def _trunk_angle(
    table: dict[str, float], timeline: Timeline, chance: np.random.Generator
) -> Floats:
    """Return an angle of the trunk at every whole second, in radians; it sways, least in sleep."""
    radians = np.zeros(len(POSTURES))
    for name, code in POSTURES.items():
        radians[code] = table[name]
    sway = np.where(timeline.stage == WAKE, 0.035, 0.01)
    slow = running_mean(chance.standard_normal(timeline.seconds), 20) * 20**0.5
    angle = running_mean(radians[timeline.posture], _TURNING) + sway * slow
    return hold_last(angle)


def _interpolate(values: Wave, times: int = HZ) -> Wave:
    """Return so many samples for each value but the last, linear in between (along the last
    axis)."""
    part = np.arange(times, dtype=np.float32) / times
    rise = np.diff(values, axis=-1)[..., None] * part
    rise += values[..., :-1, None]
    return np.reshape(rise, (*values.shape[:-1], -1))


def activity_counts(acceleration: Acceleration) -> NDArray[np.int16]:
    """Return activity (49) each second, in counts of 1/256 g.

    It is the mean norm of what is above 2.65 Hz (catalogue, datatype 49), or 0 at rest.
    """
    return _drop_stillness(
        _band_intensity(acceleration, lambda counts: _cut_reach(counts) - _keep_slow(counts))
    )


def _drop_stillness(activity: NDArray[np.int16]) -> NDArray[np.int16]:
    """Activity with 0 where it is too little for the device."""
    return np.where(activity < _STILL, np.int16(0), activity)


def estimated_activity(timeline: Timeline) -> NDArray[np.int16]:
    """Return activity (49) without any acceleration, a hundred times faster and nearly the same.

    The weights of noise, agitation and steps are fitted to the results of `activity_counts`.
    """
    body = _Body(timeline)
    steps = gait.felt_activity(timeline.cadence) * body.tread(0, timeline.seconds)
    squares = 2.0**2 + (GRAVITY * 1.17 * body.agitation) ** 2 + (GRAVITY * steps) ** 2
    uneven = 1 + 0.03 * timeline.random(_ESTIMATE).standard_normal(timeline.seconds)
    return _drop_stillness(np.rint(np.sqrt(squares) * uneven).astype(np.int16))


def actigraphy_counts(acceleration: Acceleration) -> NDArray[np.int16]:
    """Return actigraphy (54) each second, in counts of 1/256 g.

    Nothing says how it is computed. Here it is the mean norm of everything between 0.25 and 2.65
    Hz, about the band of usual actigraphs, which shows turning over and fidgeting.
    """
    return _band_intensity(acceleration, lambda counts: _keep_slow(counts) - _mean_level(counts))


_REACH = 64
"""The samples on either side that the filters use."""


def _lowpass_weights(hertz: float, taps: int) -> Wave:
    """Return the weights of a low pass: a sinc under a Hann window, with sum one."""
    moments = np.arange(taps) - taps // 2
    weights: Floats = np.sinc(2 * hertz / HZ * moments) * np.hanning(taps + 2)[1:-1]
    scaled: Wave = (weights / weights.sum()).astype(np.float32)
    return scaled


_WEIGHTS = _lowpass_weights(2.65, 49)


def _cut_reach(counts: Wave) -> Wave:
    middle: Wave = counts[_REACH:-_REACH]
    return middle


def _keep_slow(counts: Wave) -> Wave:
    """Return what is below 2.65 Hz."""
    spare = _REACH - len(_WEIGHTS) // 2
    low: Wave = np.convolve(counts[spare:-spare], _WEIGHTS, "valid")
    return low


def _mean_level(counts: Wave) -> Wave:
    """Return the mean over two seconds, which leaves what is below about 0.25 Hz."""
    total = np.cumsum(np.concatenate(([0.0], counts)))
    mean = (total[2 * _REACH + 1 :] - total[: -2 * _REACH - 1]) / (2 * _REACH + 1)
    level: Wave = mean.astype(np.float32)
    return level


def _band_intensity(acceleration: Acceleration, band: Callable[[Wave], Wave]) -> NDArray[np.int16]:
    """Return the mean norm of a band of frequencies each second, in counts."""
    seconds = acceleration.shape[1] // HZ
    found = np.empty(seconds, np.int16)
    for first, last in _split_blocks(seconds):
        squares = np.zeros((last - first) * HZ, np.float32)
        for axis in acceleration:
            squares += band(_pad_samples(axis, first * HZ, last * HZ)) ** 2
        found[first:last] = np.rint(np.sqrt(squares).reshape(-1, HZ).mean(axis=1))
    return found


def _pad_samples(axis: Acceleration, first: int, last: int) -> Wave:
    """Return those samples with as many on either side as filters need. The ends are continued."""
    wanted_from, wanted_to = first - _REACH, last + _REACH
    begin = max(0, wanted_from)
    end = min(len(axis), wanted_to)
    lacking = (begin - wanted_from, wanted_to - end)
    return np.pad(axis[begin:end].astype(np.float32), lacking, mode="edge")


def device_positions(acceleration: Acceleration, gravity: float = 1.0) -> tuple[Ints, Ints]:
    """Return ticks and codes of the device's positions (269), on whole seconds, where they change.

    The axis that points up or down by the mean of a second decides. If none does, the position
    stays; at first it is 0, undefined. It remains so if `gravity` (g) is too weak to tell.
    """
    seconds = acceleration.shape[1] // HZ
    codes = np.zeros(seconds, np.int64)
    if gravity < _UPWARD:
        return find_changes(codes)
    for first, last in _split_blocks(seconds):
        block = acceleration[:, first * HZ : last * HZ].reshape(3, -1, HZ)
        codes[first:last] = _upward_axis(block.mean(axis=2, dtype=np.float32) / GRAVITY)
    known = np.maximum.accumulate(np.where(codes > 0, np.arange(seconds), 0))
    return find_changes(codes[known])


def _upward_axis(means: Wave) -> Ints:
    """Return 1 for y up, 2 for y down, 3 and 4 for z, 5 and 6 for x, and 0 for none (datatype
    269)."""
    seconds = np.arange(means.shape[1])
    axis = np.abs(means).argmax(axis=0)
    value = means[axis, seconds]
    upward = np.array([5, 1, 3])[axis]
    is_down = value < 0
    is_undecided = np.abs(value) < _UPWARD
    return np.where(is_undecided, 0, upward + is_down)


def sleep_positions(acceleration: Acceleration, gravity: float = 1.0) -> tuple[Ints, Ints]:
    """Return ticks and codes of the positions of the body (270), where they change.

    If the wire points up, the position of the device is that of the body: belly, back, right side
    and left side have the same numbers; 5 is upright, with either end up (datatype 270).
    """
    ticks, codes = device_positions(acceleration, gravity)
    lying = np.minimum(codes, 5)
    changed = np.diff(lying, prepend=-1) != 0
    known = changed & (lying > 0)
    return ticks[known], lying[known]


def find_changes(codes: Ints) -> tuple[Ints, Ints]:
    """Return where the code of each second differs from the previous one. The first is at 1 s."""
    changed = np.flatnonzero(np.diff(codes, prepend=-1))
    return (changed + 1) * SECOND, codes[changed]
