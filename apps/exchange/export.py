"""Responses that hold records, ranges and training routines as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from django.http import HttpResponseBase
from rest_framework.request import Request

from apps.api.errors import BadRequest
from apps.catalog.models import TrainingRoutine
from apps.exchange import excerpts, routines
from apps.exchange.activities import activity_of
from apps.exchange.excerpts import Excerpt
from apps.exchange.formats import workout_writer_of, writer_of
from apps.exchange.formats.fit.profile import FIRST_ABSOLUTE, INVALID_TIME, to_ticks
from apps.records.models import Range, Record
from apps.signals.delivery import Delivery, deliver
from apps.signals.storage.reader import Gone
from apps.tracks.columns import EARLIEST, LATEST

FIT = "application/vnd.ant.fit"
TCX = "application/vnd.garmin.tcx+xml"
GPX = "application/gpx+xml"

SUFFIXES = {FIT: "fit", TCX: "tcx", GPX: "gpx"}
"""The names for `?format=`, and the ends of the names of files."""

ACTIVITY_TYPES = (FIT, TCX, GPX)
WORKOUT_TYPES = (FIT, TCX)
"""The media types of each. GPX has no plans."""

Row = TypeVar("Row", Range, Record)


class Limits(NamedTuple):
    """The first and the last tick that can be written."""

    earliest: int
    latest: int


_FIT_LIMITS = Limits(to_ticks(FIRST_ABSOLUTE), to_ticks(INVALID_TIME - 1))


def formats_of(media_types: Iterable[str]) -> dict[str, str]:
    """Return the names for `?format=` by media type."""
    return {media_type: SUFFIXES[media_type] for media_type in media_types}


def write_range(row: Range, request: Request) -> HttpResponseBase:
    """Answer with a range in the chosen format. Raise BadRequest for times that it cannot have."""
    return _sent(row, excerpts.of_range, f"range_{row.pk}", request)


def write_record(row: Record, request: Request) -> HttpResponseBase:
    """Answer with a record in the chosen format. Raise BadRequest for times that it cannot have,
    and if the record has not begun."""
    return _sent(row, excerpts.of_record, f"record_{row.pk}", request)


def write_routine(row: TrainingRoutine, request: Request) -> HttpResponseBase:
    """Answer with a training routine in the chosen format."""
    media_type = str(request.accepted_media_type)
    write = workout_writer_of(SUFFIXES[media_type])
    made = Delivery(
        media_type,
        lambda: [write(routines.workout_of(row))],
        filename=f"trainingroutine_{row.pk}.{SUFFIXES[media_type]}",
    )
    return deliver(made, routines.version_of(row), request)


def _sent(
    row: Row, find: Callable[[Row], Excerpt], name: str, request: Request
) -> HttpResponseBase:
    media_type = str(request.accepted_media_type)
    _require_times(media_type, row.start, row.end)
    excerpt = find(row)
    _require_times(media_type, excerpt.start, excerpt.end)
    write = writer_of(SUFFIXES[media_type])

    def body() -> Iterator[bytes]:
        yield from write(activity_of(excerpt))
        _require_same(row, find, excerpt)

    made = Delivery(media_type, body, filename=f"{name}.{SUFFIXES[media_type]}")
    return deliver(made, excerpt.version, request)


def _require_times(media_type: str, start: int | None, end: int | None) -> None:
    """Refuse what has not begun, and times that the format cannot express."""
    if start is None:
        raise BadRequest("The record has no start yet, so there is nothing to export.")
    earliest, latest = _FIT_LIMITS if media_type == FIT else Limits(EARLIEST, LATEST)
    if start < earliest or (start if end is None else end) > latest:
        raise BadRequest(f"A file of {media_type} cannot express the times of this object.")


def _require_same(row: Row, find: Callable[[Row], Excerpt], excerpt: Excerpt) -> None:
    """Raise Gone if anything but the growth of a record has changed since the excerpt was found,
    so that nobody takes a mixture of two states for a file."""
    if not excerpt.is_settled:
        return
    present = type(row)._default_manager.filter(pk=row.pk).first()
    if present is None or find(present).version != excerpt.version:
        raise Gone(f"{row}")
