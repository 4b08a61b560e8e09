"""Movements of the trunk that are neither gait nor breath: reaching, bending, turning, coughs.

They shift both bands and shake the sensor of acceleration, and the device takes some of them for
breaths or steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import WAKE
from apps.simulation.series import Floats, Single, values_at
from apps.simulation.timeline import Timeline

LONGEST = 8.0
"""Seconds of the longest gesture."""

_GESTURES = 9
"""The random stream."""

_IN_BED = 0.4
"""How much less gestures move the bands in bed."""
_TOSSING, _ROUSING = 0.6, 0.6
"""How restless somebody is who lies awake, and how much weaker the jolts of a mere arousal are."""
_BRIEFLY = 20
"""Seconds up to which being awake is an arousal."""

_SWING = 0.15, 0.4, 1.0, 0.4, 0.15
"""How hard a gesture out of bed shakes the trunk in the seconds around its middle: activity of
genuine records has swung out after three seconds or so."""

_COUGHS_AN_HOUR = 1.5
"""Bouts of coughs of somebody awake: 15 to 30 a day are usual (Hsu 1994 and others)."""


@dataclass(frozen=True)
class Gestures:
    """Gestures in order of `starts` (s): their `lengths` (s), by how much they lift `chest` and
    `belly` in counts of the breathing level, how hard they shake the trunk (`jolts`, in g), which
    are `coughs`, and which last on in the seconds around (`swings`)."""

    starts: Floats
    lengths: Floats
    chest: Floats
    belly: Floats
    jolts: Floats
    coughs: NDArray[np.bool_]
    swings: NDArray[np.bool_]

    def shift(self, part: Literal["chest", "belly"], seconds: Floats) -> Floats:
        """Return by how much they lift a part at ascending moments in seconds."""
        total = np.zeros(len(seconds))
        if not len(seconds):
            return total
        lifts = self.chest if part == "chest" else self.belly
        first, last = np.searchsorted(self.starts, (seconds[0] - LONGEST, seconds[-1]))
        begins, ends = self.starts[first:last], (self.starts + self.lengths)[first:last]
        edges = np.searchsorted(seconds, np.stack((begins, ends), 1))
        for number, (one, end) in enumerate(edges.tolist(), start=int(first)):
            past = (seconds[one:end] - self.starts[number]) / self.lengths[number]
            total[one:end] += lifts[number] * np.sin(np.pi * past) ** 2
        return total

    def shaking(self, seconds: int) -> Single:
        """Return how hard they shake the trunk each second, in g."""
        shaken = np.zeros(seconds, np.float32)
        middle = (self.starts + self.lengths / 2).astype(np.int64)
        for away, share in enumerate(_SWING, start=-(len(_SWING) // 2)):
            where = np.clip(middle + away, 0, seconds - 1)
            felt = self.jolts * np.where(self.swings | (away == 0), share, 0)
            np.maximum.at(shaken, where, felt.astype(np.float32))
        return shaken


def draw_gestures(timeline: Timeline) -> Gestures:
    """Return what a person does beside the plan: more when restless, little asleep."""
    random = timeline.random(_GESTURES)
    starts = _repeat_some(_when_moving(timeline, random), random)
    count = len(starts)
    size = 60 * np.exp(1.2 * random.standard_normal(count))
    size = np.where(random.random(count) < 0.5, size, -size).clip(-450, 450)
    in_bed = values_at(timeline.bout_values("sleep") > 0, starts)
    size *= np.where(in_bed, _IN_BED, 1.0)
    jolts = 0.088 * np.exp(0.75 * random.standard_normal(count))
    jolts *= np.where(in_bed & values_at(_rouses(timeline), starts), _ROUSING, 1.0)
    split = random.uniform(0.65, 1.05, count)
    plain = Gestures(
        starts,
        0.45 + random.gamma(1.4, 0.7, count).clip(0, LONGEST - 0.5),
        size * split,
        size * (1 - split),
        jolts,
        np.zeros(count, np.bool_),
        ~in_bed,
    )
    return _in_order(plain, _draw_coughs(timeline, random))


def _when_moving(timeline: Timeline, random: np.random.Generator) -> Floats:
    """Return when gestures begin. Turning over and arousals are gestures, too."""
    restless = np.maximum(timeline.bout_values("restless"), 0.3 * (timeline.cadence > 0))
    in_bed = timeline.bout_values("sleep") > 0
    awake = timeline.stage == WAKE
    rate = np.where(awake, 0.08 * np.where(in_bed, _TOSSING, restless), 0.0)
    drawn = random.random(timeline.seconds) < rate
    drawn |= np.diff(timeline.posture, prepend=timeline.posture[:1]) != 0
    for pause in timeline.apnoeas:
        if pause.arousal:
            drawn[min(int(pause.end), timeline.seconds - 1)] = True
    seconds = np.flatnonzero(drawn)
    starts: Floats = seconds + random.random(len(seconds))
    return starts


def _rouses(timeline: Timeline) -> NDArray[np.bool_]:
    """Return whether somebody is asleep, or only briefly awake, each second."""
    awake = (timeline.stage == WAKE).astype(np.int64)
    edges = np.flatnonzero(np.diff(awake, prepend=-1))
    lengths = np.diff(edges, append=len(awake))
    long = (awake[edges] == 1) & (lengths > _BRIEFLY)
    return ~np.repeat(long, lengths)


def _repeat_some(begins: Floats, random: np.random.Generator) -> Floats:
    """Return the same and, after some, more: people who reach for something do so again."""
    times = random.geometric(0.33, len(begins)).clip(1, 10)
    within = np.concatenate([np.arange(number) for number in times] or [np.empty(0)])
    pace = np.repeat(random.uniform(0.7, 2.2, len(begins)), times)
    repeated: Floats = np.sort(np.repeat(begins, times) + within * pace)
    return repeated


def _draw_coughs(timeline: Timeline, random: np.random.Generator) -> Gestures:
    """Return coughs: one to four blows of a third of a second, half a second apart."""
    awake = timeline.stage == WAKE
    bouts = np.flatnonzero((random.random(timeline.seconds) < _COUGHS_AN_HOUR / 3600) & awake)
    blows = random.integers(1, 5, len(bouts))
    within = np.concatenate([np.arange(number) for number in blows] or [np.empty(0)])
    starts = np.repeat(bouts, blows) + 0.55 * within
    count = len(starts)
    size = 60 * np.exp(0.4 * random.standard_normal(count))
    return Gestures(
        starts,
        np.full(count, 0.35),
        0.8 * size,
        0.2 * size,
        random.uniform(0.1, 0.3, count),
        np.ones(count, np.bool_),
        np.zeros(count, np.bool_),
    )


def _in_order(one: Gestures, other: Gestures) -> Gestures:
    """Return the gestures of both in order."""
    order = np.argsort(np.concatenate((one.starts, other.starts)), kind="stable")
    names = ("starts", "lengths", "chest", "belly", "jolts", "coughs", "swings")
    both = [np.concatenate((getattr(one, name), getattr(other, name)))[order] for name in names]
    return Gestures(*both)
