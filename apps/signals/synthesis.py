"""Believable signals from a seed: one body whose channels agree with each other.

Effort drives everything: heart rate and breathing rate rise with it, a train of beats follows
from the one (RR intervals, heart rate, ECG) and a train of breaths from the other (tidal
volume, respiration, inspirations), and gait gives activity, cadence, steps and acceleration.
All values are counts as the device gives them; trains are in ticks (1/256 s) from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ECG_ZERO, ECG_R, ECG_T = 1360, 352, 62
RESPIRATION_ZERO, RESPIRATION_SWING = 32_768, 40
GRAVITY = 256
WALKING = 0.25
"""The effort from which on somebody walks."""


def smooth(values: Floats, seconds: int) -> Floats:
    """The running mean over so many values, as long as what is given."""
    total = np.cumsum(np.pad(values, (seconds, 0), mode="edge"))
    mean: Floats = (total[seconds:] - total[:-seconds]) / seconds
    return mean


def train(rate: Floats, seconds: int) -> Ints:
    """The ticks at which something happens that happens `rate` times a minute, each second."""
    phase = np.concatenate(([0.0], np.cumsum(rate / 60)))
    times = np.interp(np.arange(int(phase[-1]) + 1), phase, np.arange(seconds + 1))
    return np.unique((times * SECOND).astype(np.int64))


def since(events: Ints, ticks: Ints) -> Ints:
    """Ticks from the last event before each moment, or from the first one of all."""
    last = np.searchsorted(events, ticks, side="right") - 1
    passed: Ints = ticks - events[np.maximum(last, 0)]
    return passed


def bump(ticks: Ints, at: float, width: float) -> Floats:
    """A bell of height one at `at` seconds, `width` seconds wide."""
    return np.exp(-(((ticks / SECOND - at) / width) ** 2))


@dataclass(frozen=True)
class Body:
    """What one person's sensors give over `ticks` ticks; the seed decides everything.

    `active` is the share of the time on the move, `resting` the heart rate at rest.
    """

    seed: int
    ticks: int
    active: float = 0.4
    resting: float = 68.0

    @cached_property
    def seconds(self) -> int:
        """How many whole seconds there are; channels of 1 Hz have so many samples."""
        return self.ticks // SECOND

    def random(self, channel: int) -> np.random.Generator:
        """The source of chance of one channel, so that none depends on another's draws."""
        return np.random.default_rng([self.seed, channel])

    @cached_property
    def effort(self) -> Floats:
        """From 0 (rest) to 1, each second: stretches of rest and of walking or running."""
        chance = self.random(1)
        legs = self.seconds // 240 + 2
        levels = np.where(chance.random(legs) < self.active, chance.uniform(0.3, 0.8, legs), 0.04)
        levels[0] = 0.02
        return smooth(np.repeat(levels, 240)[: self.seconds], 45)

    @cached_property
    def breaths(self) -> Ints:
        """The ticks at which inspirations begin."""
        wander = smooth(self.random(2).normal(0, 4, self.seconds), 30)
        return train(12.5 + 18 * self.effort + wander, self.seconds)

    @cached_property
    def depths(self) -> Ints:
        """The volume of each breath, in counts of 13.28 mL."""
        effort = self.effort[np.minimum(self.breaths // SECOND, self.seconds - 1)]
        scatter = self.random(3).normal(0, 3, len(effort))
        return (44 + 90 * effort + scatter).astype(np.int64)

    @cached_property
    def beats(self) -> Ints:
        """The ticks of the R waves; breathing quickens and slows them (sinus arrhythmia)."""
        moments = np.arange(self.seconds) * SECOND
        breathing = np.sin(2 * np.pi * since(self.breaths, moments) / (4.5 * SECOND))
        wander = smooth(self.random(4).normal(0, 6, self.seconds), 12)
        rate = self.resting + 110 * smooth(self.effort, 30) + 2.5 * breathing + wander
        return train(rate, self.seconds)

    def each_second(self, events: Ints, values: Floats) -> Ints:
        """The value of the last event at every second from the first on, as a count."""
        moments = np.arange(1, self.seconds + 1) * SECOND
        last = np.searchsorted(events, moments, side="right") - 1
        return np.rint(values[last]).astype(np.int64)

    def rate(self, events: Ints, over: int) -> Ints:
        """Events per minute each second, by the mean of the last `over` intervals."""
        intervals = np.diff(events, prepend=2 * events[0] - events[1])
        return self.each_second(events, 60 * SECOND / smooth(intervals.astype(float), over))

    def heart(self) -> dict[int, Ints]:
        """Heart rate (19) in beats per minute and its quality (1000): bit 5 at first."""
        quality = np.zeros(self.seconds, np.int64)
        quality[:20] = 32
        return {19: self.rate(self.beats, 16), 1000: quality}

    def breathing(self) -> dict[int, Ints]:
        """Breathing rate (33), ventilation (36), tidal volume (37) and quality (1001)."""
        rate = self.rate(self.breaths, 4)
        volume = self.each_second(self.breaths, self.depths.astype(float))
        return {33: rate, 36: rate * volume, 37: volume, 1001: np.zeros_like(rate)}

    def cadence(self) -> Ints:
        """Steps per minute (53) each second, none below a walk."""
        return np.rint(np.where(self.effort > WALKING, 85 + 90 * self.effort, 0)).astype(np.int64)

    def motion(self) -> dict[int, Ints]:
        """Activity (49) in 1/256 g, and cadence."""
        trembling = self.random(5).exponential(2.5, self.seconds)
        return {49: np.rint(190 * self.effort + trembling).astype(np.int64), 53: self.cadence()}

    def ecg(self) -> Ints:
        """The first lead (4113), 256 Hz: a wave before each beat and the rest of it after."""
        moments, lengths = np.arange(self.ticks), np.diff(self.beats, append=self.ticks)
        upcoming = np.append(self.beats[1:], self.ticks + SECOND)
        past = np.minimum(moments - np.repeat(self.beats, lengths), SECOND)
        ahead = np.minimum(np.repeat(upcoming, lengths) - moments, SECOND)
        span = np.arange(SECOND + 1)
        tail = ECG_R * bump(span, 0, 0.012) - 70 * bump(span, 0.03, 0.012)
        tail += ECG_T * bump(span, 79 / SECOND, 0.06)
        head = ECG_R * bump(span, 0, 0.012) - 30 * bump(span, 0.03, 0.01)
        head += 35 * bump(span, 0.16, 0.03)
        noise = self.random(6).integers(-4, 5, self.ticks, np.int16)
        wave = tail.astype(np.int16)[past] + head.astype(np.int16)[ahead]
        counts: Ints = (ECG_ZERO + wave + noise).astype(np.int64)
        return counts

    def respiration(self) -> dict[int, Ints]:
        """Thoracic (4129) and abdominal (4130) bands, 128 Hz: up to 40 % of a breath, then down."""
        moments = np.arange(0, self.ticks - 1, 2)
        last = np.searchsorted(self.breaths, moments, side="right") - 1
        lengths = np.diff(self.breaths, append=self.breaths[-1] + 5 * SECOND)
        part = np.minimum((moments - self.breaths[last]) / lengths[last], 1)
        filling = np.where(part < 0.4, part / 0.4, (1 - part) / 0.6)
        swing = self.depths[last] * RESPIRATION_SWING / 4 * (1 - np.cos(np.pi * filling))
        noise = self.random(7).integers(-8, 9, len(moments))
        chest = RESPIRATION_ZERO + swing + noise
        belly = RESPIRATION_ZERO + 0.7 * swing + noise[::-1]
        return {4129: chest.astype(np.int64), 4130: belly.astype(np.int64)}

    def acceleration(self) -> dict[int, Ints]:
        """Acceleration along three axes (4145 to 4147), 64 Hz, in 1/256 g: upright and walking."""
        moments = np.arange(0, self.ticks - 3, 4)
        steps = self.steps if len(self.steps) else np.array([-SECOND])
        second = np.minimum(moments // SECOND, self.seconds - 1)
        bounce = 400 * self.effort[second] * np.sin(np.pi * since(steps, moments) / (SECOND / 4))
        bounce[self.cadence()[second] == 0] = 0
        noise = self.random(8).integers(-3, 4, (3, len(moments)))
        axes = np.array([0.3 * bounce, GRAVITY + bounce, 20 + 0.5 * bounce]) + noise
        return {4145 + axis: values.astype(np.int64) for axis, values in enumerate(axes)}

    @cached_property
    def steps(self) -> Ints:
        """The ticks of the steps."""
        ticks = train(np.maximum(self.cadence().astype(float), 1e-9), self.seconds)
        return ticks[self.cadence()[np.minimum(ticks // SECOND, self.seconds - 1)] > 0]

    def events(self) -> dict[int, tuple[Ints, Ints]]:
        """Offsets and values of what happens in its own time.

        QRS (17) and steps (52) are counted, RR (18) is in ticks with 0 for the first beat,
        its quality (1004) is good; inspiration (34) and expiration (35) tell the band's level.
        """
        beats, breaths, steps = self.beats, self.breaths, self.steps
        out = breaths + np.diff(breaths, append=breaths[-1] + 4 * SECOND) * 2 // 5
        out = out[out < self.ticks]
        low = np.full_like(breaths, RESPIRATION_ZERO)
        high = RESPIRATION_ZERO + self.depths[: len(out)] * RESPIRATION_SWING // 2
        return {
            17: (beats, np.arange(1, len(beats) + 1)),
            18: (beats, np.diff(beats, prepend=beats[0])),
            34: (breaths, low),
            35: (out, high),
            52: (steps, np.arange(1, len(steps) + 1)),
            1004: (beats, np.zeros_like(beats)),
        }
