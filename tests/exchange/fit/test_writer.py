"""Files of ours: read by fitdecode and by chiptime, and by ourselves as they were."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import chiptime
import fitdecode
import numpy as np
import pytest
from chiptime.validate import Platform, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.exchange.activity import Activity, Column, Lap, Points, Session, Totals
from apps.exchange.formats.fit import writer
from tests.exchange.fit import rides

NEAR = 1e-7  # degrees


def messages(content: bytes, name: str) -> list[dict[str, Any]]:
    """Return the messages of a name as fitdecode gives them, with every check it has."""
    with fitdecode.FitReader(
        io.BytesIO(content),
        check_crc=fitdecode.CrcCheck.RAISE,
        error_handling=fitdecode.ErrorHandling.RAISE,
    ) as frames:
        return [
            {value.name: value.value for value in frame}
            for frame in frames
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == name
        ]


def session_with(columns: dict[Column, list[float]], activitytype: int = 10) -> Session:
    """Return a session of points at 45, -73 with these values."""
    count = len(next(iter(columns.values())))
    places = {Column.LATITUDE: [45.0] * count, Column.LONGITUDE: [-73.0] * count}
    arrays = {name: np.array(values, dtype=float) for name, values in (places | columns).items()}
    times = rides.START + 256 * np.arange(count)
    end = rides.START + 256 * count
    return Session(rides.START, end, activitytype, [Points(times, arrays)])


def column_written(column: Column, values: list[float]) -> list[float]:
    """Return what is read of values that were written."""
    found = rides.read_session(rides.written(session_with({column: values})))
    return list(map(float, rides.points_of(found).column(column)))


PLATFORMS: list[Platform] = ["strict-spec", "garmin-connect", "strava"]
SESSIONS = {
    "laps": [rides.session(120, laps=3)],
    "no lap": [rides.session(120)],
    "several sports": [
        rides.session(120, activitytype=14),
        rides.session(60, rides.START + 120 * 256, activitytype=997),
        rides.session(120, rides.START + 180 * 256, laps=2, activitytype=1),
    ],
    "little known": [replace(session_with({Column.HEART_RATE: [70, 71]}), totals=Totals())],
}


@pytest.mark.rule("exchange 3.1")
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", SESSIONS)
def test_platforms_accept_our_files(platform: Platform, name: str) -> None:
    """By the rules that chiptime has collected for each of them."""
    assert validate(rides.written(*SESSIONS[name]), platform) == []


@pytest.mark.rule("exchange recipe 24", "exchange 3.4")
def test_fitdecode_reads_all_messages() -> None:
    content = rides.written(rides.session(120, laps=2))
    (file_id,) = messages(content, "file_id")
    assert file_id["type"] == "activity"
    assert (file_id["manufacturer"], file_id["serial_number"]) == ("development", 37700)
    first = messages(content, "record")[0]
    expected = {
        "position_lat": pytest.approx(45.5 * 2**31 / 180, abs=1),
        "position_long": pytest.approx(-73.25 * 2**31 / 180, abs=1),
        "enhanced_altitude": pytest.approx(30.2),
        "distance": 0,
        "enhanced_speed": 2.5,
        "enhanced_respiration_rate": 15,
        "heart_rate": 70,
        "cadence": 75,
        "tidal_volume": pytest.approx(0.4),
        "minute_ventilation": pytest.approx(8),
        "energy_expenditure": 90,
    }
    assert {name: first[name] for name in expected} == expected
    assert len(messages(content, "record")) == 120
    assert [lap["message_index"] for lap in messages(content, "lap")] == [0, 1]
    (session,) = messages(content, "session")
    assert (session["sport"], session["num_laps"], session["first_lap_index"]) == ("running", 2, 0)
    events = [(event["event"], event["event_type"]) for event in messages(content, "event")]
    assert events == [("timer", "start"), ("timer", "stop_all")]
    (activity,) = messages(content, "activity")
    assert activity["num_sessions"] == 1
    assert activity["local_timestamp"].replace(tzinfo=None).year == 2015


def test_messages_are_in_order_of_time() -> None:
    """Laps come between records, where they end: Garmin Connect refuses anything else."""
    content = rides.written(*SESSIONS["several sports"])
    times = [
        frame.get_value("timestamp")
        for frame in fitdecode.FitReader(io.BytesIO(content))
        if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.has_field("timestamp")
    ]
    sessions = len(SESSIONS["several sports"])
    in_order = times[: -sessions - 1]
    assert len(in_order) > 300
    assert in_order == sorted(in_order)


def test_round_trip() -> None:
    """Points, laps, sums and names come back as they were."""
    before = rides.session(laps=3)
    after = rides.read_session(rides.written(before))
    assert (after.start, after.end, after.activitytype) == (before.start, before.end, 10)
    assert (after.name, after.totals, after.laps) == (before.name, before.totals, before.laps)
    points, told = rides.points_of(after), rides.points_of(before)
    assert points.times.tolist() == told.times.tolist()
    assert set(points.columns) == set(told.columns)
    for column in (Column.LATITUDE, Column.LONGITUDE):
        assert np.abs(points.column(column) - told.column(column)).max() <= NEAR
    for column in set(told.columns) - {Column.LATITUDE, Column.LONGITUDE}:
        np.testing.assert_allclose(points.column(column), told.column(column), atol=0.005)


def test_round_trip_of_what_was_read() -> None:
    """Whatever is lost the first time, the second time nothing is."""
    first = rides.written(*rides.read(rides.written(*SESSIONS["several sports"])).sessions)
    second = rides.written(*rides.read(first).sessions)
    assert first == second


@pytest.mark.parametrize("activitytype", [1, 3, 4, 5, 7, 9, 10, 11, 13, 14, 15, 28, 101, 997])
def test_round_trip_of_sports(activitytype: int) -> None:
    found = rides.read_session(rides.written(rides.session(2, activitytype=activitytype)))
    assert found.activitytype == activitytype


def test_names_and_notes_come_back() -> None:
    """Also those that FIT has no field for; laps that only fill gaps are none of ours."""
    whole = rides.session(90)
    laps = [
        Lap(rides.START, rides.START + 30 * 256, name="Uphill"),
        Lap(rides.START + 30 * 256, rides.START + 50 * 256, is_gap=True),
        Lap(rides.START + 50 * 256, rides.START + 90 * 256, name="Über den Gipfel"),
    ]
    content = rides.written(replace(whole, laps=tuple(laps), note="Wind from the west\nand rain"))
    assert len(messages(content, "lap")) == 3
    found = rides.read_session(content)
    assert found.note == "Wind from the west\nand rain"
    assert found.laps == (laps[0], laps[2])


def test_begin_between_two_seconds() -> None:
    """FIT has whole seconds; the end stays where it was."""
    begin = rides.START + 100
    found = rides.read_session(rides.written(rides.session(60, begin, laps=2)))
    assert (found.start, found.end) == (rides.START, begin + 60 * 256)
    assert [lap.end for lap in found.laps] == [begin + 30 * 256, begin + 60 * 256]


def test_points_without_a_position_are_left_out() -> None:
    """As those beyond the poles, which nobody can be at."""
    whole = session_with({Column.HEART_RATE: [70, 71, 72, 73, 74]})
    (points,) = whole.points
    points.columns[Column.LATITUDE][1] = np.nan
    points.columns[Column.LONGITUDE][2] = np.nan
    points.columns[Column.LATITUDE][3] = 90.5
    found = rides.points_of(rides.read_session(rides.written(whole)))
    assert found.column(Column.HEART_RATE).tolist() == [70, 74]


def test_totals_beyond_any_number_are_unknown() -> None:
    whole = replace(rides.session(60), totals=Totals(distance=1e307, maximum_speed=1e306))
    found = rides.read_session(rides.written(whole))
    assert found.totals.maximum_speed is None


def test_no_position_at_all() -> None:
    """Everything but the records: the session and its laps."""
    indoors = rides.session(120, laps=2)
    (points,) = indoors.points
    rates = Points(points.times, {Column.HEART_RATE: points.column(Column.HEART_RATE)})
    for pieces in ([rates], [rates, rates], []):
        content = rides.written(replace(indoors, points=pieces))
        assert messages(content, "record") == []
        found = rides.read_session(content)
        assert (found.points, found.laps, found.totals) == ((), indoors.laps, indoors.totals)


LIMITS: dict[Column, tuple[list[float], list[float]]] = {
    Column.HEART_RATE: ([254, 255, 256, -1, 1e300], [254]),
    Column.STEP_RATE: ([508, 509, 510, 512, -2], [508, 509]),
    Column.BREATHING_RATE: ([655.34, 655.36, -0.01], [655.34]),
    Column.SPEED: ([4_294_967.294, 4_294_967.295, -1], [4_294_967.294]),
    Column.DISTANCE: ([42_949_672.94, 42_949_672.95, 1e20], [42_949_672.94]),
    Column.ALTITUDE: ([8848.8, -430.6, -501, 1e9], [8848.8, -430.6]),
    Column.TIDAL_VOLUME: ([500, 1e300, -1e300], [500]),
    Column.ENERGY: ([0, 100, np.inf, -np.inf, np.nan], [0, 100]),
}


@pytest.mark.parametrize("column", LIMITS)
def test_values_too_large_for_their_field_become_unknown(column: Column) -> None:
    """A heart rate over 255 or a cadence over 255 is written as unknown."""
    values, fitting = LIMITS[column]
    unknown = [np.nan] * (len(values) - len(fitting))
    assert column_written(column, values) == pytest.approx([*fitting, *unknown], nan_ok=True)


def test_sums_too_large_for_their_field_are_left_out() -> None:
    totals = Totals(1e12, 1e12, 300, -1, 1e9, float("nan"))
    whole = replace(rides.session(2), totals=totals, laps=(Lap(0, 2**45, totals),))
    found = rides.read_session(rides.written(whole))
    assert found.totals == Totals()


def test_date_line() -> None:
    """180 degrees east and west are the same; the largest number on the wire means unknown."""
    degrees = [180, -180, 180 - 1e-9, 180 - 1e-6, -180 + 1e-6]
    whole = session_with({Column.LONGITUDE: degrees})
    found = rides.points_of(rides.read_session(rides.written(whole))).column(Column.LONGITUDE)
    assert len(found) == len(degrees)
    assert np.abs((found - degrees + 180) % 360 - 180).max() <= NEAR


@pytest.mark.parametrize("start", [0, 256, 890_000_000 * 256, 2**41])
def test_times_that_fit_cannot_tell(start: int) -> None:
    """Before 1998 and after 2126: such points are left out, and nothing breaks."""
    content = rides.written(rides.session(10, start, laps=2))
    assert messages(content, "record") == []


@pytest.mark.parametrize(
    "name", ["", "a" * 300, "ü" * 200, "nul\0inside", "\ud800 alone", "\N{RUNNER}" * 61]
)
def test_names_of_any_kind(name: str) -> None:
    """They are cut between two letters."""
    found = rides.read_session(rides.written(replace(rides.session(2), name=name))).name
    assert found.rstrip("?\ud800 alone") == "" or name.replace("\0", " ").startswith(found)
    assert "\N{REPLACEMENT CHARACTER}" not in found


def test_steps_of_bicycles_are_not_written() -> None:
    """They would be taken for turns of pedals."""
    content = rides.written(session_with({Column.STEP_RATE: [160, 160]}, activitytype=1))
    assert [record["cadence"] for record in messages(content, "record")] == [None, None]


class Counted:
    """Points in pieces, which count how often they are read."""

    def __init__(self, pieces: list[Points]) -> None:
        self.pieces = pieces
        self.rounds = 0
        self.most_at_once = 0

    def __iter__(self) -> Iterator[Points]:
        self.rounds += 1
        yield from self.pieces


@given(st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=15, deadline=None)
def test_pieces_make_no_difference(sizes: list[int]) -> None:
    """The bytes are the same in one piece or many; points are read twice and never gathered."""
    whole = rides.session(sum(sizes), laps=3)
    (points,) = whole.points
    cuts = np.cumsum(sizes)
    parts = Counted(
        [
            Points(
                points.times[end - size : end],
                {name: values[end - size : end] for name, values in points.columns.items()},
            )
            for size, end in zip(sizes, cuts.tolist(), strict=True)
        ]
    )
    assert rides.written(replace(whole, points=parts)) == rides.written(whole)
    assert parts.rounds == 2


def test_file_comes_in_pieces() -> None:
    whole = replace(rides.session(100), points=[rides.points(50), rides.points(50)])
    pieces = list(writer.write(Activity((whole,))))
    assert len(pieces) >= 4
    assert max(map(len, pieces)) < 50 * 45


def test_same_activity_gives_the_same_bytes() -> None:
    assert rides.written(rides.session(120, laps=2)) == rides.written(rides.session(120, laps=2))


def test_chiptime_reads_the_same() -> None:
    """A second reader, by somebody else."""
    found = chiptime.parse(rides.written(rides.session(120, laps=2)))
    assert (found.ok, found.file_type, found.errors, found.warnings) == (True, "activity", [], [])
    assert found.activity is not None
    (session,) = found.activity.sessions
    assert session.start_time.timestamp() == rides.START / 256
    assert session.end_time.timestamp() == rides.START / 256 + 120
    assert [lap.start_time.timestamp() for lap in session.laps] == [
        rides.START / 256,
        rides.START / 256 + 60,
    ]
