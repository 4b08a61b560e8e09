"""Activities to TCX, streamed: a point is a line, and a block of points is a piece of the file.

The order of elements and what they may contain is that of Garmin's schemas. Garmin Connect and
other readers want more than these: a declaration at the first byte, one Track per Lap, Notes after
the laps, a complete Creator.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from importlib.metadata import version
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.exchange import sports
from apps.exchange.activity import Activity, Column, Floats, Points, Session
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.tcx.lap_texts import lap_begin, lap_end
from apps.exchange.formats.tcx.segments import segments
from apps.exchange.formats.xml import escaping, point_texts, times
from apps.exchange.formats.xml.point_texts import PointField

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<{elements.ROOT} xmlns="{elements.NAMESPACE}" xmlns:ax="{elements.EXTENSION}"'
    f' xmlns:hx="{elements.OWN}" xmlns:xsi="{elements.SCHEMA_INSTANCE}"'
    f' xsi:schemaLocation="{elements.NAMESPACE} {elements.LOCATION}">\n'
)
_FIRST_OF_TPX, _FIRST_OF_OWN = 5, 8
"""Which fields of a point come first in TPX, and among the elements of our own."""


def write(activity: Activity) -> Iterator[bytes]:
    """Return the pieces of a TCX file with an Activity for each session."""
    yield f"{HEAD}<Activities>\n".encode()
    taken: set[str] = set()
    for session in activity.sessions:
        ident = _free_id(session.start, taken)
        taken.add(ident)
        yield from _activity(session, ident, activity.key)
    yield f"</Activities>\n{author()}</{elements.ROOT}>\n".encode()


def _free_id(start: int, taken: Container[str]) -> str:
    """Return the start as the Id of an activity, or the next time that no other activity has."""
    while (ident := times.to_text(start)) in taken:
        start += 1
    return ident


def _activity(session: Session, ident: str, key: int) -> Iterator[bytes]:
    sport = sports.tcx_word(session.activitytype)
    yield f'<Activity Sport="{sport}"><Id>{ident}</Id>\n'.encode()
    for text in _laps(session):
        yield text.encode()
    notes = session.note or session.name
    if notes:
        yield f"{escaping.element('Notes', notes)}\n".encode()
    yield f"{_creator(key)}</Activity>\n".encode()


def _laps(session: Session) -> Iterator[str]:
    """Return the laps with their points. A point at the boundary of two is in the second."""
    parts = segments(session)
    starts = np.array([part.lap.start for part in parts])
    current, open_track = 0, ""
    yield lap_begin(parts[0])
    for block, texts in _texts(session):
        owners = np.searchsorted(starts, block.times, "right") - 1
        for first, stop in _runs(owners):
            while current < owners[first]:
                yield open_track + lap_end(parts[current])
                current, open_track = current + 1, ""
                yield lap_begin(parts[current])
            yield ("" if open_track else "<Track>\n") + "".join(texts[first:stop])
            open_track = "</Track>\n"
    yield open_track + lap_end(parts[current])
    for part in parts[current + 1 :]:
        yield lap_begin(part) + lap_end(part)


def _runs(owners: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Return the first and the stop of each run of equal numbers."""
    edges = np.flatnonzero(np.diff(owners)) + 1
    bounds = [0, *edges.tolist(), len(owners)]
    yield from pairwise(bounds)


def _texts(session: Session) -> Iterator[tuple[Points, list[str]]]:
    for points in session.points:
        for block in point_texts.blocks(points):
            yield block, point_texts.lines(block, _fields(block), _trackpoint)


def _fields(points: Points) -> list[PointField]:
    """Return what is written of points, in the order of the file."""
    latitudes, longitudes = point_texts.positions(points)
    return [
        PointField(latitudes, "<Position><LatitudeDegrees>%.7f</LatitudeDegrees>"),
        PointField(longitudes, "<LongitudeDegrees>%.7f</LongitudeDegrees></Position>"),
        _decimal(points, Column.ALTITUDE, "<AltitudeMeters>%.2f</AltitudeMeters>"),
        _decimal(points, Column.DISTANCE, "<DistanceMeters>%.2f</DistanceMeters>"),
        PointField(
            point_texts.whole(points.column(Column.HEART_RATE), 1, elements.HIGHEST_HEART_RATE),
            "<HeartRateBpm><Value>%d</Value></HeartRateBpm>",
        ),
        _decimal(points, Column.SPEED, "<ax:Speed>%.3f</ax:Speed>"),
        PointField(
            point_texts.whole(
                points.column(Column.STEP_RATE) / elements.FEET, 1, elements.HIGHEST_CADENCE
            ),
            "<ax:RunCadence>%d</ax:RunCadence>",
        ),
        PointField(
            point_texts.whole(points.column(Column.ENERGY), 0, elements.HIGHEST_SHORT),
            "<ax:Watts>%d</ax:Watts>",
        ),
        *(_own(points.column(column), name) for name, column in elements.OWN_COLUMNS.items()),
    ]


def _decimal(points: Points, column: Column, template: str) -> PointField:
    return PointField(point_texts.finite(points.column(column)), template)


def _own(values: Floats, name: str) -> PointField:
    """Return the field of an element of our own, without decimals if there are none."""
    values = point_texts.finite(values)
    form = "%d" if np.array_equal(values, np.rint(values), equal_nan=True) else "%.2f"
    return PointField(values, f"<hx:{name}>{form}</hx:{name}>")


def _trackpoint(parts: Sequence[str]) -> str:
    """Return the template of a point from those of its fields."""
    tpx = "".join(parts[_FIRST_OF_TPX:_FIRST_OF_OWN])
    extensions = "".join(parts[_FIRST_OF_OWN:])
    if tpx:
        extensions = f"<ax:TPX>{tpx}</ax:TPX>{extensions}"
    if extensions:
        extensions = f"<Extensions>{extensions}</Extensions>"
    plain = "".join(parts[:_FIRST_OF_TPX])
    return f"<Trackpoint><Time>%s</Time>{plain}{extensions}</Trackpoint>\n"


def _creator(key: int) -> str:
    return (
        '<Creator xsi:type="Device_t"><Name>Hexostore</Name>'
        f"<UnitId>{key % 2**32}</UnitId><ProductID>1</ProductID>{_version()}</Creator>\n"
    )


def author() -> str:
    """Return the element that says which program wrote the file."""
    return (
        '<Author xsi:type="Application_t"><Name>Hexostore</Name>'
        f"<Build>{_version()}</Build>"
        "<LangID>en</LangID><PartNumber>000-00000-00</PartNumber></Author>\n"
    )


def _version() -> str:
    numbers = [part for part in version("hexostore").split(".") if part.isdecimal()]
    major, minor, build, *_ = (*numbers, "0", "0", "0")
    return (
        f"<Version><VersionMajor>{major}</VersionMajor><VersionMinor>{minor}</VersionMinor>"
        f"<BuildMajor>{build}</BuildMajor><BuildMinor>0</BuildMinor></Version>"
    )
