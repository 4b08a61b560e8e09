"""What was read of a subject, and what several metrics make of it, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.metrics import channels, sleep, variability
from apps.metrics.aggregates import Counted
from apps.metrics.channels import NN, QUALITY, RR, MeasuredChannel
from apps.metrics.courses import NOWHERE, Course
from apps.metrics.reading import known_events
from apps.metrics.sleep import Stays
from apps.metrics.subject import Subject
from apps.metrics.variability_channels import select_valid
from apps.signals.storage.gathering import Gathered

Whole: TypeAlias = NDArray[Any]
"""Whole numbers of any width."""

_NO_EVENTS = np.empty(0, np.int64), np.empty(0, np.int64)


class ValidBeats(NamedTuple):
    """Valid intervals between beats, in ticks, and the ticks at which they end."""

    ends: Whole
    intervals: Whole


class Evidence:
    """What metrics of a subject are worked out from.

    `by_age` is what was read of each of the subject's groups of stretches in which the wearer has
    one age, `found` all of it together; `course` is read of its ways.
    """

    def __init__(
        self, subject: Subject, by_age: Sequence[Gathered], course: Course = NOWHERE
    ) -> None:
        self.subject, self.by_age, self.course = subject, by_age, course
        self.found = Gathered.joined(by_age)

    def present(self, channel: MeasuredChannel) -> Counted:
        """Return the samples of a channel that count: zero means that there are no data."""
        return _present(self.found, channel)

    def present_by_age(self, channel: MeasuredChannel) -> list[tuple[int, Counted]]:
        """Return the same for each age of the wearer, with the tick of its first moment."""
        subject = self.subject
        firsts = [
            group[0].start if group else subject.start for group in subject.stretches_by_age()
        ]
        return [
            (first, _present(found, channel))
            for first, found in zip(firsts, self.by_age, strict=True)
        ]

    @cached_property
    def beats(self) -> ValidBeats:
        """The beat intervals that count: of quality 0, where there are qualities."""
        series = (self.found.series_of(datatype) for datatype in (RR, QUALITY, NN))
        rr, quality, nn = map(known_events, series)
        return ValidBeats(*select_valid(rr or _NO_EVENTS, quality, nn))

    @cached_property
    def window_starts(self) -> Whole:
        """The ticks at which full windows begin, from the start of each span on."""
        subject = self.subject
        spans = [(span.start, subject.end_of(span)) for span in subject.spans]
        return np.concatenate([variability.full_windows(*span) for span in spans])

    @cached_property
    def spectra(self) -> list[NDArray[np.float64]]:
        """The power spectrum of each full window that has enough intervals."""
        ends, intervals = self.beats.ends, self.beats.intervals
        parts = variability.window_slices(ends, self.window_starts)
        return [
            variability.spectrum(ends[part], intervals[part])
            for part in parts
            if part.stop - part.start >= variability.ENOUGH
        ]

    @cached_property
    def phases(self) -> Stays | None:
        """How long each phase of sleep lasts, None where nothing tells."""
        return self._stays(channels.PHASE)

    @cached_property
    def positions(self) -> Stays | None:
        """How long each position lasts, None where nothing tells."""
        return self._stays(channels.POSITION)

    def _stays(self, datatype: int) -> Stays | None:
        parts = [
            sleep.find_stays(states.ticks, _codes(states.values), stretch.start, stretch.end)
            for stretch, states in self.found.states.get(datatype, ())
        ]
        return sleep.join_stays(parts) if parts else None


def _present(found: Gathered, channel: MeasuredChannel) -> Counted:
    counted = found.counts_of(channel.datatype)
    kept = counted.values != 0
    return Counted(counted.values[kept], counted.counts[kept])


def _codes(values: NDArray[Any]) -> Whole:
    """States as whole numbers, 0 for those that are not a number: nothing is known."""
    codes: Whole = np.nan_to_num(values, nan=0).astype(np.int64)
    return codes
