"""Metrics of the variability of the heart rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.metrics import variability
from apps.metrics.aggregates import WORDS, Aggregate, Counted
from apps.metrics.channels import NN, QUALITY, RR, MeasuredChannel
from apps.metrics.definition import FAILED, Definition
from apps.metrics.evidence import Evidence
from apps.metrics.subject import Subject, SubjectKind
from apps.signals.storage.gathering import Need

_BEATS = Need(series=frozenset([RR, QUALITY, NN]))

MOST_FEW = 128
"""So few valid intervals, or fewer, tell nothing of a range (API reference, HRV)."""


@dataclass(frozen=True, slots=True)
class OfBeats(Definition):
    """HRV: for ranges of rest and sleep, and for whole records, once they are processed."""

    def applies_to(self, subject: Subject) -> bool:
        return subject.complete and subject.is_one_person and subject.may_have_hrv

    def nothing(self, subject: Subject) -> float | None:
        """Return what there is to say where beats do not suffice: a range was tried in vain."""
        return FAILED if subject.kind is SubjectKind.RANGE else None


@dataclass(frozen=True, slots=True)
class OfIntervals(OfBeats):
    """A figure of all valid intervals; `short` ones do with fewer than 300 s and 129 beats."""

    figure: Callable[[Evidence], float | None]
    what: str
    short: bool = False

    def describe(self) -> str:
        return f"{self.what} of the beat intervals of quality 0"

    def need(self, subject: Subject) -> Need:
        return _BEATS

    def value(self, evidence: Evidence) -> float | None:
        if not (self.short or _suffices(evidence)):
            return self.nothing(evidence.subject)
        found = self.figure(evidence)
        return self.nothing(evidence.subject) if found is None and self.short else found


@dataclass(frozen=True, slots=True)
class OfWindows(OfBeats):
    """An aggregate of a figure of the spectra of full windows of 300 s.

    Those of a range begin with it. The windows of a record are in a channel already, where 0 says
    that one had too few beats; without `channel` a record has no such value.
    """

    aggregate: Aggregate
    figure: Callable[[NDArray[np.float64]], float]
    what: str
    channel: MeasuredChannel | None = None

    def describe(self) -> str:
        of_records = f"; of records that of {self.channel}, without 0" if self.channel else ""
        word = WORDS[self.aggregate].capitalize()
        return f"{word} of {self.what} in full windows of 300 s{of_records}"

    def applies_to(self, subject: Subject) -> bool:
        known = self.channel is not None or subject.kind is SubjectKind.RANGE
        return known and OfBeats.applies_to(self, subject)

    def need(self, subject: Subject) -> Need:
        if subject.kind is SubjectKind.RANGE or self.channel is None:
            return _BEATS
        return Need(counts=frozenset([self.channel.datatype]))

    def value(self, evidence: Evidence) -> float | None:
        if evidence.subject.kind is SubjectKind.RECORD:
            return self._stored(evidence)
        if not (evidence.spectra and _suffices(evidence)):
            return self.nothing(evidence.subject)
        figures = np.array([self.figure(power) for power in evidence.spectra])
        return self.aggregate(Counted(figures, np.ones(len(figures), np.int64)))

    def _stored(self, evidence: Evidence) -> float | None:
        if self.channel is None:
            return None
        count = self.aggregate(evidence.present(self.channel))
        return None if count is None else self.channel.scale(count)


def _suffices(evidence: Evidence) -> bool:
    """Whether a subject is long enough, and has enough valid intervals, for HRV."""
    long = evidence.subject.ticks >= variability.WINDOW
    return long and len(evidence.beats.intervals) > MOST_FEW


def rmssd(evidence: Evidence) -> float | None:
    """Return the root mean square of successive differences in ms."""
    return variability.successive_change(evidence.beats.intervals)


def avnn(evidence: Evidence) -> float | None:
    """Return the mean interval in seconds."""
    return variability.avnn(evidence.beats.intervals)


def sdnn(evidence: Evidence) -> float | None:
    """Return the standard deviation of the intervals in seconds."""
    return variability.sdnn(evidence.beats.intervals)


def sdann(evidence: Evidence) -> float | None:
    """Return the standard deviation of the means of windows in seconds."""
    beats = evidence.beats
    return variability.sdann(beats.ends, beats.intervals, evidence.window_starts)


def asdnn(evidence: Evidence) -> float | None:
    """Return the mean of the standard deviations of windows in seconds."""
    beats = evidence.beats
    return variability.asdnn(beats.ends, beats.intervals, evidence.window_starts)


def triangular_index(evidence: Evidence) -> float | None:
    """Return the triangular index."""
    return variability.triangular_index(evidence.beats.intervals)


def lf_norm(power: NDArray[np.float64]) -> float:
    """Return the low band in % of low and high band."""
    return variability.low_share(variability.low_power(power), variability.high_power(power))


def hf_norm(power: NDArray[np.float64]) -> float:
    """Return the high band in % of low and high band."""
    return 100 - lf_norm(power)
