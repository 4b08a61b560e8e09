"""Activities to GPX 1.1, streamed: the points that have a position, with heart rate and movement.

A new segment begins where there is no position for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from apps.exchange.activity import Activity, Column, Points, Session
from apps.exchange.formats.gpx import elements
from apps.exchange.formats.xml import escaping, point_texts, times
from apps.exchange.formats.xml.point_texts import PointField
from hexostore.hexotime import TICKS_PER_SECOND

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<gpx version="1.1" creator="{elements.CREATOR}" xmlns="{elements.NAMESPACE}"'
    f' xmlns:gpxtpx="{elements.EXTENSION}" xmlns:xsi="{elements.SCHEMA_INSTANCE}"'
    f' xsi:schemaLocation="{elements.NAMESPACE} {elements.LOCATION}'
    f' {elements.EXTENSION} {elements.EXTENSION_LOCATION}">\n'
)

_PAUSE = 10 * TICKS_PER_SECOND
"""A longer time without a position ends a segment."""

_BEFORE_TIME, _FIRST_OF_EXTENSION = 3, 3
"""Latitude, longitude and altitude come before the time, and extensions after it."""


def write(activity: Activity) -> Iterator[bytes]:
    """Return the pieces of a GPX file with a track for each session."""
    yield _HEAD.encode()
    if activity.sessions:
        start = min(session.start for session in activity.sessions)
        yield f"<metadata><time>{times.to_text(start)}</time></metadata>\n".encode()
    for session in activity.sessions:
        for text in _track(session):
            yield text.encode()
    yield b"</gpx>\n"


def _track(session: Session) -> Iterator[str]:
    yield "<trk>" + "".join(
        escaping.element(name, text)
        for name, text in (
            ("name", session.name),
            ("desc", session.note),
            ("type", elements.WORDS.get(session.activitytype, "other")),
        )
        if text
    )
    latest = None
    for block in _blocks(session):
        texts = point_texts.lines(block, _fields(block), _track_point, _BEFORE_TIME)
        pauses = np.flatnonzero(np.diff(block.times) > _PAUSE) + 1
        bounds = [0, *pauses.tolist(), len(texts)]
        parts = ["".join(texts[first:stop]) for first, stop in pairwise(bounds)]
        if latest is None or block.times[0] - latest > _PAUSE:
            yield "</trkseg>\n<trkseg>\n" if latest is not None else "\n<trkseg>\n"
        yield "</trkseg>\n<trkseg>\n".join(parts)
        latest = block.times[-1]
    yield "</trkseg></trk>\n" if latest is not None else "</trk>\n"


def _blocks(session: Session) -> Iterator[Points]:
    """Return the points that have a position."""
    for points in session.points:
        for block in point_texts.blocks(points):
            latitudes, longitudes = point_texts.positions(block)
            known = ~np.isnan(latitudes)
            if known.any():
                columns = {column: values[known] for column, values in block.columns.items()}
                columns[Column.LATITUDE] = latitudes[known]
                columns[Column.LONGITUDE] = longitudes[known]
                yield Points(block.times[known], columns)


def _fields(points: Points) -> list[PointField]:
    """Return what is written of points, in the order of the file."""
    heart_rates = points.column(Column.HEART_RATE)
    cadences = points.column(Column.STEP_RATE) / elements.FEET
    courses = np.round(points.column(Column.COURSE), 2) % 360
    return [
        PointField(points.column(Column.LATITUDE), '<trkpt lat="%.7f"'),
        PointField(points.column(Column.LONGITUDE), ' lon="%.7f">'),
        PointField(point_texts.finite(points.column(Column.ALTITUDE)), "<ele>%.2f</ele>"),
        PointField(
            point_texts.whole(heart_rates, 1, elements.HIGHEST_HEART_RATE),
            "<gpxtpx:hr>%d</gpxtpx:hr>",
        ),
        PointField(
            point_texts.whole(cadences, 1, elements.HIGHEST_CADENCE), "<gpxtpx:cad>%d</gpxtpx:cad>"
        ),
        PointField(
            point_texts.finite(points.column(Column.SPEED)), "<gpxtpx:speed>%.3f</gpxtpx:speed>"
        ),
        PointField(point_texts.finite(courses), "<gpxtpx:course>%.2f</gpxtpx:course>"),
    ]


def _track_point(parts: Sequence[str]) -> str:
    """Return the template of a point from those of its fields."""
    extension = "".join(parts[_FIRST_OF_EXTENSION:])
    if extension:
        extension = f"<gpxtpx:TrackPointExtension>{extension}</gpxtpx:TrackPointExtension>"
        extension = f"<extensions>{extension}</extensions>"
    return f"{''.join(parts[:_FIRST_OF_EXTENSION])}<time>%s</time>{extension}</trkpt>\n"
