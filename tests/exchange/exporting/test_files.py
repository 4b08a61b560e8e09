"""What is in the files that are answered: the values that `data` and `trackpoint` tell."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fitdecode
import pytest
from chiptime.validate import Platform, validate
from lxml import etree
from tcxreader.tcxreader import TCXReader  # type: ignore[import-untyped]

from apps.exchange.excerpts import CHANNELS
from tests.exchange.exporting.conftest import (
    BR,
    CADENCE,
    ENERGY,
    HR,
    SECOND,
    START,
    TIDAL,
    VENTILATION,
    Run,
    new_range,
    new_record,
    new_track,
    write,
)
from tests.people import Caller

TCX = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"
AX = "{http://www.garmin.com/xmlschemas/ActivityExtension/v2}"
HX = "{urn:hexostore:tcx:1}"
GPX = "{http://www.topografix.com/GPX/1/1}"
TPX2 = "{http://www.garmin.com/xmlschemas/TrackPointExtension/v2}"

IN_TCX = {
    HR: f"{TCX}HeartRateBpm/{TCX}Value",
    BR: f"{TCX}Extensions/{HX}BreathingRate",
    TIDAL: f"{TCX}Extensions/{HX}TidalVolume",
    VENTILATION: f"{TCX}Extensions/{HX}MinuteVentilation",
    ENERGY: f"{TCX}Extensions/{AX}TPX/{AX}Watts",
    CADENCE: f"{TCX}Extensions/{AX}TPX/{AX}RunCadence",
}
IN_FIT = {
    HR: ("heart_rate", 1),
    BR: ("enhanced_respiration_rate", 1),
    TIDAL: ("tidal_volume", 1000),
    VENTILATION: ("minute_ventilation", 1000),
    ENERGY: ("energy_expenditure", 1),
    CADENCE: ("cadence", 2),
}

Values = dict[int, float]
"""Values by second UTC."""


def file_of(caller: Caller, path: str, name: str) -> bytes:
    answer = caller.get(path, {"format": name})
    assert answer.status_code == 200
    return answer.getvalue()


def told(run: Run) -> dict[int, Values]:
    """What `data` tells of each channel, but for zeros."""
    params = {"record": run.record.pk, "datatype": ",".join(map(str, CHANNELS)), "flat": 0}
    (found,) = run.owner.get("/api/data/", params).json()
    return {
        int(key): {tick // SECOND: value for tick, value in pairs if value}
        for key, pairs in found["data"].items()
    }


def placed(caller: Caller, track: int) -> dict[int, dict[str, Any]]:
    """What `trackpoint` tells of each second."""
    answer = caller.get("/api/trackpoint/", {"track": track, "limit": 0}).json()
    found = {}
    for point in answer["objects"]:
        moment = datetime.fromisoformat(point["time"]).replace(tzinfo=UTC)
        found[int(moment.timestamp())] = point
    return found


def tree_of(content: bytes) -> Any:
    return etree.fromstring(content)


def trackpoints(content: bytes) -> list[Any]:
    return list(tree_of(content).iter(f"{TCX}Trackpoint"))


def moment_of(element: Any) -> datetime:
    text = element.findtext(f"{TCX}Time") or element.findtext(f"{GPX}time")
    return datetime.fromisoformat(text)


def fit_messages(content: bytes, name: str) -> list[Any]:
    with fitdecode.FitReader(
        io.BytesIO(content),
        check_crc=fitdecode.CrcCheck.RAISE,
        error_handling=fitdecode.ErrorHandling.RAISE,
    ) as frames:
        data = (each for each in frames if each.frame_type == fitdecode.FIT_FRAME_DATA)
        return [each for each in data if each.name == name]


@pytest.mark.rule("exchange 2.4")
class TestTcx:
    def test_values_are_those_of_data(self, run: Run) -> None:
        content = file_of(run.owner, run.path, "tcx")
        expected = told(run)
        for datatype, path in IN_TCX.items():
            found = {
                int(moment_of(point).timestamp()): float(text)
                for point in trackpoints(content)
                if (text := point.findtext(path)) is not None
            }
            feet = 2 if datatype == CADENCE else 1
            assert found.keys() == expected[datatype].keys()
            for second, value in expected[datatype].items():
                near = pytest.approx(value / feet, abs=0.51 if feet == 2 else 0.006)
                assert found[second] == near, (datatype, second)

    def test_times_are_those_of_the_samples(self, run: Run) -> None:
        """To the millisecond; the first second has a position alone."""
        moments = [moment_of(point) for point in trackpoints(file_of(run.owner, run.path, "tcx"))]
        begin = datetime.fromtimestamp(START / 256, UTC)
        assert len(moments) == 121
        for second, moment in enumerate(moments):
            assert abs(moment - begin - timedelta(seconds=second)) < timedelta(milliseconds=1)

    def test_positions_are_those_of_the_points(self, run: Run) -> None:
        expected = placed(run.owner, run.track.pk)
        for point in trackpoints(file_of(run.owner, run.path, "tcx")):
            known = expected.pop(int(moment_of(point).timestamp()))
            longitude, latitude = known["position"]
            degrees = [float(each.text) for each in point.find(f"{TCX}Position")]
            assert degrees == pytest.approx([latitude, longitude], abs=1e-7)
            assert float(point.findtext(f"{TCX}AltitudeMeters")) == pytest.approx(known["altitude"])
            speed = point.findtext(f"{TCX}Extensions/{AX}TPX/{AX}Speed")
            assert float(speed) == pytest.approx(known["speed"])
        assert expected == {}

    def test_laps_and_notes(self, run: Run) -> None:
        (activity,) = tree_of(file_of(run.owner, run.path, "tcx")).iter(f"{TCX}Activity")
        assert activity.get("Sport") == "Running"
        assert activity.findtext(f"{TCX}Notes") == "With <rain> & wind"
        laps = activity.findall(f"{TCX}Lap")
        assert [float(lap.findtext(f"{TCX}TotalTimeSeconds")) for lap in laps] == [48, 60, 12]
        metres = [float(lap.findtext(f"{TCX}DistanceMeters")) for lap in laps]
        assert sum(metres) == pytest.approx(run.track.distance, abs=0.02)
        assert min(metres) > 10
        assert [len(lap.findall(f"{TCX}Track")) for lap in laps] == [1, 1, 1]

    def test_tcxreader_reads_it(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "run.tcx"
        file.write_bytes(file_of(run.owner, run.path, "tcx"))
        read = TCXReader().read(str(file))
        assert read.activity_type == "Running"
        assert len(read.trackpoints) == 121
        assert read.distance == pytest.approx(run.track.distance, abs=1)
        assert (read.hr_max, read.start_time.year) == (159, 2015)

    @pytest.mark.rule("exchange 1.2")
    @pytest.mark.parametrize("kind", ["track", "no track", "no laps"])
    def test_tapiriik_can_read_it(self, run: Run, kind: str) -> None:
        if kind == "no track":
            run.track.delete()
        if kind == "no laps":
            for lap in run.laps:
                lap.delete()
        require_readable(file_of(run.owner, run.path, "tcx"))


TRIGGERS = {"Manual", "Distance", "Location", "Time", "HeartRate"}
SOME_MINUTES = timedelta(minutes=10)


def require_readable(content: bytes) -> None:
    """What the reader of tapiriik demands, and what it then refuses."""
    assert content.startswith(b"<?xml")
    activities = list(tree_of(content).iter(f"{TCX}Activity"))
    assert activities
    for activity in activities:
        creator = activity.find(f"{TCX}Creator")
        assert creator.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "Device_t"
        assert int(creator.findtext(f"{TCX}UnitId")) > 0
        assert int(creator.findtext(f"{TCX}ProductID")) > 0
        laps = activity.findall(f"{TCX}Lap")
        assert laps
        points = [point for lap in laps for point in _checked_lap(lap)]
        assert len(points) > 1
        places = [point for point in points if point.find(f"{TCX}Position") is not None]
        assert len(places) != 1
        heights = [float(p.findtext(f"{TCX}AltitudeMeters")) for p in places]
        assert not places or any(heights)
        for place in places:
            degrees = [float(each.text) for each in place.find(f"{TCX}Position")]
            assert abs(degrees[0]) <= 90
            assert abs(degrees[1]) <= 180
            assert degrees != [0, 0]


def _checked_lap(lap: Any) -> list[Any]:
    """Return the points that are read of a lap."""
    begin = datetime.fromisoformat(lap.get("StartTime"))
    length = timedelta(seconds=float(lap.findtext(f"{TCX}TotalTimeSeconds")))
    assert float(lap.findtext(f"{TCX}DistanceMeters")) >= 0
    assert lap.findtext(f"{TCX}TriggerMethod") in TRIGGERS
    assert begin.year > 1995
    assert timedelta() < length < timedelta(days=5)
    tracks = lap.findall(f"{TCX}Track")
    assert len(tracks) <= 1
    points = [point for track in tracks for point in track]
    for point in points:
        moment = moment_of(point)
        assert begin - SOME_MINUTES <= moment <= begin + length + SOME_MINUTES
        rate = point.find(f"{TCX}HeartRateBpm")
        assert rate is None or rate.findtext(f"{TCX}Value")
    return points


class TestFit:
    @pytest.mark.rule("exchange 2.4")
    def test_values_are_those_of_data(self, run: Run) -> None:
        records = fit_messages(file_of(run.owner, run.path, "fit"), "record")
        expected = told(run)
        for datatype, (name, factor) in IN_FIT.items():
            values = {
                int(record.get_value("timestamp").timestamp()): _cadence(record)
                if datatype == CADENCE
                else record.get_value(name, fallback=None)
                for record in records
            }
            found = {second: value for second, value in values.items() if value is not None}
            assert found.keys() == expected[datatype].keys()
            for second, value in expected[datatype].items():
                assert found[second] * factor == pytest.approx(value, rel=1e-6), (name, second)

    def test_positions_are_those_of_the_points(self, run: Run) -> None:
        expected = placed(run.owner, run.track.pk)
        for record in fit_messages(file_of(run.owner, run.path, "fit"), "record"):
            known = expected.pop(int(record.get_value("timestamp").timestamp()))
            longitude, latitude = known["position"]
            degrees = 180 / 2**31
            assert record.get_value("position_lat") * degrees == pytest.approx(latitude, abs=1e-7)
            assert record.get_value("position_long") * degrees == pytest.approx(longitude, abs=1e-7)
            assert record.get_value("enhanced_speed") == pytest.approx(known["speed"])
        assert expected == {}

    def test_totals(self, run: Run) -> None:
        content = file_of(run.owner, run.path, "fit")
        (session,) = fit_messages(content, "session")
        assert session.get_value("total_distance") == pytest.approx(run.track.distance, abs=0.01)
        assert session.get_value("sport") == "running"
        assert session.get_value("max_heart_rate") == 159
        laps = fit_messages(content, "lap")
        assert [lap.get_value("total_elapsed_time") for lap in laps][:2] == [
            pytest.approx(48, abs=1),
            pytest.approx(60, abs=1),
        ]

    @pytest.mark.rule("exchange 3.1")
    @pytest.mark.parametrize("platform", ["strict-spec", "garmin-connect", "strava"])
    def test_platforms_take_it(self, run: Run, platform: Platform) -> None:
        assert validate(file_of(run.owner, run.path, "fit"), platform) == []

    def test_without_positions_there_are_no_records(self, run: Run) -> None:
        run.track.delete()
        content = file_of(run.owner, run.path, "fit")
        assert fit_messages(content, "record") == []
        (session,) = fit_messages(content, "session")
        assert session.get_value("avg_heart_rate") is not None


def _cadence(record: Any) -> float | None:
    strides = record.get_value("cadence", fallback=None)
    return None if strides is None else strides + record.get_value("fractional_cadence")


class TestGpx:
    def test_points_are_those_with_a_position(self, run: Run) -> None:
        expected = placed(run.owner, run.track.pk)
        rates = told(run)[HR]
        for point in tree_of(file_of(run.owner, run.path, "gpx")).iter(f"{GPX}trkpt"):
            second = int(moment_of(point).timestamp())
            known = expected.pop(second)
            assert [float(point.get("lon")), float(point.get("lat"))] == pytest.approx(
                known["position"]
            )
            assert float(point.findtext(f"{GPX}ele")) == pytest.approx(known["altitude"])
            rate = next((float(each.text) for each in point.iter(f"{TPX2}hr")), None)
            assert rate == rates.get(second)
        assert expected == {}


@pytest.mark.usefixtures("catalogue")
class TestNothing:
    @pytest.mark.parametrize("name", ["fit", "tcx", "gpx"])
    def test_a_range_without_data_is_a_file(self, owner: Caller, name: str) -> None:
        content = file_of(owner, f"/api/range/{new_range(owner.user).pk}/", name)
        if name == "fit":
            assert len(fit_messages(content, "session")) == len(fit_messages(content, "lap")) == 1
        else:
            assert tree_of(content) is not None
            assert b"Trackpoint>" not in content
        assert b"NaN" not in content
        assert b"nan" not in content

    def test_times_between_records_have_no_points(self, owner: Caller) -> None:
        for first in (0, 50_000):
            write(new_record(owner.user, first, 10), HR, [70] * 10)
        made = new_range(owner.user, 0, 60_000)
        new_track(owner.user, [30_000, 30_001], range=made)
        points = trackpoints(file_of(owner, f"/api/range/{made.pk}/", "tcx"))
        assert len(points) == 22

    @pytest.mark.rule("exchange recipe 25")
    def test_values_that_are_too_large_are_unknown(self, run: Run) -> None:
        write(run.record, HR, [300] * 60 + [150] * 60)
        write(run.record, CADENCE, [700] * 60 + [180] * 60)
        records = fit_messages(file_of(run.owner, run.path, "fit"), "record")
        assert {each.get_value("heart_rate", fallback=None) for each in records} == {None, 150}
        points = trackpoints(file_of(run.owner, run.path, "tcx"))
        assert {point.findtext(IN_TCX[HR]) for point in points} == {None, "150"}
        assert {point.findtext(IN_TCX[CADENCE]) for point in points} == {None, "90"}


class TestWorkouts:
    @pytest.mark.parametrize("name", ["fit", "tcx"])
    def test_steps(self, owner: Caller, catalogue: None, name: str) -> None:
        steps = [
            {"name": "run", "duration_type": "distance", "duration_value": 1609},
            {"name": "rest", "duration_type": "time", "duration_value": 60, "intensity": "rest"},
            {"name": 7, "duration_value": "much", "intensity": [], "target_value": 10**400},
        ]
        sent = {"name": "1 Mile Rockport Walk Test", "steps": steps}
        made = owner.post("/api/trainingroutine/", sent).json()
        content = file_of(owner, made["resource_uri"], name)
        if name == "tcx":
            tree = tree_of(content)
            assert len(list(tree.iter(f"{TCX}Step"))) == 3
            assert [each.text for each in tree.iter(f"{TCX}Meters")] == ["1609"]
            assert [each.text for each in tree.iter(f"{TCX}Seconds")] == ["60"]
            return
        (workout,) = fit_messages(content, "workout")
        assert workout.get_value("wkt_name") == "1 Mile Rockport Walk Test"
        found = fit_messages(content, "workout_step")
        assert found[0].get_value("duration_distance") == 1609
        assert found[1].get_value("duration_time") == 60
        assert len(found) == 3
