"""The panels below the plots of a record: truth, track, metrics. Each is also a page of its own."""

from __future__ import annotations

from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.console.explore.channels import find_channels
from apps.console.explore.comparing import Compared, Ticks, compare_events
from apps.console.explore.measures import measure_record
from apps.console.explore.records import moment_in, require_record, zone_of_person
from apps.console.explore.ways import draw_way
from apps.console.pages import show_page
from apps.records.models import Record
from apps.simulation.models import Truth
from hexostore.hexotime import TICKS_PER_SECOND

Places = list[dict[str, Any]]

AROUND = 5
"""Seconds before and after an event that a link to it shows."""

LISTED = 10
"""The missed and false events of each kind that are named."""


def show_panel(
    request: HttpRequest, record: Record, name: str, title: str, shown: dict[str, Any]
) -> HttpResponse:
    """Return a panel: a part of a page for htmx, and a page for everybody else."""
    is_part = request.headers.get("HX-Request") == "true"
    frame = "console/explore/bare.html" if is_part else "console/explore/panel.html"
    facts: dict[str, Any] = {"here": "explore", "record": record, "frame": frame, "title": title}
    facts["level"] = 3 if is_part else 2  # of headings
    return show_page(request, f"explore/{name}", facts | shown)


@require_safe
def show_truth(request: HttpRequest, record: int) -> HttpResponse:
    """Return what the device detected against what really happened."""
    found = require_record(record)
    rows = Truth.objects.filter(record=record, document__isnull=False)
    document = rows.values_list("document", flat=True).first()
    shown = {"compared": [] if document is None else _compared(found, document)}
    return show_panel(request, found, "truth", "Ground truth", shown)


def _compared(record: Record, truth: dict[str, Any]) -> list[tuple[Compared, Places, Places]]:
    """Return each comparison with the places of some missed and false events."""
    start, zone = record.start or 0, zone_of_person(record.user_id)
    places = partial(_places, start, zone)
    return [
        (each, places(each.missed), places(each.false))
        for each in compare_events(truth, find_channels(record.pk), start)
    ]


def _places(start: int, zone: ZoneInfo, ticks: Ticks) -> Places:
    """Return the times of events, each with the seconds of a window around it."""
    found = []
    for tick in ticks[:LISTED].tolist():
        second = tick / TICKS_PER_SECOND
        window = {"from": max(0.0, second - AROUND), "to": second + AROUND}
        found.append({"at": moment_in(zone, start + tick), **window})
    return found


@require_safe
def show_way(request: HttpRequest, record: int) -> HttpResponse:
    """Return the track of a record as a line, and its heights."""
    found = require_record(record)
    return show_panel(request, found, "track", "Track", {"way": draw_way(record)})


@require_safe
def show_metrics(request: HttpRequest, record: int) -> HttpResponse:
    """Return the metrics of a record with their zones."""
    found = require_record(record)
    return show_panel(request, found, "metrics", "Metrics", {"measures": measure_record(record)})
