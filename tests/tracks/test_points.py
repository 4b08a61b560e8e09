"""What is special about tracks and their points."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.records.models import Range
from apps.tracks.models import Track, TrackPoint
from tests.people import Caller, Cast
from tests.races import locked, meet

START = "2015-05-12T19:50:46"
TICKS = 366_453_822_976
"""The same moment, as the API reference has it."""

SECOND = 256


@pytest.fixture
def track(owner: Caller) -> Track:
    return Track.objects.create(user=owner.user)


def point(track: Track, second: int, longitude: float, **more: Any) -> dict[str, Any]:
    """The body of a point on the equator."""
    return {
        "track": f"/api/track/{track.pk}/",
        "position": [longitude, 0],
        "timestamp": TICKS + second * SECOND,
        **more,
    }


def shown(who: Caller, track: Track) -> dict[str, Any]:
    found: dict[str, Any] = who.get(f"/api/track/{track.pk}/").json()
    return found


def add(who: Caller, *bodies: dict[str, Any]) -> list[str]:
    """The URIs of new points."""
    answer = who.patch("/api/trackpoint/", {"objects": bodies})
    assert answer.status_code == 202, answer.content
    return [made["resource_uri"] for made in answer.json()["objects"]]


SECOND_OF_ARC = 1 / 3600
METRES = 30.922


def test_the_documented_times_are_equal(owner: Caller, track: Track) -> None:
    (uri,) = add(owner, point(track, 0, 0))
    assert owner.get(uri).json()["time"] == START
    for query in (
        f"time={START}",
        f"time={START}Z",
        "time=2015-05-12T21:50:46%2B02:00",
        f"time__range={START},{START}",
        f"timestamp__gte={TICKS}&timestamp__lte={TICKS}",
        f"start={TICKS}&end={TICKS}",
    ):
        assert owner.get(f"/api/trackpoint/?{query}").json()["meta"]["total_count"] == 1, query
    for query in (
        f"time__gt={START}",
        f"timestamp__gt={TICKS}",
        f"start={TICKS + 1}",
        f"end={TICKS - 1}",
    ):
        assert owner.get(f"/api/trackpoint/?{query}").json()["meta"]["total_count"] == 0, query
    for query in ("time=soon", "timestamp__gt=soon", "start=soon", "timestamp=5"):
        assert owner.get(f"/api/trackpoint/?{query}").status_code == 400, query


def test_every_write_keeps_the_track_true(owner: Caller, track: Track) -> None:
    assert shown(owner, track)["distance"] == 0
    _, second, third = add(owner, *(point(track, n, n * SECOND_OF_ARC) for n in range(3)))
    found = shown(owner, track)
    assert found["distance"] == pytest.approx(2 * METRES, abs=0.01)
    assert found["start_date"].startswith("2015-05-12T19:50:46")
    assert found["end_date"].startswith("2015-05-12T19:50:48")
    owner.patch(second, {"timestamp": TICKS + 9 * SECOND})
    assert shown(owner, track)["distance"] == pytest.approx(3 * METRES, abs=0.01)
    assert shown(owner, track)["end_date"].startswith("2015-05-12T19:50:55")
    owner.put(third, point(track, 2, 0))
    assert shown(owner, track)["distance"] == pytest.approx(METRES, abs=0.01)
    owner.delete(second)
    assert shown(owner, track)["distance"] == 0
    owner.patch("/api/trackpoint/", {"objects": [], "deleted_objects": [third]})
    assert shown(owner, track)["end_date"] == shown(owner, track)["start_date"]


def test_both_tracks_of_a_moved_point_are_true(owner: Caller, track: Track) -> None:
    other = Track.objects.create(user=owner.user)
    _, moved = add(owner, *(point(track, n, n * SECOND_OF_ARC) for n in range(2)))
    add(owner, point(other, 5, 0))
    owner.patch(moved, {"track": f"/api/track/{other.pk}/"})
    assert shown(owner, track)["distance"] == 0
    assert shown(owner, other)["distance"] == pytest.approx(METRES, abs=0.01)


def test_a_bulk_write_measures_once(owner: Caller, track: Track) -> None:
    with CaptureQueriesContext(connection) as captured:
        add(owner, *(point(track, n, n * SECOND_OF_ARC) for n in range(20)))
    measured = [each for each in captured if each["sql"].startswith('UPDATE "tracks_track" ')]
    assert len(measured) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_the_later_sees_the_points_of_both(owner: Caller) -> None:
    track = Track.objects.create(user=owner.user)
    bodies = [point(track, n, n * SECOND_OF_ARC) for n in range(2)]
    sends = [partial(owner.post, "/api/trackpoint/", body) for body in bodies]
    answers = meet(*sends, at=partial(locked, track))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert shown(owner, track)["distance"] == pytest.approx(METRES, abs=0.01)


def test_meta_tells_distances(owner: Caller, track: Track) -> None:
    add(owner, *(point(track, n, n * SECOND_OF_ARC) for n in range(2)))
    meta = owner.get(f"/api/v1/trackpoint/?track={track.pk}&limit=1").json()["meta"]
    assert meta["distance"] == {f"/api/v1/track/{track.pk}/": shown(owner, track)["distance"]}
    assert (meta["total_tracks"], meta["total_count"]) == (1, 2)
    meta = owner.get("/api/trackpoint/?track=0").json()["meta"]
    assert (meta["distance"], meta["total_tracks"]) == ({}, 0)
    old = owner.sending("X-HexoAPIVersion", "2.0.x").get("/api/trackpoint/").json()["meta"]
    assert "distance" not in old
    assert "total_tracks" not in old


def test_meta_tells_the_ten_latest_tracks(owner: Caller) -> None:
    tracks = [Track.objects.create(user=owner.user) for _ in range(12)]
    add(owner, *(point(track, n, 0) for n, track in enumerate(tracks)))
    meta = owner.get("/api/trackpoint/").json()["meta"]
    assert list(meta["distance"]) == [f"/api/track/{each.pk}/" for each in tracks[:1:-1]]
    assert meta["total_tracks"] == 12


POSITIONS = [
    ([-73.5, 45.5], [-73.5, 45.5]),
    ([-73.5, 45.5, 12], [-73.5, 45.5]),
    ({"type": "Point", "coordinates": [180, -90]}, [180, -90]),
]
WRONG = [[], [1], [1, 91], [-181, 0], ["1", "2"], [True, 0], {"type": "Line"}, "1,2", 5, [[1, 2]]]


@pytest.mark.parametrize(("sent", "kept"), POSITIONS)
def test_positions(owner: Caller, track: Track, sent: object, kept: list[float]) -> None:
    (uri,) = add(owner, point(track, 0, 0, position=sent))
    assert owner.get(uri).json()["position"] == kept


@pytest.mark.parametrize("sent", WRONG)
def test_wrong_positions(owner: Caller, track: Track, sent: object) -> None:
    answer = owner.post("/api/trackpoint/", point(track, 0, 0, position=sent))
    assert answer.status_code == 400
    assert "'position'" in answer.json()["error"]


RING = [[0, 0], [0, 1], [1, 1], [0, 0]]


def test_areas(owner: Caller, track: Track) -> None:
    path = f"/api/track/{track.pk}/"
    for sent in ([RING], {"type": "Polygon", "coordinates": [RING]}):
        assert owner.patch(path, {"area": sent}).json()["area"] == [RING]
    for wrong in (5, "x", [5], [RING[:3]], [[*RING[:3], [9, 9]]], {"type": "Point"}, [[["a"]] * 4]):
        answer = owner.patch(path, {"area": wrong})
        assert answer.status_code == 400, wrong
        assert "'area'" in answer.json()["error"]


def test_an_outsider_sees_and_writes_nothing(cast: Cast, track: Track) -> None:
    (uri,) = add(cast.owner, point(track, 0, 0))
    who = cast.outsider
    for path in (uri, f"/api/track/{track.pk}/"):
        assert who.get(path).status_code == who.delete(path).status_code == 404
    meta = who.get("/api/trackpoint/").json()["meta"]
    assert (meta["total_count"], meta["distance"], meta["total_tracks"]) == (0, {}, 0)
    assert who.post("/api/trackpoint/", point(track, 1, 1)).status_code == 400
    assert cast.friend.post("/api/trackpoint/", point(track, 1, 1)).status_code == 403
    assert cast.coach.post("/api/trackpoint/", point(track, 1, 1)).status_code == 201


def test_points_go_with_their_track_to_another_user(cast: Cast, track: Track) -> None:
    add(cast.owner, point(track, 0, 0))
    answer = cast.staff.patch(
        f"/api/track/{track.pk}/", {"user": f"/api/user/{cast.friend.user.pk}/"}
    )
    assert answer.status_code == 202
    assert TrackPoint.objects.get().user_id == cast.friend.user.pk


def test_what_the_owner_has_goes_with_the_range(cast: Cast) -> None:
    activity = Range.objects.create(user=cast.owner.user, start=TICKS)
    own = Track.objects.create(user=cast.owner.user, range=activity)
    other = Track.objects.create(user=cast.friend.user, range=activity)
    add(cast.owner, point(own, 0, 0))
    assert cast.owner.delete(f"/api/range/{activity.pk}/").status_code == 204
    left = Track.objects.get()
    assert (left.pk, left.range_id) == (other.pk, None)
    assert TrackPoint.objects.count() == 0


def test_the_requests_of_clients(owner: Caller) -> None:
    """HxApi2_0 reads all points of the first track of a range, and does not page; tapiriik only
    wants to know whether there is a track."""
    activity = Range.objects.create(user=owner.user, start=TICKS)
    track = Track.objects.create(user=owner.user, range=activity)
    add(owner, *(point(track, -n, n / 1e5, altitude=40) for n in range(3)))
    query = f"user={owner.user.pk}&range__in={activity.pk}"
    found = owner.get(f"/api/track/?{query}").json()["objects"][0]
    query = f"track={found['id']}&limit=0&order_by=time"
    points = owner.get(f"/api/trackpoint/?{query}").json()["objects"]
    assert [each["position"][0] for each in points] == [2 / 1e5, 1 / 1e5, 0]
    assert {"time", "altitude", "position", "horizontal_accuracy"} <= set(points[0])
    assert owner.get(f"/api/track/?range={activity.pk}").json()["objects"] != []
    assert owner.get(f"/api/track/?range={activity.pk + 1}").json()["objects"] == []


def test_an_hour_comes_in_one_page(owner: Caller, track: Track) -> None:
    TrackPoint.objects.bulk_create(
        TrackPoint(track=track, user=owner.user, longitude=0, latitude=0) for _ in range(3600)
    )
    found = owner.get(f"/api/trackpoint/?track={track.pk}&limit=0").json()
    assert (len(found["objects"]), found["meta"]["limit"]) == (3600, 65_535)
