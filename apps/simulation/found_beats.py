"""The beats that a device finds in its ECG, which are not always those of the heart.

Where the signal is flat or saturated there are none. Noise and movement hide beats and look like
beats, and now and then a beat is missed, or a T wave taken for one, without any reason to see.
"""

from __future__ import annotations

import numpy as np

from apps.simulation.heart import FALSE, Beats, shown_ticks
from apps.simulation.series import Floats, Ints, values_at
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

_STREAM = 1017
_CALM, _STIRRED = 0.0003, 0.027
"""The share of beats that is missed by somebody still, and that more by somebody who never is. As
many are false. It gives the steps of the heart rate of 99 genuine shifts."""

_AT_MOST = 0.7
"""The share of beats that is missed or false in the worst noise."""

_HOLD = 0.60
"""Seconds between two beats that hold a false one: a device takes nothing for a beat within 0.24 s
after the last."""


def detect_beats(timeline: Timeline, beats: Beats) -> Beats:
    """Return the beats that the device finds by lead I, with false ones, which have a kind of
    their own."""
    random = timeline.random(_STREAM)
    missing, adding = _chances(timeline, beats, random)
    drawn, place = random.random((2, len(beats.ticks))), random.uniform(0.4, 0.6, len(beats.ticks))
    apart = np.diff(beats.times, append=beats.times[-1:])
    missed = drawn[0] < missing
    # Beside a missed beat the interval is not the one that was drawn for.
    false = (drawn[1] < adding) & (apart > _HOLD) & ~missed & ~np.append(missed[1:], True)
    times = (beats.times + place * apart)[false]
    made = Beats(
        times, np.rint(times * SECOND).astype(np.int64), np.full(len(times), FALSE, np.int8)
    )
    found = merge_beats(beats.select_beats(~missed), made)
    return found.select_beats(shown_ticks(timeline, found.ticks, "ecg_I"))


def merge_beats(one: Beats, other: Beats) -> Beats:
    """Return the beats of both in order."""
    times = np.concatenate((one.times, other.times))
    order = np.argsort(times, kind="stable")
    return Beats(
        times[order],
        np.concatenate((one.ticks, other.ticks))[order],
        np.concatenate((one.kinds, other.kinds))[order],
    )


def _chances(
    timeline: Timeline, beats: Beats, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return for each beat how likely it is missed, and a false one after it."""
    usual = _CALM + _STIRRED * values_at(timeline.stirred(), beats.times)
    missing, adding = usual.copy(), usual.copy()
    for artefact in timeline.artefacts:
        if artefact.kind in {"noise", "movement"} and artefact.hits("ecg_I"):
            first, last = np.searchsorted(beats.ticks, (artefact.start, artefact.stop))
            # One artefact hides R waves, another one looks like them.
            hides = random.random()
            missing[first:last] += 1.5 * artefact.strength * hides**2
            adding[first:last] += 2.2 * artefact.strength * (1 - hides) ** 2
    return missing.clip(max=_AT_MOST), adding.clip(max=_AT_MOST)


def missed_ticks(beats: Beats, found: Beats) -> Ints:
    """Return the ticks of the beats that are not among those found."""
    return beats.ticks[~np.isin(beats.ticks, found.ticks)]


def false_ticks(found: Beats) -> Ints:
    """Return the ticks of what was taken for a beat."""
    ticks: Ints = found.ticks[found.kinds == FALSE]
    return ticks
