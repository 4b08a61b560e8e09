"""Steps: when feet strike the ground, which of them the device finds, and its cadence."""

from __future__ import annotations

import numpy as np

from apps.simulation.gestures import draw_gestures
from apps.simulation.series import Floats, Ints
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

_MISSED, _DECEPTIVE = 0.012, 0.25
"""The share of steps that the device misses, and the g of a gesture that it may take for one."""

_SOONEST = SECOND // 3
"""Ticks from one step to the next at which a device does not believe in a false one: 180 a
minute."""

_HABITS = 1052
"""The random stream."""


def count_steps(timeline: Timeline) -> Floats:
    """Return how many steps were made by every whole second, the last one included."""
    return np.concatenate(([0.0], np.cumsum(timeline.cadence / 60)))


def step_ticks(timeline: Timeline) -> Ints:
    """Return the ticks at which feet strike the ground; datatype 52 counts them."""
    made = count_steps(timeline)
    whole = np.arange(1, int(made[-1]) + 1)
    second = np.searchsorted(made, whole, "left") - 1
    part = (whole - made[second]) / (made[second + 1] - made[second])
    ticks = ((second + part) * SECOND).astype(np.int64)
    return ticks[ticks < timeline.seconds * SECOND]


def detect_steps(timeline: Timeline, steps: Ints) -> Ints:
    """Return the ticks of the steps that the device finds: it misses some, and takes some gestures
    for one."""
    chance = timeline.random(_HABITS)
    seen = steps[chance.random(len(steps)) >= _MISSED]
    gestures = draw_gestures(timeline)
    hard = (gestures.jolts > _DECEPTIVE) & (chance.random(len(gestures.jolts)) < 0.3)
    false = (gestures.starts[hard] * SECOND).astype(np.int64)
    still = timeline.cadence[np.minimum(false // SECOND, timeline.seconds - 1)] == 0
    false = false[still & (false < timeline.seconds * SECOND)]
    return np.union1d(seen, _leave_room(false, seen))


def _leave_room(false: Ints, steps: Ints) -> Ints:
    """Return the false steps that are far enough from steps and from each other."""
    apart = np.diff(false, prepend=-SECOND) >= _SOONEST
    around = np.concatenate(([-SECOND], steps, [2**62]))
    place = np.searchsorted(around, false)
    apart &= (false - around[place - 1] >= _SOONEST) & (around[place] - false >= _SOONEST)
    return false[apart]


def step_cadence(steps: Ints, seconds: int) -> Ints:
    """Return cadence (53) in steps per minute at 1, 2, 3 ... s: by the last four steps at most.

    It is 0 one and a half seconds after a step that no other followed.
    """
    if len(steps) < 2:
        return np.zeros(seconds, np.int64)
    moments = np.arange(1, seconds + 1) * SECOND
    pause = SECOND * 3 // 2
    begins = np.diff(steps, prepend=-SECOND * 60) > pause
    run = np.maximum.accumulate(np.where(begins, np.arange(len(steps)), 0))
    last = np.searchsorted(steps, moments, "right") - 1
    first = np.maximum(last - 4, run[last])
    since = steps[last] - steps[first]
    rate = 60 * SECOND * (last - first) / np.maximum(since, 1)
    going = (last >= 0) & (since > 0) & (moments - steps[last] <= pause)
    return np.where(going, np.rint(rate), 0).astype(np.int64)
