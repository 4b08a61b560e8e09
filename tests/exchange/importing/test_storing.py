"""What an activity becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import ImportFile, ImportPiece, TrainingRoutine
from apps.exchange.activity import (
    Activity,
    Intervals,
    Lap,
    Session,
    Step,
    Totals,
    Workout,
)
from apps.jobs.models import Job
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks
from hexostore import hexotime
from tests.exchange.importing.conftest import (
    RUNNING,
    SECOND,
    START,
    WALKING,
    FakeReader,
    a_file,
    a_run,
    a_way,
    do_imports,
    imported,
    points_of,
    post_file,
)
from tests.people import Caller

pytestmark = pytest.mark.usefixtures("catalogue")

HEART_RATE, RR_INTERVAL, CADENCE, VOLUME = 19, 18, 53, 37


def kinds(results: list[Any]) -> list[str]:
    """What results are, each by the name of its resource."""
    return [each["resource_uri"].split("/")[2] for each in results]


def channel(caller: Caller, record: int, dataid: int) -> list[Any]:
    """The pairs of a channel of a record."""
    found = caller.get("/api/data/", {"record": record, "datatype": dataid}).json()
    pairs: list[Any] = found[0]["data"][str(dataid)]
    return pairs


def channels_of(record: int) -> list[int]:
    """The ids of the channels of a record."""
    return sorted(Record.objects.get(pk=record).channels.values_list("datatype_id", flat=True))


@pytest.mark.rule("exchange D8", "exchange D14", "exchange D23")
def test_a_run_is_a_record_a_range_two_laps_and_a_track(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    results = imported(owner)["results"]
    assert kinds(results) == ["record", "range", "range", "range", "track"]
    record, session, first, second, track = results
    assert (record["start"], record["end"]) == (START, START + 600 * SECOND)
    assert (record["soft_uid"], record["device"]) == ("IMPORT", None)
    assert (session["name"], session["note"], session["rank"]) == ("Sunday", "with Ada", 0)
    assert session["activitytype"] == f"/api/activitytype/{RUNNING}/"
    assert [first["name"], second["name"]] == ["Lap 1", "home"]
    assert [each["rank"] for each in (first, second)] == [1, 1]
    assert {each["parent"] for each in (first, second)} == {session["resource_uri"]}
    assert (first["end"], second["start"]) == (START + 300 * SECOND, START + 300 * SECOND)
    assert track["range"] == session["resource_uri"]
    link = f"/api/import/{ImportFile.objects.get().pk}/"
    assert record["importfile"] == track["importfile"] == link
    assert not ImportPiece.objects.exists()


@pytest.mark.rule("exchange D23")
def test_results_are_what_lists_show(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    for found in imported(owner)["results"]:
        listed = owner.get(
            "/".join(found["resource_uri"].split("/")[:3]) + "/", {"id": found["id"]}
        )
        assert listed.json()["objects"] == [found]


@pytest.mark.rule("exchange D15")
def test_totals_answer_the_questions_of_ranges(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    _, session, first, _, _ = imported(owner)["results"]
    answers = ActivityAttributeValue.objects.values_list("range", "activityattribute", "value")
    told = {(row, attribute): value for row, attribute, value in answers}
    assert told[session["id"], 1] == 2.5
    assert told[session["id"], 3] == 90_000
    assert told[first["id"], 1] == 1
    assert (first["id"], 3) not in told


@pytest.mark.rule("exchange D10", "exchange D11")
def test_heart_rate_is_sampled_each_second(owner: Caller, reader: FakeReader) -> None:
    rates = np.arange(100.0, 160.0)
    points = points_of(60, heart_rate=rates)
    run = a_run(60, points=(points,), laps=(), intervals=None)
    reader.activities = [a_file(run)]
    record, session = imported(owner)["results"]
    found = channel(owner, record["id"], HEART_RATE)
    assert found[:2] == [[START + SECOND, 101], [START + 2 * SECOND, 102]]
    assert len(found) == 60
    assert found[-1] == [START + 60 * SECOND, 159]
    assert channels_of(record["id"]) == [HEART_RATE, 1000]
    assert session["status"] == "complete"


@pytest.mark.rule("exchange recipe 22", "exchange D12")
def test_intervals_between_beats_are_events(owner: Caller, reader: FakeReader) -> None:
    beats = Intervals(START + np.array([200, 450, 720]), np.array([0.75, 0.9765625, 1.0546875]))
    run = a_run(60, points=(), laps=(), intervals=beats)
    reader.activities = [a_file(run)]
    record, _ = imported(owner)["results"]
    assert channel(owner, record["id"], RR_INTERVAL) == [
        [START + 200, 0.75],
        [START + 450, 0.9765625],
        [START + 720, 1.0546875],
    ]


def test_volumes_are_as_near_as_the_channel_can(owner: Caller, reader: FakeReader) -> None:
    run = a_run(20, points=(points_of(20, tidal_volume=1000),), laps=(), intervals=None)
    reader.activities = [a_file(run)]
    record, _ = imported(owner)["results"]
    assert channel(owner, record["id"], VOLUME)[5][1] == pytest.approx(75 * 13.28)


@pytest.mark.rule("exchange D10", "exchange D16")
def test_steps_alone_make_no_record(owner: Caller, reader: FakeReader) -> None:
    walk = a_run(20, points=(points_of(20, step_rate=100, energy=50),), laps=(), intervals=None)
    reader.activities = [a_file(replace(walk, activitytype=WALKING))]
    (session,) = imported(owner)["results"]
    assert session["status"] == "empty"
    assert not Record.objects.exists()


def test_steps_are_in_a_record_that_there_is(owner: Caller, reader: FakeReader) -> None:
    points = points_of(20, step_rate=170, heart_rate=[100.0] * 19 + [np.nan])
    reader.activities = [a_file(a_run(20, points=(points,), laps=(), intervals=None))]
    record, _ = imported(owner)["results"]
    assert channel(owner, record["id"], CADENCE)[0][1] == 170


@pytest.mark.rule("exchange recipe 30", "exchange D8")
def test_no_positions_make_no_track(owner: Caller, reader: FakeReader) -> None:
    nowhere = points_of(20, heart_rate=100, latitude=np.nan, longitude=np.nan)
    outside = points_of(20, heart_rate=100, latitude=91, longitude=181)
    for number, points in enumerate((nowhere, outside)):
        reader.activities = [a_file(a_run(20, points=(points,), laps=(), intervals=None))]
        found = imported(owner, b"%d" % number)["results"]
        assert kinds(found) == ["record", "range"]
    assert not Track.objects.exists()


@pytest.mark.rule("exchange recipe 31")
def test_points_of_a_track_are_those_of_the_file(owner: Caller, reader: FakeReader) -> None:
    altitude = np.array([30.5, np.nan, 31.25, np.nan])
    points = points_of(4, altitude=altitude, speed=2.5, **a_way(4))
    reader.activities = [a_file(a_run(4, points=(points,), laps=(), intervals=None))]
    _, track = imported(owner)["results"]
    shown = owner.get("/api/trackpoint/", {"track": track["id"], "order_by": "time"}).json()
    assert [each["altitude"] for each in shown["objects"]] == [30.5, None, 31.25, None]
    assert [each["position"] for each in shown["objects"]] == [
        [-73.5, 45.5 + step / 100_000] for step in range(4)
    ]
    assert {each["speed"] for each in shown["objects"]} == {2.5}
    assert {each["course"] for each in shown["objects"]} == {None}
    times = TrackPoint.objects.order_by("pk").values_list("time", flat=True)
    assert list(times) == [hexotime.to_datetime(START + SECOND * at) for at in range(4)]


def test_a_track_says_of_its_points_what_every_track_says(
    owner: Caller, reader: FakeReader
) -> None:
    reader.activities = [a_file()]
    imported(owner)
    made = Track.objects.get()
    told = made.distance, made.start_date, made.end_date
    refresh_tracks([made.pk])
    made.refresh_from_db()
    assert (made.distance, made.start_date, made.end_date) == told
    assert made.distance == pytest.approx(599 * 1.11144, rel=1e-4)


@pytest.mark.rule("exchange recipe 13", "exchange D6")
def test_each_session_of_a_file_is_a_range(owner: Caller, reader: FakeReader) -> None:
    later = START + 700 * SECOND
    reader.activities = [a_file(a_run(), a_run(300, later, name=""))]
    results = imported(owner)["results"]
    assert kinds(results) == ["record", *(["range"] * 3 + ["track"]) * 2]
    record = results[0]
    assert (record["start"], record["end"]) == (START, later + 300 * SECOND)
    assert [results[1]["rank"], results[5]["rank"]] == [0, 0]
    assert results[6]["parent"] == results[5]["resource_uri"]
    assert results[8]["range"] == results[5]["resource_uri"]
    assert results[5]["name"] == "Running"


@pytest.mark.rule("exchange recipe 12", "exchange D11")
def test_a_pause_is_not_filled(owner: Caller, reader: FakeReader) -> None:
    before, after = (points_of(30, begin, heart_rate=100) for begin in (START, START + 90 * SECOND))
    run = a_run(120, points=(before, after), laps=(), intervals=None)
    reader.activities = [a_file(run)]
    record, session = imported(owner)["results"]
    values = [value for _, value in channel(owner, record["id"], HEART_RATE)]
    assert values == [100] * 39 + [0] * 50 + [100] * 31
    assert session["duration"] == "0:02:00"
    quality = [value for _, value in channel(owner, record["id"], 1000)]
    assert quality == [0] * 39 + [2] * 50 + [0] * 31


def test_texts_that_no_column_holds_are_cut(owner: Caller, reader: FakeReader) -> None:
    long = a_run(20, name="\0long\ud800" + "x" * 300, note="a\0b")
    reader.activities = [a_file(long)]
    session = imported(owner)["results"][1]
    assert session["name"] == ("long" + "x" * 300)[:200]
    assert session["note"] == "ab"


@pytest.mark.rule("exchange recipe 36")
def test_a_workout_is_a_training_routine(owner: Caller, reader: FakeReader) -> None:
    steps = (
        Step(RUNNING, "mile", "fast", "active", "distance", 1609.0, "open"),
        Step(987_654, "rest", duration_type="open"),
        Step(None, "again", duration_type="repeat_until_steps_cmplt", duration_value=0.0),
    )
    reader.activities = [Activity(workouts=(Workout("Rockport", RUNNING, steps, "a test"),))]
    (routine,) = imported(owner)["results"]
    assert (routine["name"], routine["description"]) == ("Rockport", "a test")
    assert routine["activitytype"] == f"/api/activitytype/{RUNNING}/"
    assert routine["importfile"] == f"/api/import/{ImportFile.objects.get().pk}/"
    assert [each["duration_value"] for each in routine["steps"] if each["name"] != "rest"] == [
        1609,
        0,
    ]
    assert [each["index"] for each in routine["steps"]] == [0, 1, 2]
    kinds = {each["activitytype"] for each in routine["steps"]}
    assert kinds == {f"/api/activitytype/{RUNNING}/"}  # that of the workout, if it has none known
    assert TrainingRoutine.objects.get().user == owner.user


def test_a_workout_of_an_unknown_type_has_none(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [Activity(workouts=(Workout("Chess", 987_654, (Step(), Step(RUNNING))),))]
    (routine,) = imported(owner)["results"]
    assert routine["activitytype"] is None
    assert [each.get("activitytype") for each in routine["steps"]] == [
        None,
        f"/api/activitytype/{RUNNING}/",
    ]


def statements(caller: Caller, reader: FakeReader, session: Session) -> int:
    """How many statements the import of a session takes."""
    reader.activities = [a_file(session)]
    content = repr((session.end, len(session.laps))).encode()
    assert post_file(caller, content).status_code == 201
    with CaptureQueriesContext(connection) as queries:
        do_imports()
    return len(queries)


def test_statements_do_not_grow_with_points(owner: Caller, reader: FakeReader) -> None:
    statements(owner, reader, a_run(10))
    short, long = (statements(owner, reader, a_run(seconds)) for seconds in (9_000, 18_000))
    assert long == short


def test_statements_do_not_grow_with_laps(owner: Caller, reader: FakeReader) -> None:
    def laps(count: int) -> Iterable[Lap]:
        for at in range(count):
            begin = START + at * SECOND
            yield Lap(begin, begin + SECOND, Totals(distance=2, energy=3))

    statements(owner, reader, a_run(10))
    few, many = (
        statements(owner, reader, a_run(100 + count, laps=tuple(laps(count)))) for count in (2, 90)
    )
    assert many == few
    assert Range.objects.filter(rank=1).count() == 2 + 2 + 90


def test_the_ranges_of_an_import_are_processed(owner: Caller, reader: FakeReader) -> None:
    """As any other: the record is looked at by the job that works out what is derived."""
    reader.activities = [a_file()]
    record = imported(owner)["results"][0]
    assert Job.objects.filter(kind="processing", payload={"record": record["id"]}).exists()
