"""`/explore/record/ID/summary/`: a record without scripts, as a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.console.explore.channels import DrawnAs, ExploredChannel, find_channels
from apps.console.explore.panels import show_panel
from apps.console.explore.pictures import Frame, draw_line
from apps.console.explore.records import end_of, require_record
from apps.console.explore.requests_of import download_paths
from apps.console.explore.summaries import ChannelSummary, find_summaries
from apps.console.explore.windows import Drawn, SeenTime, draw_channels
from apps.records.models import Record

PICTURED = 6
"""The channels in the picture."""

COLUMNS = 400
ROW = Frame(800, 70)


class SummaryRow(NamedTuple):
    """A channel with its values in its unit; None where a mean would say nothing."""

    channel: ExploredChannel
    least: float | None
    mean: float | None
    greatest: float | None


class PictureRow(NamedTuple):
    """A channel as a line, and where it is in the picture."""

    channel: ExploredChannel
    path: str
    y: int


@require_safe
def show_summary(request: HttpRequest, record: int) -> HttpResponse:
    """Return every channel of a record with its extremes and mean, and a picture of a few."""
    found = require_record(record)
    channels = find_channels(record)
    summaries = find_summaries([each for each in channels if each.step])
    start, end = found.start or 0, end_of(found)
    window = SeenTime(start, end + 1, COLUMNS)
    rows = [_row(each, summaries.get(each.datatype)) for each in channels]
    lines = [each for each in channels if each.step and each.role is DrawnAs.LINE][:PICTURED]
    shown = {
        "rows": rows,
        "picture": _picture(found, lines, window),
        "height": ROW.height * len(lines),
        "downloads": download_paths(record, window),
    }
    return show_panel(request, found, "summary", "Channels", shown)


def _row(channel: ExploredChannel, summary: ChannelSummary | None) -> SummaryRow:
    if summary is None or channel.role is not DrawnAs.LINE:
        return SummaryRow(channel, None, None, None)
    least, greatest = summary.blocks
    return SummaryRow(
        channel,
        channel.value_of(int(least.min())),
        channel.value_of(summary.total / channel.count),
        channel.value_of(int(greatest.max())),
    )


def _picture(
    record: Record, channels: Sequence[ExploredChannel], window: SeenTime
) -> list[PictureRow]:
    drawn = draw_channels(channels, window, record.start or 0)
    return [
        PictureRow(each, _path(drawn[each.datatype], window, record.start or 0), ROW.height * at)
        for at, each in enumerate(channels)
        if each.datatype in drawn
    ]


def _path(drawn: Drawn, window: SeenTime, start: int) -> str:
    """Return the line through the extremes of all columns, or through all samples."""
    values: Any = drawn.get("values")
    if values is None:
        values = np.stack([drawn["least"], drawn["greatest"]], axis=1).ravel()
        at = drawn["first"] + drawn["step"] * (np.arange(len(values)) / 2 + 0.25)
    else:
        at = drawn["first"] + drawn["step"] * np.arange(len(values))
    share = (at + start - window.lower) / (window.upper - window.lower)
    numbers = values.astype(np.float64)
    inside = Frame(ROW.width, ROW.height - 24)
    return draw_line(share, numbers, inside, (float(numbers.min()), float(numbers.max())))
