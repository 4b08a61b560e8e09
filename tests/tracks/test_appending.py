"""Many points at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tracks.appending import COPIED, PointArrays, append_points
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks
from tests.people import Caller

TICKS = 366_453_822_976
COLUMNS = {
    "altitudes": "altitude",
    "courses": "course",
    "speeds": "speed",
    "horizontal_accuracies": "horizontal_accuracy",
    "vertical_accuracies": "vertical_accuracy",
}


@pytest.fixture
def track(owner: Caller) -> Track:
    return Track.objects.create(user=owner.user)


def line(number: int, first: int = 0, **more: Any) -> PointArrays:
    """Points to the east on the equator, one a second."""
    seconds = np.arange(first, first + number)
    return PointArrays(TICKS + 256 * seconds, seconds / 36_000, np.zeros(number), **more)


def test_points_are_kept_as_they_are(track: Track) -> None:
    nothing = np.nan
    given = {
        name: np.array([number + 0.1, nothing, 3]) for number, name in enumerate(COLUMNS, start=1)
    }
    given["speeds"] = np.array([nothing, 2, nothing])
    times = np.array([TICKS, TICKS + 1, -5])
    places = np.array([-180, 0.125, 180]), np.array([90, -0.25, -90])
    append_points(track, [PointArrays(times, *places, **given)])
    shown = TrackPoint.objects.order_by("pk")
    assert [*shown.values_list("longitude", "latitude")] == [(-180, 90), (0.125, -0.25), (180, -90)]
    for name, column in COLUMNS.items():
        expected = [None if np.isnan(each) else each for each in given[name]]
        assert [*shown.values_list(column, flat=True)] == expected, name
    assert {*shown.values_list("track_id", "user_id")} == {(track.pk, track.user_id)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT time FROM tracks_trackpoint ORDER BY id")
        assert [time for (time,) in cursor.fetchall()] == times.tolist()


def test_columns_may_be_missing(track: Track) -> None:
    append_points(track, [line(2, altitudes=np.array([5.0, np.nan]))])
    found = TrackPoint.objects.order_by("pk").values_list("altitude", *list(COLUMNS.values())[1:])
    assert [*found] == [(5, None, None, None, None), (None, None, None, None, None)]


def test_the_track_is_true_afterwards(track: Track) -> None:
    append_points(track, [line(3), line(2, first=3)])
    assert track.distance == pytest.approx(4 * 3.0922, abs=0.001)
    assert track.start_date is not None
    assert track.end_date is not None
    assert (track.end_date - track.start_date).total_seconds() == 4
    append_points(track, [line(1, first=9)])
    kept = Track.objects.get()
    assert (kept.distance, kept.end_date) == (track.distance, track.end_date)
    assert kept.distance == pytest.approx(9 * 3.0922, abs=0.001)


def test_nothing_leaves_everything(track: Track) -> None:
    append_points(track, [])
    append_points(track, [line(0)])
    assert (track.distance, track.start_date, TrackPoint.objects.count()) == (0, None, 0)


def test_the_number_of_statements_does_not_grow(track: Track) -> None:
    numbers = []
    for pieces in (1, 50):
        with CaptureQueriesContext(connection) as captured:
            append_points(track, (line(5) for _ in range(pieces)))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_more_than_is_packed_at_a_time(track: Track) -> None:
    number = COPIED + 3
    altitudes = np.where(np.arange(number) % 7, np.arange(number), np.nan)
    append_points(track, [line(number, altitudes=altitudes)])
    found = TrackPoint.objects.order_by("time").values_list("altitude", flat=True)
    assert [*found] == [None if np.isnan(each) else each for each in altitudes]


def test_it_is_all_or_nothing(track: Track) -> None:
    def broken() -> Iterator[PointArrays]:
        yield line(20_000)
        raise KeyError("the file is damaged")

    with pytest.raises(KeyError, match="damaged"):
        append_points(track, broken())
    assert TrackPoint.objects.count() == 0
    append_points(track, [line(2)])
    assert TrackPoint.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"longitudes": np.array([181.0])},
        {"longitudes": np.array([np.nan])},
        {"latitudes": np.array([-90.5])},
        {"latitudes": np.array([np.inf])},
        {"times": np.array([2**62])},
        {"speeds": np.array([np.inf])},
        {"speeds": np.zeros(2)},
        {"altitudes": np.zeros(0)},
    ],
)
def test_what_no_point_can_have(wrong: dict[str, Any]) -> None:
    right = {"times": np.array([TICKS]), "longitudes": np.zeros(1), "latitudes": np.zeros(1)}
    PointArrays(**right)
    with pytest.raises(ValueError, match=r"point"):
        PointArrays(**{**right, **wrong})


def test_points_without_a_time_have_no_part_in_the_way(track: Track) -> None:
    append_points(track, [line(2)])
    TrackPoint.objects.create(track=track, user=track.user, longitude=9, latitude=9)
    before = track.distance
    refresh_tracks([track.pk])
    track.refresh_from_db()
    assert track.distance == before > 0
