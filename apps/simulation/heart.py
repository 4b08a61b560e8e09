"""The beat train, and what the device and the server show of it.

Heart rate follows effort, posture, sleep and time of day, and varies as apps/simulation/sinus.py
says. Beats come where the integral of the rate passes the next whole number, as in the usual model
of a pacemaker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics.heartbeats import UNRELIABLE, find_odd_intervals, mean_rate
from apps.simulation import quality, sinus
from apps.simulation.apnoea import heart_rate_rise
from apps.simulation.breath import Breaths
from apps.simulation.series import (
    Events,
    Floats,
    Ints,
    find_crossings,
    follow_target,
    interpolate_at,
)
from apps.simulation.sleep import by_stage
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

NORMAL, VENTRICULAR, FALSE = 0, 1, 2
"""Kinds of beats: normally conducted, premature ones that begin in a ventricle, and what a device
takes for a beat, which is none."""

_START = 1019
"""The random stream of how long the heart rate is unknown."""

_GRID = 4
_FASTEST, _SLOWEST = 215.0, 30.0
_SHORTEST_RR = 0.275
"""Seconds. The AV node conducts nothing faster than about 220 a minute."""
_POSTURE = np.array([9.0, 3.0, 0.0, 1.0, 0.0, 1.0])
"""Beats per minute that standing, sitting and lying add at rest."""


@dataclass(frozen=True)
class Beats:
    """Beats in order: R waves in `times` (s) and `ticks` from the start, and their `kinds`."""

    times: Floats
    ticks: Ints
    kinds: NDArray[np.int8]

    def select_beats(self, which: NDArray[np.bool_]) -> Beats:
        """Return some of the beats."""
        return Beats(self.times[which], self.ticks[which], self.kinds[which])


def target_rate(timeline: Timeline) -> Floats:
    """Return beats per minute each second before beat-to-beat variation, with the delays of the
    heart."""
    person = timeline.profile.person
    effort = follow_target(timeline.effort, 32.0, 55.0)
    asleep = by_stage(timeline.stage, nrem=-5.0, rem=-1.0, wake=3.0)
    resting = person.hr_rest + asleep + 3 * timeline.circadian
    resting = resting + _POSTURE[timeline.posture] * (1 - effort)
    reserve = 0.98 * person.hr_max - resting
    used = np.clip(effort, 0, 1) ** sinus.RESERVE_POWER
    rate = follow_target(np.maximum(resting + reserve * used, 34), 6.0, 10.0)
    return rate + sinus.orthostatic_response(timeline) * (1 - np.clip(effort, 0, 1))


def beat_train(timeline: Timeline, breaths: Breaths) -> Beats:
    """Return all beats of the record, in the rhythm of the profile, including ectopic ones."""
    random = timeline.random(19)
    moments = np.arange(timeline.seconds * _GRID) / _GRID
    rate = interpolate_at(target_rate(timeline) + heart_rate_rise(timeline), moments)
    if timeline.profile.rhythm == "atrial_fibrillation":
        times = _fibrillating_rhythm(rate, random)
    else:
        times = _sinus_rhythm(timeline, breaths, rate, moments)
    times, kinds = _advance_ectopics(timeline, times, random)
    ticks = np.rint(times * SECOND).astype(np.int64)
    beats = Beats(times, ticks, kinds)
    return beats.select_beats(ticks < timeline.seconds * SECOND)


def _sinus_rhythm(timeline: Timeline, breaths: Breaths, rate: Floats, moments: Floats) -> Floats:
    """Return times of beats whose rate and intervals vary as those of a healthy heart do."""
    nerves = sinus.nerves_at(timeline, rate, moments)
    varied = sinus.vary_rate(timeline, breaths, nerves, moments) + _without_breath(breaths, moments)
    quick = np.clip(rate * (1 + varied), _SLOWEST, _FASTEST) / 60
    first = timeline.random(18).uniform(0.05, 1)
    # Even beats come first: they tell how uneven each one is, by the load at its time.
    even = find_crossings(quick, 1 / _GRID, np.arange(first, quick.sum() / _GRID))
    uneven = sinus.uneven_beats(timeline, np.interp(even, moments, nerves.load))
    marks = first + np.concatenate(([0.0], np.cumsum(1 + uneven)))[:-1]
    return find_crossings(quick, 1 / _GRID, marks[marks < quick.sum() / _GRID])


def _without_breath(breaths: Breaths, moments: Floats) -> Floats:
    """Return the effect of apnoeas: they slow the heart, and the next breaths quicken it (cyclical
    variation of heart rate)."""
    if breaths.lengths.max() < 10:
        return np.zeros(len(moments))
    past = moments - breaths.starts[breaths.find_breath(moments)]
    held = np.clip((past - 7) / 12, 0, 1)
    return 0.30 * follow_target(held, 20.0 * _GRID, 7.0 * _GRID) - 0.16 * held


def _fibrillating_rhythm(rate: Floats, random: np.random.Generator) -> Floats:
    """Return times of beats whose intervals have no memory: each is drawn independently."""
    ventricular = np.clip(rate * 1.06 + 6, _SLOWEST, 190) / 60
    total = float(ventricular.sum()) / _GRID
    # Gamma with shape 20 spreads by 22 %, as RR intervals in atrial fibrillation usually do.
    steps = random.gamma(20, 1 / 20, int(total * 1.3) + 40)
    marks = np.cumsum(steps)
    times = find_crossings(ventricular, 1 / _GRID, marks[marks < total])
    if not len(times):
        return times
    apart = np.maximum(np.diff(times), _SHORTEST_RR)
    spaced: Floats = times[0] + np.concatenate(([0.0], np.cumsum(apart)))
    return spaced[spaced < len(rate) / _GRID]


def _advance_ectopics(
    timeline: Timeline, times: Floats, random: np.random.Generator
) -> tuple[Floats, NDArray[np.int8]]:
    """Return beats of which some come early from a ventricle. The next one is on time, which makes
    the pause."""
    kinds = np.zeros(len(times), np.int8)
    apart = np.diff(times, append=times[-1:])
    chance = timeline.profile.ectopics / 3600 * apart
    drawn = random.random(len(times)) < chance
    early = random.uniform(0.55, 0.7, len(times))
    room = np.zeros(len(times), np.bool_)
    room[1:-1] = apart[:-2] > 0.5
    chosen = drawn & room
    chosen[1:] &= ~chosen[:-1]
    number = np.flatnonzero(chosen)
    moved = times.copy()
    moved[number] = times[number - 1] + early[number] * (times[number] - times[number - 1])
    kinds[number] = VENTRICULAR
    return moved, kinds


def shown_ticks(timeline: Timeline, ticks: Ints, channel: str) -> NDArray[np.bool_]:
    """Return which of the ascending ticks a channel shows: it is connected and not saturated."""
    shown = np.ones(len(ticks), np.bool_)
    for artefact in timeline.artefacts:
        if artefact.kind in {"disconnected", "saturated"} and artefact.hits(channel):
            first, last = np.searchsorted(ticks, (artefact.start, artefact.stop))
            shown[first:last] = False
    return shown


def qrs_events(beats: Beats) -> Events:
    """Return datatype 17: offsets in ticks, and the running number of each beat from 1."""
    return beats.ticks, np.arange(1, len(beats.ticks) + 1, dtype=np.int64)


def rr_intervals(beats: Beats) -> Events:
    """Return datatype 18: ticks since the beat before; 0 for the first (behaviour 10)."""
    apart: Ints = np.diff(beats.ticks, prepend=beats.ticks[:1])
    return beats.ticks, apart


def rr_realigned(beats: Beats) -> Events:
    """Return datatype 319: intervals between true R waves in ticks, rounded only once, at their
    ends."""
    apart = np.rint(np.diff(beats.times) * SECOND).astype(np.int64)
    return beats.ticks[1:], apart


def rr_quality(timeline: Timeline, beats: Beats) -> Events:
    """Return datatype 1004: a bit field for each RR interval; 0 is good.

    Beside what artefacts do, it is unreliable when it is a third off the mean of the eight before
    it, whether the signal or the heart is to blame (API reference, Heart Rate Status), and when
    a beat at either end is premature or false, which its shape tells.
    """
    bits = quality.rr_quality(timeline, beats.ticks)
    bits[find_odd_intervals(beats.ticks) | _beside_abnormal(beats)] |= UNRELIABLE
    return beats.ticks, bits


def _beside_abnormal(beats: Beats) -> NDArray[np.bool_]:
    """Which intervals begin or end with a premature or false beat."""
    abnormal = beats.kinds != NORMAL
    touched: NDArray[np.bool_] = abnormal.copy()
    touched[1:] |= abnormal[:-1]
    return touched


def nn_intervals(timeline: Timeline, beats: Beats) -> Events:
    """Datatype 318: the RR intervals of good quality, in ticks."""
    ticks, apart = rr_intervals(beats)
    _, bits = rr_quality(timeline, beats)
    valid = bits == 0
    return ticks[valid], apart[valid]


_STARTING_RATE = 70
_UNKNOWN_FOR = np.repeat([8, 9, 10, 11, 13], [9, 42, 36, 11, 1])
"""Seconds for which devices show the starting rate, as often as in 99 genuine records."""


def heart_rate(timeline: Timeline, beats: Beats) -> NDArray[np.uint16]:
    """Return datatype 19, 1 Hz, per minute: from the mean of the last 16 RR intervals, or of all so
    far.

    It is 70 for the first 8 to 13 s, as in genuine records; then 0 if there is no interval.
    """
    rate = mean_rate(beats.ticks, timeline.seconds)
    rate[: timeline.random(_START).choice(_UNKNOWN_FOR)] = _STARTING_RATE
    return rate
