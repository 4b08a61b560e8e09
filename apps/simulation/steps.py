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

_MISTAKEN, _AFLOAT = 0.3, 0.02
"""The share of hard gestures that it takes for a step, and that in weightlessness, where nothing
strikes the ground."""

_UNPROVEN = 4
"""The steps of a walk that the device awaits before it believes in a cadence: in genuine shifts it
begins 2.1 s later after the onset of activity than it ends after the end of it."""

_PAUSE = 2 * SECOND
"""Ticks without a step after which another walk begins: cadence is seldom less than 30."""

_CORNER, _MEMORY = 0.18, 12
"""The low pass of cadence in Hz (111 onsets and 110 ends of walks in genuine shifts), and the
seconds after which a step is forgotten."""

_LOWEST, _HIGHEST = 30, 255
"""What cadence comes to at least if it is not 0, and at most (99 genuine shifts: 30 to 254)."""

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
    likely = _MISTAKEN * timeline.profile.gravity or _AFLOAT
    hard = (gestures.jolts > _DECEPTIVE) & (chance.random(len(gestures.jolts)) < likely)
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
    """Return cadence (53) in steps per minute at 1, 2, 3 ... s, as that of genuine shifts goes.

    No document says how a device computes it. The first four steps of a walk do not count. The
    others, each a pulse, pass a Butterworth low pass of the third order at 0.18 Hz; what comes to
    less than 30 is 0. So it climbs for some three seconds, to 8 % above the true cadence for a
    moment, falls as slowly, and a single missed step lowers it by 27.
    """
    counted = steps[_place_in_walk(steps) >= _UNPROVEN] / SECOND
    rate = np.zeros(seconds + _MEMORY)
    # A value of the moment m tells of m - 1, so its index is that of the second before.
    first = np.ceil(counted).astype(np.int64)
    for later in range(_MEMORY):
        np.add.at(rate, first + later, 60 * _low_pass(first + later - counted))
    whole = np.rint(rate[:seconds]).astype(np.int64)
    return np.where(whole < _LOWEST, 0, np.minimum(whole, _HIGHEST))


def _place_in_walk(steps: Ints) -> Ints:
    """Return how many steps came before each in its walk. A walk ends with a long pause."""
    number = np.arange(len(steps))
    begins = np.diff(steps, prepend=-2 * _PAUSE) > _PAUSE
    return number - np.maximum.accumulate(np.where(begins, number, 0))


def _low_pass(since: Floats) -> Floats:
    """Return the response to a pulse, a second, so many seconds later."""
    pace = 2 * np.pi * _CORNER
    past = pace * since
    angle = past * 3**0.5 / 2
    ringing = np.cos(angle) - np.sin(angle) / 3**0.5
    response: Floats = pace * (np.exp(-past) - np.exp(-past / 2) * ringing)
    return response
