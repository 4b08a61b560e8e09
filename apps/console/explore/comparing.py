"""Detected events against the true ones: how many were found, and how many are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.console.explore.channels import ExploredChannel
from apps.console.explore.reading import read_grouped
from apps.signals.storage import reader
from hexostore.hexotime import TICKS_PER_SECOND

Ticks: TypeAlias = NDArray[np.int64]


class Compared(NamedTuple):
    """Events of the device and the truth: seconds within which they match, and the ticks of those
    that only one of them has."""

    title: str
    within: float
    true: int
    detected: int
    missed: Ticks
    false: Ticks

    @property
    def matched(self) -> int:
        """How many true events the device found."""
        return self.true - len(self.missed)

    @property
    def found(self) -> float:
        """The share of the true events that were found, in percent."""
        return 100 * self.matched / self.true if self.true else 0.0

    @property
    def right(self) -> float:
        """The share of the detected events that are true, in percent."""
        return 100 * self.matched / self.detected if self.detected else 0.0


class _Kind(NamedTuple):
    """Events of a channel and the truth that they are held against, as in bench/detectors.py."""

    channel: str
    title: str
    path: tuple[str, ...]
    within: float


KINDS = (
    _Kind("QRS", "Beats", ("beats", "ticks"), 0.15),
    _Kind("inspiration", "Inspirations", ("breaths", "inspirations"), 0.75),
    _Kind("expiration", "Expirations", ("breaths", "expirations"), 0.75),
    _Kind("step", "Steps", ("steps",), 0.25),
)


def compare_events(
    truth: dict[str, Any], channels: list[ExploredChannel], start: int
) -> Iterator[Compared]:
    """Yield how well the device did for each kind of event of which the record has a channel.

    `start` is that of the record. All events are read, by two statements.
    """
    events = _read_events([each for each in channels if each.name in {k.channel for k in KINDS}])
    for kind in KINDS:
        if kind.channel not in events:
            continue
        true: Any = truth
        for step in kind.path:
            true = true[step]
        true_ticks = np.array(true, np.int64)
        detected = events[kind.channel] - start
        matched, right = match_events(detected, true_ticks, round(kind.within * TICKS_PER_SECOND))
        yield Compared(
            kind.title, kind.within, len(true_ticks), len(detected),
            true_ticks[~matched], detected[~right],
        )  # fmt: skip


def _read_events(channels: list[ExploredChannel]) -> dict[str, Ticks]:
    names = {each.datatype: each.name for each in channels}
    spans = [(each.stored, -(2**62), 2**62) for each in channels]
    return {
        names[datatype]: np.concatenate([piece.timestamps for piece in pieces])
        for datatype, pieces in read_grouped(reader.event_parts(spans)).items()
    }


def match_events(
    detected: Ticks, true: Ticks, within: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of the true events have a detected one, and which of the detected are true.

    Both are in ascending order. A pair is at most `within` ticks apart, and each event is in one
    pair; the earliest partner is taken.
    """
    # True beats at 100 and 200, found at 103, 110 and 320 within 20: 103 is the first beat, 200 is
    # missed, 110 and 320 are false.
    matched, right = np.zeros(len(true), np.bool_), np.zeros(len(detected), np.bool_)
    at, known = 0, detected.tolist()
    for number, tick in enumerate(true.tolist()):
        while at < len(known) and known[at] < tick - within:
            at += 1
        if at < len(known) and known[at] <= tick + within:
            matched[number] = right[at] = True
            at += 1
    return matched, right
