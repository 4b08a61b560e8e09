"""Quality channels: what a device says about its signals, made from the artefacts that really
occur.

A sample of 1 Hz is at the end of its second and describes that second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from apps.simulation.artefacts import Artefact, flag_seconds
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Bits = NDArray[np.int64]
Flags = NDArray[np.bool_]

SETTLING = 20
"""Seconds until a device trusts its beats. 32 is set at the beginning of every record."""

LEADS = (("ecg_I",), ("ecg_II",), ("ecg_I", "ecg_II"))
"""The channels that each lead is made from: the device computes III from I and II."""

_UNRELIABLE = ("disconnected", "saturated", "noise", "movement")
"""Artefacts that make beats of the ECG uncertain. Hum and a slow baseline do not."""

_HEART = {"noise": 1, "disconnected": 2, "mains": 4, "saturated": 8, "movement": 16}


def heart_rate_quality(timeline: Timeline) -> Bits:
    """Return bits of the heart rate's quality (1000) each second, by the artefacts of the first
    lead."""
    bits = _set_bits(timeline, "ecg_I", _HEART)
    bits |= 32 * _flag_artefacts(timeline, "ecg_I", _UNRELIABLE)
    bits[:SETTLING] |= 32
    return bits


def breathing_rate_quality(timeline: Timeline) -> Bits:
    """Return bits of the breathing rate's quality (1001) each second.

    64, unstable, is set if no band can be trusted, or one of them moves.
    """
    bits = _set_bits(timeline, "thoracic", {"disconnected": 1, "baseline": 4, "noise": 16})
    bits |= _set_bits(timeline, "abdominal", {"disconnected": 2, "baseline": 8, "noise": 32})
    chest_moves = _flag_artefacts(timeline, "thoracic", ("movement",))
    belly_moves = _flag_artefacts(timeline, "abdominal", ("movement",))
    chest_is_lost = (bits & (1 + 4 + 16)) > 0
    belly_is_lost = (bits & (2 + 8 + 32)) > 0
    is_unstable = (chest_is_lost & belly_is_lost) | chest_moves | belly_moves
    return bits | 64 * is_unstable


def spo2_quality(timeline: Timeline) -> Bits:
    """Return bits of the oxygen saturation's quality (1002) each second: 16 artefact, 32
    disconnected.

    Without a pulse, neither its rate (64) nor the saturation (128) can be trusted.
    """
    bits = _set_bits(timeline, "ppg", {"noise": 16, "movement": 16, "disconnected": 32})
    return bits | np.where(bits > 0, 64 + 128, 0)


def temperature_quality(timeline: Timeline) -> Bits:
    """Return the temperature's quality (1003) each second: 0, because nothing says what its bits
    mean."""
    return np.zeros(timeline.seconds, np.int64)


def systolic_pressure_quality(timeline: Timeline) -> Bits:
    """Return bits of the systolic pressure's quality (1005) each second: 1 the ECG, 2 the PPG.

    The delay between the two (4) is wrong if either is.
    """
    ecg, ppg = (_flag_artefacts(timeline, target, _UNRELIABLE) for target in ("ecg_I", "ppg"))
    bits: Bits = 1 * ecg + 2 * ppg + 4 * (ecg | ppg)
    return bits


def ecg_quality(timeline: Timeline) -> Bits:
    """Return bits of the ECG's quality (1006) each second, for each of three leads.

    From 16 on: noisy; from 128: unreliable; from 1024: artefact; from 8192: disconnected. An
    electrode is off (1 left arm, 2 right arm, 4 left leg) if exactly the two leads that share it
    are off. The right leg (8), the reference of all, is off if all three are.
    """
    bits = np.zeros(timeline.seconds, np.int64)
    for number, channels in enumerate(LEADS):
        for channel in channels:
            bits |= _lead_bits(timeline, channel) << number
    return bits | _electrodes_off(*(bits & (8192 << number) > 0 for number in range(3)))


def _lead_bits(timeline: Timeline, channel: str) -> Bits:
    """Return the bits of the ECG's quality each second, as those of the first lead."""
    own = _set_bits(timeline, channel, {"noise": 16, "movement": 1024, "saturated": 1024})
    own |= 128 * _flag_artefacts(timeline, channel, _UNRELIABLE)
    return own | _set_bits(timeline, channel, {"disconnected": 8192})


def _electrodes_off(first: Flags, second: Flags, third: Flags) -> Bits:
    """Lead I is left arm minus right arm, II left leg minus right arm, III left leg minus left
    arm."""
    # If I and II are off and III is not, the right arm is off: 2.
    every = first & second & third
    bits: Bits = 8 * every
    bits = bits + 1 * (first & third & ~every)
    bits = bits + 2 * (first & second & ~every)
    return bits + 4 * (second & third & ~every)


def rr_quality(timeline: Timeline, beats: NDArray[np.int64]) -> Bits:
    """Return bits of the quality of RR intervals (1004), one for each beat (ascending ticks).

    1 stands for noise and 128 for unreliable, if that touches the interval that the beat ends. The
    first interval, and those of the first 20 s, are unreliable (as in 1000).
    """
    found = np.zeros(len(beats), np.int64)
    for bit, kinds in ((1, ("noise",)), (128, _UNRELIABLE)):
        for artefact in _artefacts_of(timeline, "ecg_I", kinds):
            first, last = np.searchsorted(beats, (artefact.start, artefact.stop))
            found[first : last + 1] |= bit
    found[beats < SETTLING * SECOND] |= 128
    found[:1] |= 128
    return found


def _artefacts_of(timeline: Timeline, target: str, kinds: Iterable[str]) -> list[Artefact]:
    return [a for a in timeline.artefacts if a.kind in kinds and a.hits(target)]


def _flag_artefacts(timeline: Timeline, target: str, kinds: Iterable[str]) -> Flags:
    return flag_seconds(_artefacts_of(timeline, target, kinds), timeline.seconds)


def _set_bits(timeline: Timeline, target: str, bits: dict[str, int]) -> Bits:
    found = np.zeros(timeline.seconds, np.int64)
    for kind, bit in bits.items():
        found |= bit * _flag_artefacts(timeline, target, (kind,))
    return found


CHANNELS: dict[int, Callable[[Timeline], Bits]] = {
    1000: heart_rate_quality,
    1001: breathing_rate_quality,
    1002: spo2_quality,
    1003: temperature_quality,
    1005: systolic_pressure_quality,
    1006: ecg_quality,
}
"""The quality channels of 1 Hz by datatype."""
