"""The breath train: when somebody breathes, how deeply, and how chest and belly share the work.

Rate and depth follow effort, posture, sleep and speech. The respiration bands
(apps/simulation/bands.py) and what the device finds in them (apps/simulation/respiration.py) follow
from the breaths.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from apps.metrics.sleep import NREM, WAKE
from apps.simulation import apnoea, exchange
from apps.simulation.gestures import draw_gestures
from apps.simulation.series import (
    Floats,
    Ints,
    find_crossings,
    fractal_spectrum,
    shaped_noise,
    values_at,
)
from apps.simulation.sleep import by_stage
from apps.simulation.timeline import Timeline, slow_noise
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

MARGIN = 60
"""Breaths are also made for this many seconds before the start and after the end."""

SUPINE = 2
THORACIC_SHARE = np.array([0.85, 0.82, 0.62, 0.72, 0.70, 0.70])
"""The share of the chest in the breathing level, by posture; the rest is of the belly. Lying down
gives the belly more (Konno and Mead 1967, Verschakelen 1995). In a sitting person whose record is
public it is 0.85 to 0.99."""

_TRAIN, _SPEECH, _SHARE = 33, 34, 35
"""Random streams."""

_CLEAR = 2.5
"""Seconds before a pause in which no breath begins, so that the last one ends with it."""


@dataclass(frozen=True)
class Breaths:
    """Breaths that cover the record from before its start to after its end.

    Each array has one value per breath: `starts` (s from the start of the record, the first below
    0), `lengths` (s until the next one), `inhale` and `exhale` (s; a pause follows), `volumes` (mL
    of the person, not raw), `share` (of the chest in the breathing level) and `lag` (s by which the
    belly follows the chest; below 0 if it leads).
    """

    starts: Floats
    lengths: Floats
    inhale: Floats
    exhale: Floats
    volumes: Floats
    share: Floats
    lag: Floats

    @property
    def ends(self) -> Floats:
        """When each expiration ends."""
        return self.starts + self.inhale + self.exhale

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
    random = timeline.random(_TRAIN)
    effort = exchange.followed_load(timeline)
    speech = talking(timeline)
    rate = _vary_rate(timeline, effort, random)
    starts = _place_starts(timeline, rate, speech, random)
    lengths, starts = np.diff(starts), starts[:-1]
    usual = _moving_time(timeline, starts, lengths, values_at(rate, starts))
    level, talks = values_at(effort, starts), values_at(speech, starts)
    part = 0.40 + 0.08 * np.minimum(level, 1) + random.normal(0, 0.025, len(starts))
    # Speakers breathe in quickly and speak while breathing out (Hixon 1973).
    inhale = usual * np.clip(np.where(talks, 0.55 * part, part), 0.16, 0.52)
    volumes = _tidal_volumes(timeline, starts, level, talks, random)
    sighs = (volumes > 1.7 * np.median(volumes)) & (level < 0.15)
    share = _share_of_chest(timeline, starts, level, talks | sighs)
    return Breaths(
        starts,
        lengths,
        inhale,
        usual - inhale,
        volumes,
        share,
        _lag_of_belly(timeline, starts, level, talks | sighs) * usual * share,
    )


def talking(timeline: Timeline) -> NDArray[np.bool_]:
    """Return whether somebody talks each second, in turns of half a minute, as the plan says."""
    normal = NormalDist()
    shares = [min(bout.speech, 0.999) for bout in timeline.profile.plan]
    edges = np.array([normal.inv_cdf(share) if share else -np.inf for share in shares])
    turns = slow_noise(timeline.random(_SPEECH), timeline.seconds, 30)
    spoken: NDArray[np.bool_] = (turns < edges[timeline.bout]) & (timeline.stage == WAKE)
    return spoken


def _vary_rate(timeline: Timeline, effort: Floats, random: np.random.Generator) -> Floats:
    """Return breaths per minute each second."""
    person = random.uniform(-1.5, 1.5)
    wander = shaped_noise(random, timeline.seconds, 1.0, fractal_spectrum(0.06))
    calm = by_stage(timeline.stage, nrem=0.5, rem=1.6, wake=1.0)
    calm += _is_up(timeline) + 9 * timeline.stirred()
    calm *= np.exp(-3 * effort)
    usual = exchange.breathing_rate(timeline.profile.person, effort)
    rate = usual + person + wander * calm * 0.9
    rate -= np.where(timeline.stage == NREM, 1.5, 0)
    rate -= np.where(timeline.posture == SUPINE, 1, 0)
    clipped: Floats = np.clip(rate, 6, 56)
    return clipped


def _is_up(timeline: Timeline) -> NDArray[np.bool_]:
    """Return whether somebody stands or sits, awake, each second."""
    up: NDArray[np.bool_] = (timeline.posture < SUPINE) & (timeline.stage == WAKE)
    return up


def _place_starts(
    timeline: Timeline, rate: Floats, speech: NDArray[np.bool_], random: np.random.Generator
) -> Floats:
    """Return when inspirations begin: at the rate, uneven from breath to breath, and delayed by
    apnoeas."""
    per_second = np.pad(rate, MARGIN, mode="edge") / 60
    for pause in timeline.apnoeas:
        per_second[MARGIN + pause.start // SECOND : MARGIN + pause.stop // SECOND] = 0
    total = float(per_second.sum())
    # Even breaths come first: they tell how uneven each one is, by stage and effort at its time.
    even = find_crossings(per_second, 1.0, np.arange(int(total) + 1.0)) - MARGIN
    uneven = _unevenness(timeline, even, values_at(speech, even))
    lengths = np.exp(uneven * random.standard_normal(len(even)))
    marks = np.cumsum(lengths)
    starts = find_crossings(per_second, 1.0, marks[marks < total]) - MARGIN
    starts = _regain_breath(timeline, starts)
    first = np.searchsorted(starts, 0, side="left") - 1
    last = np.searchsorted(starts, timeline.seconds, side="right")
    return starts[max(first, 0) : last + 1]


def _unevenness(timeline: Timeline, moments: Floats, talks: NDArray[np.bool_]) -> Floats:
    """Return how much the length of breaths varies: 11 % lying awake, 27 % upright (Tobin 1988),
    more in REM, speech and with small movements (genuine records), less in NREM and with effort."""
    uneven = by_stage(values_at(timeline.stage, moments), nrem=0.05, rem=0.18, wake=0.11)
    up, stirred = (values_at(each, moments) for each in (_is_up(timeline), timeline.stirred()))
    uneven += 0.16 * up + 0.25 * stirred
    uneven[talks] = 0.50
    calm: Floats = uneven * np.exp(-1.4 * values_at(timeline.effort, moments))
    return calm


def _regain_breath(timeline: Timeline, starts: Floats) -> Floats:
    """Return the starts with none during pauses, and one at the end of each."""
    if not timeline.apnoeas:
        return starts
    kept, regained = np.ones(len(starts), np.bool_), []
    for pause in timeline.apnoeas:
        around = pause.start / SECOND - _CLEAR, pause.end + 1.5
        first, last = np.searchsorted(starts, around)
        kept[first:last] = False
        regained.append(pause.end)
    return np.sort(np.concatenate((starts[kept], regained)))


def _moving_time(timeline: Timeline, starts: Floats, lengths: Floats, rate: Floats) -> Floats:
    """Return how long each breath moves air. The last one before a pause ends where the pause
    begins."""
    usual: Floats = np.minimum(lengths, 1.3 * 60 / rate)
    for pause in timeline.apnoeas:
        number = int(np.searchsorted(starts, pause.start / SECOND)) - 1
        if number >= 0:
            usual[number] = pause.start / SECOND - starts[number]
    return usual


def _share_of_chest(
    timeline: Timeline, starts: Floats, effort: Floats, lifted: NDArray[np.bool_]
) -> Floats:
    """Return the share of the chest in each breath: by person and posture, more with effort, when
    talking and in sighs (`lifted`), and different from breath to breath."""
    random = timeline.random(_SHARE)
    usual = THORACIC_SHARE[timeline.posture]
    odds = values_at(np.log(usual / (1 - usual)), starts) + random.normal(0, 0.2)
    odds = odds + 0.5 * effort + 0.6 * lifted
    odds += 0.15 * random.standard_normal(len(starts))
    share: Floats = 1 / (1 + np.exp(-odds))
    return share


def _lag_of_belly(
    timeline: Timeline, starts: Floats, effort: Floats, lifted: NDArray[np.bool_]
) -> Floats:
    """Return by which part of the breath the belly follows the chest: some 2 to 10 degrees at rest,
    more with effort, speech and sighs (Verschakelen 1995)."""
    random = timeline.random(_SHARE + 1)
    degrees = random.uniform(3, 9) + 14 * effort + 12 * lifted
    degrees = degrees + 3 * random.standard_normal(len(starts))
    part: Floats = degrees / 360
    return part


def _tidal_volumes(
    timeline: Timeline,
    starts: Floats,
    effort: Floats,
    talks: NDArray[np.bool_],
    random: np.random.Generator,
) -> Floats:
    """Return tidal volumes in mL: 7 mL/kg at rest, as deep as the load needs, and sometimes a sigh.

    A sigh comes about every five minutes at rest and is twice as deep. Breaths before a cough and
    after a pause are deeper. None is deeper than the lungs of the person.
    """
    count = len(effort)
    person = timeline.profile.person
    usual = exchange.ventilation(person, effort) / exchange.breathing_rate(person, effort)
    depth = usual * person.weight * random.uniform(0.92, 1.08)
    spread = by_stage(values_at(timeline.stage, starts), nrem=0.08, rem=0.20, wake=0.14)
    spread += 0.12 * values_at(_is_up(timeline), starts)
    spread = np.where(talks, 0.4, spread)
    scatter = spread * np.exp(-1.5 * effort) * random.standard_normal(count)
    chosen = random.random(count) < 0.014
    sighs = chosen & (effort < 0.15)
    times = np.where(sighs, 2.1, 1.0) * np.where(talks, 1.2, 1.0)
    times[_before_coughs(timeline, starts)] *= 1.6
    if timeline.apnoeas:
        times *= 1 + values_at(apnoea.breath_deepening(timeline), starts + 1)
    volumes: Floats = np.minimum(depth * np.exp(scatter) * times, exchange.vital_capacity(person))
    return volumes


def _before_coughs(timeline: Timeline, starts: Floats) -> Ints:
    """Return the numbers of the last breaths that begin before a cough."""
    gestures = draw_gestures(timeline)
    number = np.searchsorted(starts, gestures.starts[gestures.coughs]) - 1
    found: Ints = np.unique(np.maximum(number, 0))
    return found
