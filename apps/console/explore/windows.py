"""What a page draws of some channels in a window of time, for a width in columns.

Times are ticks from the start of the record. Depending on how much there is in the window, a
channel comes as single samples, as extremes of columns, as single events, or as bins of events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.console.explore.channels import DrawnAs, ExploredChannel
from apps.console.explore.columns import (
    BLOCK_LEVEL,
    Extremes,
    choose_level,
    find_extremes,
    join_extremes,
    whole_columns,
)
from apps.console.explore.reading import read_grouped
from apps.console.explore.summaries import ChannelSummary, find_summaries
from apps.signals.storage import reader, thinning

Drawn = dict[str, Any]
"""What is drawn of a channel, as JSON and numpy arrays."""


class SeenTime(NamedTuple):
    """The time from `lower` up to `upper`, in ticks since 1970, in `columns` of pixels."""

    lower: int
    upper: int
    columns: int


class _SeenSamples(NamedTuple):
    """Which samples of a channel are drawn, at which level."""

    channel: ExploredChannel
    level: int
    chosen: range


def draw_channels(
    channels: Sequence[ExploredChannel], window: SeenTime, start: int
) -> dict[int, Drawn]:
    """Return what is drawn of each channel of a record that starts at the tick `start`.

    One statement reads samples, two read events; more read what is seen from afar for the first
    time.
    """
    steady = [_choose(each, window) for each in channels if each.step]
    drawn = dict(_from_afar([each for each in steady if each.level >= BLOCK_LEVEL], start))
    drawn |= _from_near([each for each in steady if each.level < BLOCK_LEVEL], start)
    drawn |= _events([each for each in channels if not each.step], window, start)
    return drawn


def _choose(channel: ExploredChannel, window: SeenTime) -> _SeenSamples:
    seen = thinning.window(channel.start, channel.step, channel.count, window.lower, window.upper)
    level = choose_level(len(seen), window.columns)
    return _SeenSamples(channel, level, whole_columns(seen, level, channel.count))


def _from_afar(wanted: Sequence[_SeenSamples], start: int) -> Iterator[tuple[int, Drawn]]:
    """Yield channels whose columns are made of the blocks of their summaries."""
    summaries = find_summaries([each.channel for each in wanted])
    for each in wanted:
        summary = summaries.get(each.channel.datatype)
        if summary is not None:
            yield each.channel.datatype, _columns(each, _joined(each, summary), start)


def _joined(wanted: _SeenSamples, summary: ChannelSummary) -> Extremes:
    first, stop = wanted.chosen.start >> BLOCK_LEVEL, -(-wanted.chosen.stop >> BLOCK_LEVEL)
    blocks = Extremes(*(each[first:stop] for each in summary.blocks))
    flags = wanted.channel.role is DrawnAs.FLAGS
    return join_extremes(blocks, wanted.level - BLOCK_LEVEL, flags=flags)


def _from_near(wanted: Sequence[_SeenSamples], start: int) -> Iterator[tuple[int, Drawn]]:
    """Yield channels of which the samples themselves are read."""
    sources = {each.channel.datatype: each for each in wanted}
    parts = [
        part for each in wanted for part in reader.sample_parts(each.channel.stored, each.chosen)
    ]
    for datatype, pieces in read_grouped(parts).items():
        counts = np.concatenate([piece.values for piece in pieces])
        yield datatype, _samples(sources[datatype], counts, start)


def _samples(wanted: _SeenSamples, counts: NDArray[Any], start: int) -> Drawn:
    channel = wanted.channel
    if wanted.level:
        flags = channel.role is DrawnAs.FLAGS
        return _columns(wanted, find_extremes(counts, wanted.level, flags=flags), start)
    first = channel.start - start + wanted.chosen.start * channel.step
    return {"kind": "samples", "first": first, "step": channel.step, "values": counts}


def _columns(wanted: _SeenSamples, found: Extremes, start: int) -> Drawn:
    channel = wanted.channel
    return {
        "kind": "columns",
        "first": channel.start - start + wanted.chosen.start * channel.step,
        "step": channel.step << wanted.level,
        "least": found.least,
        "greatest": found.greatest,
    }


def _events(
    channels: Sequence[ExploredChannel], window: SeenTime, start: int
) -> Iterator[tuple[int, Drawn]]:
    """Yield channels of events, with one event before the window, whose state may still hold."""
    spans = [(each.stored, window.lower, window.upper) for each in channels]
    for datatype, pieces in read_grouped(reader.event_parts(spans)).items():
        ticks = np.concatenate([piece.timestamps for piece in pieces])
        values = np.concatenate([piece.values for piece in pieces])
        first, stop = np.searchsorted(ticks, (window.lower, window.upper))
        around = slice(max(0, first - 1), stop + 1)
        yield datatype, draw_events(ticks[around] - start, values[around], window)


def draw_events(offsets: NDArray[Any], values: NDArray[Any], window: SeenTime) -> Drawn:
    """Return events as they are, or in bins if two do not fit into a column."""
    if len(offsets) <= 2 * window.columns + 2:
        return {"kind": "events", "at": offsets, "values": values}
    level = choose_level(window.upper - window.lower, window.columns)
    bins = offsets >> level
    edges = np.flatnonzero(np.diff(bins, prepend=bins[0] - 1))
    return {
        "kind": "bins",
        "at": bins[edges] << level,
        "step": 1 << level,
        "least": np.minimum.reduceat(values, edges),
        "greatest": np.maximum.reduceat(values, edges),
        "number": np.diff(edges, append=len(bins)),
    }
