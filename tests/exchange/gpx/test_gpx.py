"""GPX files: written and read back, and as other programs write them."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from apps.exchange.activity import Activity, Column, FileError, Points, Session
from apps.exchange.formats.gpx import elements, reader, writer
from apps.exchange.formats.xml import reading
from hexostore import hexotime
from tests.exchange.sessions import START, assert_equal, only, points, session, ticks, whole

_BOTH = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{elements.NAMESPACE}" schemaLocation="gpx.xsd"/>
<xs:import namespace="{elements.EXTENSION}" schemaLocation="TrackPointExtensionv2.xsd"/>
</xs:schema>"""

AT_HAND = (Path(os.environ.get("HEXOSTORE_XSD", "")) / "gpx.xsd").is_file()

KEPT = frozenset(
    (
        Column.LATITUDE,
        Column.LONGITUDE,
        Column.ALTITUDE,
        Column.HEART_RATE,
        Column.STEP_RATE,
        Column.SPEED,
        Column.COURSE,
    )
)
"""What GPX can tell."""


@cache
def _schema() -> etree.XMLSchema:
    folder = Path(os.environ["HEXOSTORE_XSD"]).resolve()
    return etree.XMLSchema(etree.fromstring(_BOTH, base_url=f"{folder.as_uri()}/both.xsd"))


def write(*sessions: Session) -> bytes:
    body = b"".join(writer.write(Activity(sessions)))
    if AT_HAND:
        _schema().assertValid(etree.fromstring(body))
    return body


def read(text: str | bytes) -> Activity:
    return reader.read(io.BytesIO(text.encode() if isinstance(text, str) else text))


def with_course(found: Points) -> Points:
    columns = {name: found.column(name) for name in found.columns.keys() & KEPT}
    return Points(found.times, {**columns, Column.COURSE: np.arange(len(found), dtype=np.float64)})


@pytest.mark.skipif(not AT_HAND, reason="HEXOSTORE_XSD names no folder with gpx.xsd")
def test_files_are_valid() -> None:
    write(session(600), replace(session(10), name="Ünïcode & <more>", note="a\nb\x00c", points=()))


def test_points_come_back() -> None:
    expected = with_course(points(300))
    found = only(read(write(replace(session(300), points=(expected,), note="slow"))))
    assert_equal(whole(found), expected)
    assert (found.start, found.end) == (START, ticks(299))
    assert (found.activitytype, found.name, found.note) == (10, "A run", "slow")


def test_only_points_with_a_position_are_written() -> None:
    all_points = points(100)
    all_points.column(Column.LATITUDE)[10:60] = np.nan
    body = write(replace(session(100), points=(all_points,)))
    assert body.count(b"<trkpt") == 50
    assert body.count(b"<trkseg>") == body.count(b"</trkseg>") == 2
    assert len(whole(only(read(body)))) == 50


def test_pieces_make_one_segment() -> None:
    parts = tuple(points(50, first) for first in range(0, 200, 50))
    body = write(replace(session(200), points=parts))
    assert body.count(b"<trkseg>") == body.count(b"</trkseg>") == 1
    assert len(whole(only(read(body)))) == 200


def test_a_session_without_positions_is_a_track_without_points() -> None:
    unknown = Points(points(5).times, {Column.HEART_RATE: np.full(5, 70.0)})
    assert b"<trkpt" not in write(replace(session(5), points=(unknown,)))


def test_each_session_is_a_track() -> None:
    later = Session(ticks(700), ticks(800), 1, (points(100, 700),), name="A ride")
    found = read(write(session(600), later)).sessions
    assert [(one.name, one.activitytype) for one in found] == [("A run", 10), ("A ride", 1)]


@pytest.mark.parametrize("activitytype", [1, 3, 4, 5, 7, 9, 10, 11, 13, 14, 15, 28, 997])
def test_sports_come_back(activitytype: int) -> None:
    changed = replace(session(5), activitytype=activitytype)
    assert only(read(write(changed))).activitytype == activitytype


def track(*inside: str, about: str = "") -> str:
    segments = "".join(f"<trkseg>{segment}</trkseg>" for segment in inside)
    return f"<trk>{about}{segments}</trk>"


def point(second: int, inside: str = "", latitude: float = 45.5) -> str:
    time = f"<time>2020-06-01T12:00:{second:02}Z</time>"
    return f'<trkpt lat="{latitude}" lon="-73.5"><ele>12</ele>{time}{inside}</trkpt>'


def file(*inside: str, attributes: str = 'version="1.1" creator="x"') -> str:
    return f'<?xml version="1.0"?><gpx {attributes}>{"".join(inside)}</gpx>'


NOON = hexotime.from_datetime(hexotime.from_iso("2020-06-01T12:00:00Z"))


def test_segments_are_parts_of_a_session() -> None:
    text = file(track(point(0) + point(1), point(30) + point(31), about="<name>Walk</name>"))
    found = only(read(text))
    assert (whole(found).times - NOON).tolist() == [0, 256, 30 * 256, 31 * 256]
    assert (found.name, found.laps) == ("Walk", ())


EXTENSIONS = "<extensions>{}</extensions>"
V1 = 'xmlns:a="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"'


@pytest.mark.parametrize(
    ("inside", "attributes"),
    [
        ("<a:TrackPointExtension><a:hr>99</a:hr><a:cad>80</a:cad></a:TrackPointExtension>", V1),
        (
            "<TrackPointExtension><hr>99</hr><cad>80</cad></TrackPointExtension>",
            'xmlns="urn:none" version="1.1"',
        ),
        ("<a:TrackPointExtension><a:hr>99</a:hr><a:cad>80</a:cad></a:TrackPointExtension>", ""),
        ("<heartrate>99</heartrate><cadence>80</cadence>", ""),
    ],
    ids=["v1", "no prefix", "undeclared", "others"],
)
def test_extensions(inside: str, attributes: str) -> None:
    text = file(
        track(point(0, EXTENSIONS.format(inside)), about="<type>running</type>"),
        attributes=attributes,
    )
    found = whole(only(read(text)))
    assert found.column(Column.HEART_RATE) == [99]
    assert found.column(Column.STEP_RATE) == [160]


def test_the_cadence_of_a_bike_is_no_step() -> None:
    cadence = EXTENSIONS.format("<x><cad>80</cad></x>")
    found = only(read(file(track(point(0, cadence), about="<type>cycling</type>"))))
    assert Column.STEP_RATE not in whole(found).columns


def test_speed_and_course_of_version_1_0() -> None:
    found = whole(only(read(file(track(point(0, "<course>90</course><speed>2.5</speed>"))))))
    assert found.column(Column.COURSE) == [90]
    assert found.column(Column.SPEED) == [2.5]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<rte><rtept lat="1" lon="2"/></rte>', "route"),
        ('<wpt lat="1" lon="2"><time>2020-06-01T12:00:00Z</time></wpt>', "waypoints"),
        ('<trk><trkseg><trkpt lat="1" lon="2"/></trkseg></trk>', "no times"),
        ("", "no track"),
        (track(point(0).replace("Z<", "ZZ<")), "is no time"),
        (track(point(0).replace('lat="45.5"', 'lat="north"')), "'north' is no number"),
        (track(point(0)) + "</trk>", "cannot be read"),
        ("<wpt/>" * 10_001, "too much"),
        ("<trk/>" * 1_001, "more than"),
    ],
)
def test_what_is_no_activity_is_named(
    monkeypatch: pytest.MonkeyPatch, inside: str, message: str
) -> None:
    monkeypatch.setattr(reading, "MOST_MARKS", 10_000)
    with pytest.raises(FileError, match=message):
        read(file(inside))


def test_waypoints_and_routes_beside_a_track_are_left_out() -> None:
    text = file('<wpt lat="1" lon="2"/><rte><rtept lat="1" lon="2"/></rte>', track(point(0)))
    assert len(whole(only(read(text)))) == 1


def test_points_without_a_time_or_place() -> None:
    lost = '<trkpt lat="45.5" lon="-73.5"/>'
    text = file(track(point(0) + lost + point(1, latitude=99)))
    found = whole(only(read(text)))
    assert (found.times - NOON).tolist() == [0, 256]
    np.testing.assert_array_equal(found.column(Column.LATITUDE), [45.5, np.nan])
