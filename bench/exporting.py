"""FIT and TCX of 24 h through the view, against libraries that write the same points one by one.

The record has six channels of 1 Hz, and a track with a point each second. It is asked for through
the WSGI handler with Basic login, so that rights, reading and totals are included. fit-tool writes
one message that is filled anew for each point, and lxml's xmlfile an element for each value; both
have all values in memory beforehand. What is printed is CPU of this process, and how far its
memory grows while a file is sent.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.data_edf import LOGIN, RECORD, settle, watched
from bench.day import DAY, EACH_SECOND, START, samples
from bench.harness import basic, cpu_in_turn, demo_store, get, pieces, show

CHANNELS = (19, 33, 36, 37, 42, 53)
PATHS = {name: f"/api/record/{RECORD}/?format={name}" for name in ("fit", "tcx", "gpx")}
TCX = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
AX = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"
HX = "urn:hexostore:tcx:1"


def main() -> None:
    """Print CPU per file with its ratio to the library, and the growth of memory."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import User

        _store(User.objects.get(username=LOGIN[0]))
        app, login = WSGIHandler(), basic(*LOGIN)
        get(f"/api/data/?record={RECORD}&datatype=19&max_values=1", login, app)
        for path in PATHS.values():
            for _ in range(2):
                settle()
                watched(lambda path=path: pieces(path, login, app))  # type: ignore[misc]
        points = list(_points())
        baselines = {"fit": _with_fit_tool, "tcx": _with_xmlfile}
        for name, baseline in baselines.items():
            works: dict[str, Callable[[], object]] = {
                f"{name} through the view": lambda name=name: sum(  # type: ignore[misc]
                    map(len, pieces(PATHS[name], login, app))
                ),
                "the library": lambda baseline=baseline: baseline(points),  # type: ignore[misc]
            }
            show(f"{name} of 24 h", cpu_in_turn(works, rounds=3, times=1), "the library")


def _store(user: Any) -> None:
    """Store the record and its track."""
    from django.db import connection

    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store
    from apps.tracks.models import Track
    from apps.tracks.totals import refresh_tracks

    record = Record.objects.create(id=RECORD, user=user, start=START, end=START + 256 * DAY)
    random = np.random.default_rng(1)
    for datatype in Datatype.objects.filter(pk__in=CHANNELS):
        store.write_channel(record, datatype, samples(datatype.pk, 256, DAY, random))
    track = Track.objects.create(user=user, record=record)
    with connection.cursor() as cursor:
        cursor.execute(_TRACK, [track.pk, user.pk, START, DAY])
        cursor.execute("ANALYZE")
    refresh_tracks([track.pk])


_TRACK = """
    INSERT INTO tracks_trackpoint
        (track_id, user_id, time, longitude, latitude, altitude, speed, course)
    SELECT %s, %s, %s + 256 * n, -73.5 + n * 1e-6, 45.5 + 1e-5 * sin(n / 50.0), 40 + n %% 9,
           3 + n %% 3, n %% 360
    FROM generate_series(1, %s) AS n
"""


def _points() -> Any:
    """Yield the values of each point: seconds, then those of FIT."""
    random = np.random.default_rng(1)
    drawn = {each: samples(each, 256, DAY, random) for each in CHANNELS if each in EACH_SECOND}
    begin = START // 256
    for n in range(DAY):
        yield (
            begin + n,
            45.5 + 1e-5 * np.sin(n / 50),
            -73.5 + n * 1e-6,
            40.0 + n % 9,
            n * 0.08,
            3.0 + n % 3,
            *(float(counts[n]) for counts in drawn.values()),
        )


def _with_fit_tool(points: list[tuple[float, ...]]) -> int:
    """Write the points as FIT records, with one message that is filled anew."""
    from fit_tool.definition_message import DefinitionMessage
    from fit_tool.profile.messages.record_message import RecordMessage

    message = RecordMessage()
    _fill_record(message, points[0])
    DefinitionMessage.from_data_message(message)
    size = 0
    for point in points:
        _fill_record(message, point)
        size += len(message.to_bytes())
    return size


def _fill_record(message: Any, point: tuple[float, ...]) -> None:
    seconds, latitude, longitude, altitude, distance, speed, heart_rate, breathing, *_ = point
    message.timestamp = seconds * 1000
    message.position_lat, message.position_long = latitude, longitude
    message.enhanced_altitude, message.distance, message.enhanced_speed = altitude, distance, speed
    message.heart_rate, message.enhanced_respiration_rate = int(heart_rate), breathing


def _with_xmlfile(points: list[tuple[float, ...]]) -> int:
    """Write the points as TCX, an element for each value."""
    from datetime import UTC, datetime

    from lxml import etree

    written = io.BytesIO()
    with etree.xmlfile(written, encoding="utf-8") as file, file.element(f"{{{TCX}}}Track"):
        for point in points:
            seconds, latitude, longitude, altitude, distance, speed, *values = point
            row = etree.Element(f"{{{TCX}}}Trackpoint")
            moment = datetime.fromtimestamp(seconds, UTC)
            _add(row, TCX, "Time", moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
            place = etree.SubElement(row, f"{{{TCX}}}Position")
            _add(place, TCX, "LatitudeDegrees", f"{latitude:.7f}")
            _add(place, TCX, "LongitudeDegrees", f"{longitude:.7f}")
            _add(row, TCX, "AltitudeMeters", f"{altitude:.2f}")
            _add(row, TCX, "DistanceMeters", f"{distance:.2f}")
            rate = etree.SubElement(row, f"{{{TCX}}}HeartRateBpm")
            _add(rate, TCX, "Value", str(int(values[0])))
            extensions = etree.SubElement(row, f"{{{TCX}}}Extensions")
            tpx = etree.SubElement(extensions, f"{{{AX}}}TPX")
            _add(tpx, AX, "Speed", f"{speed:.3f}")
            _add(tpx, AX, "RunCadence", str(int(values[5] / 2)))
            _add(tpx, AX, "Watts", str(int(values[4])))
            _add(extensions, HX, "BreathingRate", str(int(values[1])))
            _add(extensions, HX, "TidalVolume", f"{values[3] * 13.28:.2f}")
            _add(extensions, HX, "MinuteVentilation", f"{values[2] * 13.28:.2f}")
            file.write(row)
    return written.tell()


def _add(parent: Any, namespace: str, name: str, text: str) -> None:
    from lxml import etree

    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


if __name__ == "__main__":
    main()
