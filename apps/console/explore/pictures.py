"""Lines as SVG paths, for pages that need no scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.api.shelves import BoundedCache
from apps.console.explore.channels import ExploredChannel
from apps.console.explore.reading import BY_RECORD, read_grouped
from apps.signals.storage import reader

Floats: TypeAlias = NDArray[np.float64]


class Frame(NamedTuple):
    """The size of a picture, in units of its view box."""

    width: int
    height: int


SPARKLINE = Frame(160, 32)

_kept: BoundedCache[str] = BoundedCache(1000)


def draw_line(xs: Floats, ys: Floats, frame: Frame, limits: tuple[float, float]) -> str:
    """Return the path of a line whose `xs` are 0 to 1 and whose `ys` rise from the lower limit to
    the upper one.

    It breaks where a value is not a number.
    """
    low, high = limits
    across = xs * frame.width
    down = frame.height * (1 - (ys - low) / ((high - low) or 1))
    path, pen_is_down = [], False
    for x, y in zip(across.tolist(), down.tolist(), strict=True):
        if y != y:  # noqa: PLR0124 - not a number
            pen_is_down = False
            continue
        path.append(f"{'L' if pen_is_down else 'M'}{x:.1f} {y:.1f}")
        pen_is_down = True
    return "".join(path)


def draw_sparklines(channels: Sequence[ExploredChannel]) -> dict[int, str]:
    """Return the line of one channel of each of several records, by record; zeros are gaps."""
    found = {each.record: _kept.get((each.datatype, each.version)) for each in channels}
    missing = {each.record: each for each in channels if found[each.record] is None}
    parts = [
        part
        for each in missing.values()
        for part in reader.sample_parts(each.stored, range(each.count))
    ]
    for record, pieces in read_grouped(parts, BY_RECORD).items():
        line = _sparkline(np.concatenate([piece.values for piece in pieces]))
        _kept.put((missing[record].datatype, missing[record].version), line)
        found[record] = line
    return {record: line for record, line in found.items() if line}


def _sparkline(counts: NDArray[np.int64]) -> str:
    """Return the line of the means of equal parts of a channel."""
    number = min(len(counts), SPARKLINE.width // 2)
    edges = np.linspace(0, len(counts), number, endpoint=False).astype(np.int64)
    values = counts.astype(np.float64)
    known = np.add.reduceat((values > 0).astype(np.float64), edges)
    with np.errstate(invalid="ignore"):
        means = np.add.reduceat(values, edges) / known  # zeros add nothing
    if not known.any():
        return ""
    limits = float(np.nanmin(means)), float(np.nanmax(means))
    return draw_line(np.linspace(0, 1, number), means, SPARKLINE, limits)


def thin_evenly(number: int, most: int) -> NDArray[np.int64]:
    """Return which of so many points to draw: at most `most`, the first and the last among them."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).astype(np.int64))
