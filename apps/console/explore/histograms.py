"""How often each value occurs in a stretch of a channel, as bars."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.console.explore.channels import ExploredChannel
from apps.console.explore.pictures import Frame
from apps.console.explore.reading import read_pieces
from apps.console.explore.windows import SeenTime
from apps.signals.storage import reader, thinning
from apps.signals.storage.counts import ValueCounts
from apps.signals.storage.reader import Part

MOST_BARS = 60
FRAME = Frame(480, 140)


class Bar(NamedTuple):
    """A bar of a picture; its values are from `least` on, below that of the next bar."""

    x: float
    y: float
    width: float
    height: float
    least: float
    number: int


class DrawnHistogram(NamedTuple):
    """The bars, and the least, mean and greatest value in the unit of the channel."""

    bars: list[Bar]
    number: int
    least: float
    mean: float
    greatest: float


def draw_histogram(channel: ExploredChannel, window: SeenTime) -> DrawnHistogram | None:
    """Return the histogram of a channel in a window, None if it has no value there.

    Every value is read, a statement for each 256 chunks.
    """
    pieces = read_pieces(_parts(channel, window))
    inside = (_within(piece, channel, window) for piece in pieces)
    counted = [ValueCounts.of(values) for values in inside if len(values)]
    if not counted:
        return None
    values, counts = _merged(counted)
    return _drawn(values, counts, channel)


def _parts(channel: ExploredChannel, window: SeenTime) -> list[Part]:
    if not channel.step:
        return list(reader.event_parts([(channel.stored, window.lower, window.upper)]))
    seen = thinning.window(channel.start, channel.step, channel.count, window.lower, window.upper)
    return list(reader.sample_parts(channel.stored, seen))


def _within(piece: reader.Piece, channel: ExploredChannel, window: SeenTime) -> NDArray[Any]:
    """Return the whole values of a piece that are in the window. Not a number is no value."""
    values = piece.values
    if not channel.step:
        first, stop = np.searchsorted(piece.timestamps, (window.lower, window.upper))
        values = values[first:stop]
    known: NDArray[Any] = values[np.isfinite(values)]
    return known


def _merged(counted: list[ValueCounts]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    values = np.concatenate([each.values for each in counted])
    counts = np.concatenate([each.counts for each in counted])
    distinct, places = np.unique(values, return_inverse=True)
    return distinct, np.bincount(places, counts).astype(np.int64)


def _drawn(
    values: NDArray[np.int64], counts: NDArray[np.int64], channel: ExploredChannel
) -> DrawnHistogram:
    least, greatest = int(values[0]), int(values[-1])
    width = -(-(greatest - least + 1) // MOST_BARS)
    number = (greatest - least) // width + 1
    totals = np.bincount((values - least) // width, counts, minlength=number)
    highest = totals.max()
    across = FRAME.width / number
    bars = [
        Bar(
            at * across, FRAME.height * (1 - total / highest), across * 0.9,
            FRAME.height * total / highest, channel.value_of(least + at * width), int(total),
        )
        for at, total in enumerate(totals.tolist())
    ]  # fmt: skip
    mean = float((values * counts).sum() / counts.sum())
    shown = map(channel.value_of, (least, mean, greatest))
    return DrawnHistogram(bars, int(counts.sum()), *shown)
