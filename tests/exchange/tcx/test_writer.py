"""What TCX files look like to the schemas and to readers of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from tcxreader.tcxreader import TCXReader  # type: ignore[import-untyped]

from apps.exchange.activity import Activity, Column, Lap, Points, Session, Totals
from apps.exchange.formats.tcx import elements, writer
from tests.exchange.sessions import points, session, ticks, whole
from tests.exchange.tcx import schema
from tests.exchange.tcx.schema import assert_valid

_TAGS = {"t": elements.NAMESPACE, "ax": elements.EXTENSION, "hx": elements.OWN}


def write(*sessions: Session) -> bytes:
    body = b"".join(writer.write(Activity(sessions, key=2**40 + 7)))
    assert_valid(body)
    return body


def texts(body: bytes, path: str) -> list[str]:
    found = etree.fromstring(body).xpath(path, namespaces=_TAGS)
    assert isinstance(found, list)
    return [str(getattr(one, "text", one)) for one in found]


STRANGE = {
    Column.LATITUDE: [45, 90.1, np.nan, -90],
    Column.LONGITUDE: [179.99999999, 5, 5, 180],
    Column.ALTITUDE: [np.inf, 1e300, -12.345, 0],
    Column.HEART_RATE: [0, 255.4, 256, 60.6],
    Column.STEP_RATE: [1000, 0, -5, 161],
    Column.ENERGY: [70_000, -1, 0, 99.5],
    Column.SPEED: [np.nan, 0, 0.0001, 3],
}


def strange_session() -> Session:
    columns = {name: np.array(values, np.float64) for name, values in STRANGE.items()}
    return replace(session(4), points=(Points(points(4).times, columns),))


@schema.needed
def test_files_are_valid() -> None:
    totals = Totals(-5, 1e12, 0, 300, 15, 3.5)
    laps = (
        Lap(ticks(-5), ticks(2)),
        Lap(ticks(3), ticks(3)),
        Lap(ticks(3), ticks(60), totals, "x"),
    )
    write(session(60, laps), strange_session(), replace(session(5), start=ticks(100), points=()))
    write()


def test_the_declaration_comes_first() -> None:
    assert write(session(2)).startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')


@pytest.mark.rule("exchange 3.4")
def test_the_id_has_milliseconds_and_z() -> None:
    body = write(replace(session(2), start=ticks(0.5)))
    assert texts(body, "//t:Activity/t:Id") == ["2014-05-08T12:34:56.500Z"]


@pytest.mark.rule("exchange 3.4")
def test_each_lap_has_one_track_and_gaps_are_laps() -> None:
    laps = (Lap(ticks(10), ticks(30)), Lap(ticks(40), ticks(60)))
    body = write(replace(session(60, laps), end=ticks(70)))
    tracks = etree.fromstring(body).iter("{*}Track")
    counts = [len(part.findall(".//{*}Trackpoint")) for part in tracks]
    assert counts == [10, 20, 10, 20]
    assert texts(body, "//t:Lap/t:TotalTimeSeconds") == ["10", "20", "10", "20", "10"]
    assert len(texts(body, "//hx:BetweenLaps")) == 3


@pytest.mark.rule("exchange 3.3")
def test_what_cannot_be_written_is_left_out() -> None:
    body = write(strange_session())
    assert texts(body, "//t:LongitudeDegrees") == ["-180.0000000", "-180.0000000"]
    assert texts(body, "//t:HeartRateBpm/t:Value") == ["255", "61"]
    assert texts(body, "//ax:RunCadence") == ["80"]
    assert texts(body, "//ax:Watts") == ["0", "100"]
    assert texts(body, "//t:Lap/t:Calories") == ["0"]


def test_texts_are_escaped_and_control_characters_left_out() -> None:
    body = write(replace(session(2), name="", note="a < b & \x00\x1b\ufffe\ud800c\r\n\u20ac"))
    assert texts(body, "//t:Notes") == ["a < b & c\r\n\u20ac"]


def test_the_unit_is_the_exported_object() -> None:
    assert texts(write(session(2)), "//t:UnitId") == ["7"]


def test_a_build_has_no_time() -> None:
    assert b"<Time>" not in write(replace(session(2), points=()))


class Parts:
    """Pieces of points that tell which of them were taken."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def __iter__(self) -> Iterator[Points]:
        for first in range(0, 300, 100):
            self.taken.append(first)
            yield points(100, first)


def test_points_are_written_piece_by_piece() -> None:
    parts = Parts()
    body = writer.write(Activity((replace(session(300), points=parts),)))
    while b"Trackpoint" not in next(body):
        pass
    assert parts.taken == [0]


def test_another_reader_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "activity.tcx"
    laps = (Lap(ticks(0), ticks(100), Totals(250, 4184 * 12)), Lap(ticks(100), ticks(300)))
    written = session(300, laps)
    path.write_bytes(write(written))
    found = TCXReader().read(str(path))
    told = found.trackpoints
    expected = whole(written)
    assert (found.activity_type, len(found.laps), len(told)) == ("Running", 2, 300)
    for name, values in (
        (Column.LATITUDE, [one.latitude for one in told]),
        (Column.LONGITUDE, [one.longitude for one in told]),
        (Column.ALTITUDE, [one.elevation for one in told]),
        (Column.DISTANCE, [one.distance for one in told]),
        (Column.HEART_RATE, [one.hr_value for one in told]),
        (Column.SPEED, [one.tpx_ext["Speed"] for one in told]),
        (Column.ENERGY, [one.tpx_ext["Watts"] for one in told]),
    ):
        np.testing.assert_allclose(values, expected.column(name), atol=5e-3, rtol=0)
    assert told[5].time.isoformat() == "2014-05-08T12:35:01"
    assert found.laps[0].calories == 12
