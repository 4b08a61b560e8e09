"""What a person does, second by second: the plan of a profile over a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import WAKE
from apps.simulation import apnoea, sleep
from apps.simulation.artefacts import Artefact, draw_artefacts
from apps.simulation.profiles import POSTURES, Bout, SimulationProfile
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]

DAY = 86_400
_MONDAY = 3 * DAY
"""From the Monday before 1970 on, on which plans of a week begin."""
SHORTEST, LONGEST = 10, 30 * DAY
"""The most seconds of a timeline."""

MOVING = 0.3
"""Above this speed in m/s, a person is moving."""

RUNNING = 2.1
"""The speed in m/s at which people begin to run (typical walk-to-run transition)."""

_STRETCH = 10
"""Seconds over which it shows whether somebody goes on or stands."""

_ON_FOOT = 0.5
"""How restless somebody is who walks or runs."""

_PLAN, _EFFORT, _SPEED, _CADENCE, _SLEEP, _ARTEFACTS, _APNOEAS = range(7)
"""Random streams. Those below 16 are for what people do and how they move."""


@dataclass(frozen=True)
class Timeline:
    """What happens from `start` (ticks) on, for so many seconds, with one value for each second.

    `effort` is metabolic, from 0 (rest) to 1 (full effort); `speed` is in m/s over ground;
    `cadence` is in steps per minute, 0 when not walking or running; `posture` has the codes of
    `POSTURES`; `stage` those of datatype 280 (6 wake, 2 NREM, 5 REM), all 6 when awake; `circadian`
    goes from -1 to 1 by time of day (UTC). `grade` is the slope of the ground, and `bout` the
    number of the bout of the plan. Artefacts come in order of start, as do pauses of breath.
    """

    profile: SimulationProfile
    seed: int
    start: int
    seconds: int
    effort: Floats
    speed: Floats
    cadence: Floats
    posture: Codes
    stage: Codes
    circadian: Floats
    artefacts: tuple[Artefact, ...]
    grade: Floats
    bout: NDArray[np.int16]
    apnoeas: tuple[apnoea.Apnoea, ...] = ()

    def bout_values(self, name: str) -> Floats:
        """Return a number of the bout of each second, such as `restless`."""
        table = np.array([float(getattr(bout, name)) for bout in self.profile.plan])
        values: Floats = table[self.bout]
        return values

    def stirred(self) -> Floats:
        """Return how much somebody moves beside what they do each second, from 0 to 1: as restless
        as the plan says, or on foot, and not asleep."""
        moved = np.maximum(self.bout_values("restless"), _ON_FOOT * (self.cadence > 0))
        return np.where(self.stage == WAKE, moved, 0.0)

    def random(self, stream: int) -> np.random.Generator:
        """Return a random source for each channel, so that no channel depends on another."""
        return np.random.default_rng([self.seed, stream])

    def heart_random(self, stream: int) -> np.random.Generator:
        """Return a random source for what is the same in all records of one heart. Without a heart
        that is known, each seed of each profile has its own."""
        known = self.profile.person.heart
        if known is not None:
            return np.random.default_rng([known, stream])
        return np.random.default_rng([self.seed, stream, crc32(self.profile.name.encode())])


def make_timeline(profile: SimulationProfile, seed: int, start: int, seconds: int) -> Timeline:
    """Return the timeline of a profile. The same arguments give the same one.

    `start` is in ticks since 1970. Raise ValueError for a length out of bounds or a negative seed.
    """
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"A simulation takes {SHORTEST} to {LONGEST} seconds, not {seconds}.")
    if seed < 0:
        raise ValueError(f"A seed is 0 or more, not {seed}.")
    laid = _Laid(profile, seed, start, lay_bouts(profile, start, seconds))
    moving = laid.lay_movement()
    stage, posture = sleep.plan_night(
        laid.bout_values("sleep") > 0, laid.lay_posture(), np.random.default_rng([seed, _SLEEP])
    )
    pauses = apnoea.plan_apnoeas(
        stage,
        posture,
        profile.apneas,
        profile.apnea_kind,
        np.random.default_rng([seed, _APNOEAS]),
    )
    return Timeline(
        profile=profile,
        seed=seed,
        start=start,
        seconds=seconds,
        effort=laid.lay_effort(moving),
        speed=laid.lay_speed(moving),
        cadence=laid.lay_cadence(moving),
        posture=posture,
        stage=apnoea.rouse(stage, pauses),
        circadian=circadian_wave(start, seconds),
        artefacts=draw_artefacts(
            profile.artefacts, moving, np.random.default_rng([seed, _ARTEFACTS])
        ),
        grade=running_mean(laid.bout_values("grade"), 20),
        bout=laid.bout,
        apnoeas=pauses,
    )


def lay_bouts(profile: SimulationProfile, start: int, seconds: int) -> NDArray[np.int16]:
    """Return for each second the number of its bout in the plan (profiles, `fit`)."""
    ends = _bout_ends(profile)
    place = _lay_places(profile, start, seconds)
    return np.searchsorted(ends, place, "right").clip(0, len(ends) - 1).astype(np.int16)


def _bout_ends(profile: SimulationProfile) -> Floats:
    """Return the seconds of the plan at which its bouts end."""
    ends: Floats = np.cumsum(np.array([bout.minutes * 60.0 for bout in profile.plan]))
    return ends


def _lay_places(profile: SimulationProfile, start: int, seconds: int) -> Floats:
    """Return for each second that of the plan."""
    whole = float(_bout_ends(profile)[-1])
    offset, pace = 0.0, 1.0
    if profile.fit == "clock":
        offset = (start / SECOND + _MONDAY) % whole
    elif profile.fit == "scale":
        pace = max(1, round(seconds / whole)) * whole / seconds
    passed = np.arange(seconds, dtype=np.float64) + 0.5
    places: Floats = (offset + passed * pace) % whole
    return places


def running_mean(values: Floats, seconds: int) -> Floats:
    """Return the running mean over so many values around each; its length is the same."""
    before = seconds // 2
    padded = np.pad(values, (before + 1, seconds - before - 1), mode="edge")
    total = np.cumsum(padded)
    mean: Floats = (total[seconds:] - total[:-seconds]) / seconds
    return mean


def slow_noise(random: np.random.Generator, count: int, seconds: int) -> Floats:
    """Return slow noise of standard deviation one, which changes within so many seconds."""
    slow: Floats = running_mean(random.standard_normal(count), seconds) * np.sqrt(seconds)
    return slow


def circadian_wave(start: int, seconds: int) -> Floats:
    """Return -1 to 1 by time of day: lowest at half past four, highest in the afternoon.

    Core temperature and heart rate at rest behave like this (typical for people who sleep at
    night).
    """
    hours = (start / SECOND + np.arange(seconds)) % DAY / 3600
    wave: Floats = np.cos(2 * np.pi * (hours - 16.5) / 24)
    return wave


@dataclass(frozen=True)
class _Laid:
    """A plan over time: the bout of each second, with its random numbers."""

    profile: SimulationProfile
    seed: int
    start: int
    bout: NDArray[np.int16]

    def random(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream])

    def bout_values(self, name: str) -> Floats:
        """Return a number of the bout of each second."""
        table = np.array([float(getattr(bout, name)) for bout in self.profile.plan])
        values: Floats = table[self.bout]
        return values

    def lay_posture(self) -> Codes:
        table = np.array([POSTURES[bout.posture] for bout in self.profile.plan], np.int8)
        codes: Codes = table[self.bout]
        return codes

    def lay_movement(self) -> Flags:
        """Return when a person moves, as `share` says: many short stretches and a few long ones, of
        eight seconds in the median, as in genuine shifts."""
        normal = NormalDist()
        edge = np.array([_share_quantile(bout, normal) for bout in self.profile.plan])
        inclined = slow_noise(self.random(_PLAN), len(self.bout), _STRETCH) < edge[self.bout]
        # Starts and stops are ramps that reach a little farther.
        going: Flags = inclined & np.append(inclined[:1], inclined[:-1])
        return going

    def lay_effort(self, moving: Flags) -> Floats:
        """Return the load, which changes within seconds. Heart and lungs follow with their own
        delay."""
        planned = self.bout_values("effort")
        partly = self.bout_values("share") < 1
        level = np.where(partly & ~moving, planned * 0.5, planned)
        level *= 1 + 0.04 * slow_noise(self.random(_EFFORT), len(level), 40)
        ramps = [bout.effort_end is not None for bout in self.profile.plan]
        if any(ramps):
            level = np.where(np.array(ramps)[self.bout], self._lay_ramps(), level)
        mean = running_mean(level.clip(0, 1), 7)
        return mean.clip(0, 1)  # its sums are rounded

    def _lay_ramps(self) -> Floats:
        """Return the effort of bouts that are ramps. An ergometer sets it: it does not scatter."""
        plan, ends = self.profile.plan, _bout_ends(self.profile)
        place = _lay_places(self.profile, self.start, len(self.bout))
        left = (ends[self.bout] - place) / (60 * self.bout_values("minutes"))
        goals = np.array([b.effort if b.effort_end is None else b.effort_end for b in plan])
        first, goal = self.bout_values("effort"), goals[self.bout]
        ramp: Floats = goal + (first - goal) * left
        return ramp

    def lay_speed(self, moving: Flags) -> Floats:
        """Return metres per second, with starts and stops that take a few seconds."""
        planned = np.where(moving, self.bout_values("speed"), 0.0)
        return self._ramp_speed(planned)

    def _ramp_speed(self, planned: Floats) -> Floats:
        scatter = 1 + 0.03 * slow_noise(self.random(_SPEED), len(planned), 15)
        ramped = running_mean(planned * scatter.clip(0.8, 1.2), 5)
        ramped[ramped < 0.05] = 0
        return ramped

    def lay_cadence(self, moving: Flags) -> Floats:
        """Return steps per minute: as in the plan, or else from speed and height."""
        told = np.array([np.nan if b.cadence is None else b.cadence for b in self.profile.plan])
        given = told[self.bout]
        free = np.isnan(given)
        on_foot = self._ramp_speed(np.where(moving & free, self.bout_values("speed"), 0.0))
        usual = steps_per_minute(on_foot, self.profile.person.height)
        scatter = 1 + 0.012 * slow_noise(self.random(_CADENCE), len(given), 8)
        steps: Floats = np.where(free, usual, np.where(moving, given, 0.0))
        steps *= scatter.clip(0.94, 1.06)
        return steps


def _share_quantile(bout: Bout, normal: NormalDist) -> float:
    goes = bout.speed > 0 or bool(bout.cadence)
    if not goes or bout.share <= 0:
        return -np.inf
    return np.inf if bout.share >= 1 else normal.inv_cdf(bout.share)


def steps_per_minute(speed: Floats, height: float) -> Floats:
    """Return the usual cadence of a person of that height (m) at those speeds (m/s).

    Walkers keep the ratio of step length to cadence, about 0.0064 m per step/min (typical adult
    walk ratio). Runners lengthen their steps and accelerate them little, from 155 to 185.
    """
    tall = (1.75 / height) ** 0.5
    walking = np.sqrt(speed * 60 / 0.0064) * tall
    running = (154 + 7 * (speed - RUNNING)) * tall
    gait: Floats = np.where(speed < RUNNING, walking.clip(60, 135), running.clip(155, 188))
    gait[speed < MOVING] = 0
    return gait
