"""`/explore/record/ID/`: the page of a record, with what its scripts need to draw it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.console.explore import true_events
from apps.console.explore.channels import DrawnAs, ExploredChannel, find_channels
from apps.console.explore.records import end_of, moment_in, require_record, zone_of_person
from apps.console.pages import root_of, show_page
from apps.records.models import Annotation, Range, Record
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND

MODULES = [
    f"explorer-{name}.js"
    for name in ("data", "gestures", "lanes", "marks", "paper", "plot", "strip", "view")
]
"""The scripts that explorer.js imports; a browser would otherwise find one after the other."""

MOST_NOTES = 500
"""The ranges, and the annotations, that a page shows of a record."""

Span = tuple[float, float, str]
"""Seconds from the start of the record, and what it is called."""


@require_safe
def show_record(request: HttpRequest, record: int) -> HttpResponse:
    """Return the page of a record; 404 for none."""
    found = require_record(record)
    zone = zone_of_person(found.user_id)
    channels = find_channels(record)
    start, end = found.start or 0, end_of(found)
    truth = getattr(found, "truth", None)
    lanes = _lanes(found, start, end) | (_true_lane(record) if truth is not None else {})
    shown = {
        "here": "explore",
        "record": found,
        "truth": truth,
        "start": moment_in(zone, found.start),
        "end": moment_in(zone, end),
        "zone": zone.key,
        "seconds": (end - start) // TICKS_PER_SECOND,
        "channels": channels,
        "lines": [each for each in channels if each.role in (DrawnAs.LINE, DrawnAs.FLAGS)],
        "usual": [each.datatype for each in channels if each.role is DrawnAs.LINE],
        "lanes": lanes,
        "modules": MODULES,
        "panels": _panels(is_simulated=truth is not None),
        "has_states": any(each.role is DrawnAs.STATES for each in channels),
        "facts": {
            "data": root_of(request) + reverse("explore-data", args=[record]),
            "status": found.status,
            "seconds": (end - start) / TICKS_PER_SECOND,
            "local": _local_seconds(zone, start),
            "channels": _facts_of(channels, is_simulated=truth is not None),
            "lanes": [{"title": title, "items": items} for title, items in lanes.items()],
        },
    }
    return show_page(request, "record", shown)


def _panels(*, is_simulated: bool) -> list[tuple[str, str]]:
    """Return the addresses and titles of the panels below the plots."""
    truth = [("truth", "Ground truth")] if is_simulated else []
    return [*truth, ("track", "Track"), ("metrics", "Metrics")]


def _local_seconds(zone: ZoneInfo, start: int) -> float:
    """Return the seconds since 1970 of a tick by the clocks of a zone."""
    moment = moment_in(zone, start)
    offset = None if moment is None else moment.utcoffset()
    return hexotime.to_seconds(start) + (0 if offset is None else offset.total_seconds())


def _facts_of(channels: Sequence[ExploredChannel], *, is_simulated: bool) -> list[dict[str, Any]]:
    """Return what scripts need to know of channels, and what is drawn on each."""
    return [
        {
            **each.describe(),
            "marks": _about(each, channels, DrawnAs.MARKS),
            "flags": _about(each, channels, DrawnAs.FLAGS),
            "truths": _true_events(each) if is_simulated else [],
        }
        for each in channels
    ]


def _about(channel: ExploredChannel, others: Sequence[ExploredChannel], role: DrawnAs) -> list[int]:
    return [each.datatype for each in others if each.role is role and each.is_about(channel)]


def _true_events(channel: ExploredChannel) -> list[str]:
    marks = true_events.MARKS.items()
    return [name for begins, names in marks if channel.name.startswith(begins) for name in names]


def _lanes(record: Record, start: int, end: int) -> dict[str, list[Span]]:
    """Return the ranges, laps and notes of the time of a record, by the title of their lane."""
    rows = Range.objects.filter(user=record.user_id, start__lt=end).exclude(end__lt=start)
    columns = "start", "end", "name", "activitytype__name", "parent_id"
    found: dict[str, list[Span]] = {"Ranges": [], "Laps": [], "Notes": []}
    for since, until, name, kind, parent in rows.order_by("start").values_list(*columns)[
        :MOST_NOTES
    ]:
        text = name or (kind or "range").replace("activitytype.", "")
        lane = "Ranges" if parent is None else "Laps"
        found[lane].append(_span(start, since, end if until is None else until, text))
    notes = Annotation.objects.filter(user=record.user_id, start__gte=start, start__lte=end)
    for at, text in notes.order_by("start").values_list("start", "annotation")[:MOST_NOTES]:
        found["Notes"].append(_span(start, at, at, text or "note"))
    return {title: spans for title, spans in found.items() if spans}


def _true_lane(record: int) -> dict[str, list[Span]]:
    """Return what really happened in a simulated record, if it lasts: a lane, or none."""
    spans = [_span(0, *each) for each in true_events.find_true_stretches(record)]
    return {"Truth": spans} if spans else {}


def _span(start: int, since: int, until: int, text: str) -> Span:
    return (since - start) / TICKS_PER_SECOND, (until - start) / TICKS_PER_SECOND, text
