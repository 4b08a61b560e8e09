"""The extremes of each 256 samples of a channel, worked out once and kept by this process.

The whole of a long channel is seen at once only in columns of at least so many samples. Reading all
of it takes tens of milliseconds for each channel of a day; its summary has less than a hundredth of
its size. A summary is kept under the version of the channel, which changes with its samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from apps.api.shelves import BoundedCache
from apps.console.explore.channels import DrawnAs, ExploredChannel
from apps.console.explore.columns import BLOCK_LEVEL, Extremes, find_extremes
from apps.console.explore.reading import BY_DATATYPE, read_pieces
from apps.signals.storage import reader
from apps.signals.storage.reader import Part, Piece

KEPT = 128
"""How many summaries are kept: at most 90 MB, if all were of ECGs of 48 hours."""


@dataclass(frozen=True, slots=True)
class ChannelSummary:
    """The extremes of blocks of 256 samples, and the sum of all samples."""

    blocks: Extremes
    total: float


_kept: BoundedCache[ChannelSummary] = BoundedCache(KEPT)


def find_summaries(channels: Sequence[ExploredChannel]) -> dict[int, ChannelSummary]:
    """Return the summaries of synchronous channels of one record by datatype.

    Those that are not kept are made by reading everything, a statement for each 256 chunks. A
    channel that is replaced meanwhile is left out.
    """
    found = {each.datatype: _kept.get(_key(each)) for each in channels}
    missing = [each for each in channels if found[each.datatype] is None]
    made = {}
    by_datatype = {each.datatype: each for each in missing}
    for datatype, pieces in _pieces_of(missing):
        summary = _summarize(by_datatype[datatype], pieces)
        _kept.put(_key(by_datatype[datatype]), summary)
        made[datatype] = summary
    return {key: each for key, each in found.items() if each is not None} | made


def _key(channel: ExploredChannel) -> tuple[int, bytes, int]:
    return channel.datatype, channel.version, channel.count


def _pieces_of(channels: Sequence[ExploredChannel]) -> Iterable[tuple[int, Iterable[Piece]]]:
    parts = [part for each in channels for part in _all_parts(each)]
    return groupby(read_pieces(parts), key=BY_DATATYPE)


def _all_parts(channel: ExploredChannel) -> Iterable[Part]:
    return reader.sample_parts(channel.stored, range(channel.count))


def _summarize(channel: ExploredChannel, pieces: Iterable[Piece]) -> ChannelSummary:
    """Return the summary of a channel. Chunks are whole numbers of blocks."""
    flags = channel.role is DrawnAs.FLAGS
    total, parts = 0.0, []
    for piece in pieces:
        parts.append(find_extremes(piece.values, BLOCK_LEVEL, flags=flags))
        total += float(piece.values.sum(dtype=np.float64))
    least, greatest = map(np.concatenate, zip(*parts, strict=True))
    return ChannelSummary(Extremes(least, greatest), total)
