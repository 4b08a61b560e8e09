"""What is special about tracks and their points."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.records.models import Range
from apps.tracks.columns import EARLIEST, LATEST
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks
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


@pytest.mark.rule("T148", "T163")
@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
def test_a_name_is_cleared_by_an_empty_text_and_not_by_null(
    owner: Caller, track: Track, verb: str
) -> None:
    path, user = f"/api/track/{track.pk}/", f"/api/user/{owner.user.pk}/"
    for sent, name in (("Lake", "Lake"), (None, "Lake"), ("", "")):
        answer = owner.request(verb, path, {"name": sent, "user": user})
        assert answer.status_code in (200, 202)
        assert answer.json()["name"] == shown(owner, track)["name"] == name


@pytest.mark.rule("exchange D4", "exchange 2.2")
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


TIME_FILTERS = {
    f"timestamp__gte={TICKS}.9": 1,
    f"timestamp__gte={TICKS + 1}.1": 0,
    f"timestamp__gte={TICKS / 1e11}e11": 1,
    f"timestamp__range={TICKS - 1}.5,{TICKS}.5": 1,
    f"timestamp__gt={10**30}": 0,
    f"start={TICKS}.9&end={TICKS}.9": 1,
    f"start=-{10**30}&end={10**30}": 1,
    "time__gte=2015-05-12": 1,
    "time__gte=2015-05-13": 0,
    "time__range=2015-05-12,2015-05-13T00:00:00.5Z": 1,
    f"time__lte={START}.5": 1,
    "time__lt=2015-05-12T19:50:46.004Z": 1,
    f"time={START}.000": 1,
}


@pytest.mark.rule("exchange D4")
def test_filters_by_time(owner: Caller, track: Track) -> None:
    add(owner, point(track, 0, 0))
    for query, number in TIME_FILTERS.items():
        found = owner.get(f"/api/trackpoint/?{query}").json()
        assert found["meta"]["total_count"] == number, query


WRONG_FILTERS = {
    "start": ["soon", "nan", "1,2"],
    "end": ["soon", "1e400"],
    "timestamp__gt": ["soon", "", "inf", "none", "2015-05-12"],
    "timestamp__range": ["1", "1,2,3", "1,x", "", "none"],
    "time__gte": ["soon", "", "none", "5", "2015-02-30", "true"],
    "time__range": ["2015-05-12", "soon,2015-05-12", ""],
    "timestamp": ["5"],
    "time__year": ["2015"],
}


def test_wrong_filters_name_the_field(owner: Caller) -> None:
    for name, wrong in WRONG_FILTERS.items():
        for text in wrong:
            answer = owner.get(f"/api/trackpoint/?{name}={text}")
            assert answer.status_code == 400, (name, text)
            assert f"'{name.partition('__')[0]}'" in answer.json()["error"], (name, text)


WRONG_MEMBERS: dict[str, list[object]] = {
    "track": ["x", 10**15, [], "/api/track/0/"],
    "time": ["soon", 5, True, "", "2015-02-30", "9999-12-31T23:59:59.9999", []],
    "timestamp": ["soon", "5.5", 1e30, [], {}, LATEST + 1, EARLIEST - 1],
    "altitude": ["high", [], {}, 1e308, -1_000_001],
    "speed": ["fast", {}, 1e306],
    "course": ["north", 1e7],
    "horizontal_accuracy": ["good", 1e7],
    "vertical_accuracy": [[], -1e7],
    "range": ["x", "/api/range/0/"],
    "record": ["x", "/api/record/0/"],
    "user": ["x", "/api/user/0/"],
}


@pytest.mark.parametrize("name", WRONG_MEMBERS)
def test_wrong_members_are_named(owner: Caller, track: Track, name: str) -> None:
    (uri,) = add(owner, point(track, 0, 0))
    for sent in WRONG_MEMBERS[name]:
        body = {**point(track, 0, 0), name: sent}
        for answer in owner.post("/api/trackpoint/", body), owner.patch(uri, {name: sent}):
            assert answer.status_code == 400, sent
            shown = answer.json()["error"]
            assert f"'{name}'" in shown or f"provided {name} object" in shown, sent


def test_the_last_moments_can_be_sent(owner: Caller, track: Track) -> None:
    sent = ["0001-01-01T00:00:00", "9999-12-31T23:59:59.990000"]
    uris = add(owner, *(point(track, 0, 0, time=time) for time in sent))
    for uri, time in zip(uris, sent, strict=True):
        owner.patch(uri, {"time": time})
        assert owner.get(uri).json()["time"][:21] == time[:21]


def test_huge_numbers_are_short(owner: Caller, track: Track) -> None:
    """Such as those of a store that was begun before there was a limit."""
    (uri,) = add(owner, point(track, 0, 0))
    TrackPoint.objects.update(altitude=1e300, speed=2.0**52)
    answer = owner.get(uri)
    assert b'"altitude": 1e+300' in answer.content or b'"altitude":1e300' in answer.content
    assert answer.json()["speed"] == 2**52


def test_the_range_of_the_track_is_a_filter(owner: Caller, track: Track) -> None:
    """`range` is a lookup too, which takes two values."""
    Track.objects.update(range=Range.objects.create(user=owner.user, start=TICKS))
    track.refresh_from_db()
    add(owner, point(track, 0, 0))
    for query, number in {
        f"track__range__exact={track.range_id}": 1,
        f"track__range__exact=/api/range/{track.range_id}/": 1,
        f"track__range__lte={track.range_id}": 1,
        f"track__range__in={track.range_id},0": 1,
        "track__range__exact=0": 0,
        f"track__range={track.pk},{track.pk}": 1,
        f"track__range={track.pk + 1},{track.pk + 2}": 0,
    }.items():
        found = owner.get(f"/api/trackpoint/?{query}").json()
        assert found["meta"]["total_count"] == number, query


@pytest.mark.rule("exchange D1", "exchange 2.1")
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


@pytest.mark.rule("exchange 2.2", "exchange D2")
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


@pytest.mark.rule("exchange D2", "T203")
def test_meta_tells_the_ten_latest_tracks(owner: Caller) -> None:
    tracks = [Track.objects.create(user=owner.user) for _ in range(12)]
    add(owner, *(point(track, n, 0) for n, track in enumerate(tracks)))
    meta = owner.get("/api/trackpoint/").json()["meta"]
    assert list(meta["distance"]) == sorted(f"/api/track/{each.pk}/" for each in tracks[2:])
    assert meta["total_tracks"] == 12


POSITIONS = [
    ([-73.5, 45.5], [-73.5, 45.5]),
    ([-73.5, 45.5, 12], [-73.5, 45.5]),
    ({"type": "Point", "coordinates": [180, -90]}, [180, -90]),
]
WRONG = [[], [1], [1, 91], [-181, 0], ["1", "2"], [True, 0], {"type": "Line"}, "1,2", 5, [[1, 2]]]


@pytest.mark.rule("exchange D5")
@pytest.mark.parametrize(("sent", "kept"), POSITIONS)
def test_positions(owner: Caller, track: Track, sent: object, kept: list[float]) -> None:
    (uri,) = add(owner, point(track, 0, 0, position=sent))
    assert owner.get(uri).json()["position"] == kept


@pytest.mark.rule("exchange D5")
@pytest.mark.parametrize("sent", WRONG)
def test_wrong_positions(owner: Caller, track: Track, sent: object) -> None:
    answer = owner.post("/api/trackpoint/", point(track, 0, 0, position=sent))
    assert answer.status_code == 400
    assert "'position'" in answer.json()["error"]


RING = [[0, 0], [0, 1], [1, 1], [0, 0]]


@pytest.mark.rule("exchange D5")
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


@pytest.mark.rule("exchange D3")
def test_an_hour_comes_in_one_page(owner: Caller, track: Track) -> None:
    TrackPoint.objects.bulk_create(
        TrackPoint(track=track, user=owner.user, longitude=0, latitude=0) for _ in range(3600)
    )
    refresh_tracks([track.pk])
    found = owner.get(f"/api/trackpoint/?track={track.pk}&limit=0").json()
    assert (len(found["objects"]), found["meta"]["limit"]) == (3600, 65_535)


def test_the_number_of_points_is_kept(cast: Cast, track: Track) -> None:
    """Those of one track and of all are not counted each time; the number is the same."""
    other = Track.objects.create(user=cast.owner.user)
    first, *_ = add(cast.owner, *(point(track, n, n) for n in range(5)), point(other, 0, 0))

    def totals(who: Caller) -> list[int]:
        queries = f"track={track.pk}", f"track={other.pk}", "", f"track__in={track.pk},{other.pk}"
        pages = [who.get(f"/api/trackpoint/?limit=1&{query}").json() for query in queries]
        return [page["meta"]["total_count"] for page in pages]

    assert totals(cast.owner) == totals(cast.staff) == [5, 1, 6, 6]
    assert totals(cast.outsider) == [0, 0, 0, 0]
    assert cast.owner.delete(first).status_code == 204
    assert totals(cast.owner) == [4, 1, 5, 5]
    cast.owner.patch("/api/trackpoint/", {"objects": [point(track, 9, 9), point(other, 1, 1)]})
    assert totals(cast.owner) == [5, 2, 7, 7]
    cast.owner.delete(f"/api/track/{other.pk}/")
    assert totals(cast.owner) == [5, 0, 5, 5]
    page = cast.owner.get(f"/api/trackpoint/?track={track.pk}&timestamp__gt={TICKS + 2 * SECOND}")
    assert page.json()["meta"]["total_count"] == 3
    assert cast.owner.get(f"/api/trackpoint/?track={'9' * 30}").json()["meta"]["total_count"] == 0


def test_the_number_of_points_does_not_scan(owner: Caller, track: Track) -> None:
    add(owner, point(track, 0, 0))
    with CaptureQueriesContext(connection) as captured:
        owner.get(f"/api/trackpoint/?track={track.pk}&limit=1")
    assert "count(*)" not in next(each["sql"] for each in captured if "total_rows" in each["sql"])
