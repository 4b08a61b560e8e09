"""`/explore/record/ID/selection`: what there is to know and to take of a stretch of a record."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.console.explore.channels import HEART_RATE, DrawnAs, ExploredChannel, find_channels
from apps.console.explore.histograms import draw_histogram
from apps.console.explore.measures import measure_variability
from apps.console.explore.panels import show_panel
from apps.console.explore.record_data import ArgumentError, read_number, read_window
from apps.console.explore.records import moment_in, require_record, zone_of_person
from apps.console.explore.requests_of import data_path, download_paths
from apps.console.explore.windows import SeenTime
from apps.console.pages import absolute_root_of
from apps.console.snippets import write_snippets
from apps.records.models import Record
from hexostore.hexotime import TICKS_PER_SECOND

FEWEST_SECONDS = 30
"""The variability of a shorter stretch means nothing."""


@require_safe
def show_selection(request: HttpRequest, record: int) -> HttpResponse:
    """Return the panel of a stretch, `from` to `to` in ticks from the start of the record, with the
    histogram of `channel`; a page that says what is wrong with status 400 for wrong arguments."""
    found = require_record(record)
    try:
        window = read_window(request, found)
        wanted = read_number(request, "channel", 0, 2**31 - 1)
    except ArgumentError as error:
        response = show_panel(request, found, "selection", "Selection", {"wrong": str(error)})
        response.status_code = 400
        return response
    shown = _shown(request, found, window, wanted)
    return show_panel(request, found, "selection", "Selection", shown)


def _shown(
    request: HttpRequest, record: Record, window: SeenTime, wanted: int | None
) -> dict[str, Any]:
    channels = [each for each in find_channels(record.pk) if each.role is DrawnAs.LINE]
    channel = next((each for each in channels if each.datatype == wanted), _usual(channels))
    zone = zone_of_person(record.user_id)
    root = absolute_root_of(request)
    datatypes = [] if channel is None else [channel.datatype]
    path = data_path(record.pk, datatypes, window)
    seconds = (window.upper - window.lower) / TICKS_PER_SECOND
    start = record.start or 0
    return {
        "since": moment_in(zone, window.lower),
        "until": moment_in(zone, window.upper),
        "seconds": seconds,
        "from_ticks": window.lower - start,
        "to_ticks": window.upper - start,
        "channels": channels,
        "channel": channel,
        "downloads": download_paths(record.pk, window),
        "requests": write_snippets(f"{root}{path}", record.user.called, "PASSWORD"),
        "histogram": None if channel is None else draw_histogram(channel, window),
        "variability": _variability(record, window, seconds),
        "fewest": FEWEST_SECONDS,
    }


def _variability(record: Record, window: SeenTime, seconds: float) -> list[Any]:
    if seconds < FEWEST_SECONDS:
        return []
    return measure_variability(record.pk, window.lower, window.upper)


def _usual(channels: list[ExploredChannel]) -> ExploredChannel | None:
    """Return the heart rate, or else the first channel."""
    named = (each for each in channels if each.name == HEART_RATE)
    return next(named, channels[0] if channels else None)
