"""Metrics of tracks, where people see them, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Profile, User
from apps.api import kept_pages
from apps.metrics import evaluation, subject
from apps.metrics.definitions import TRACK_METRICS
from apps.metrics.models import RangeResults
from apps.metrics.statistics_file import StatisticsFile
from apps.metrics.subject import pool
from apps.records.models import Range, Record
from apps.signals.formats.download.statistics import Window
from apps.tracks.appending import PointArrays, append_points
from apps.tracks.models import Track
from hexostore import hexotime
from tests.catalogue import load_catalogue
from tests.signals.conftest import START, client_of

SECOND, DAY = 256, 86_400
STEP = 1e-4
METRES = 6_378_137 * np.pi / 180 * STEP
"""Between two points of `walk`."""

DISTANCE, TOP_SPEED, CLIMB = 2038, 501, 9016


@pytest.fixture(autouse=True)
def catalogue(db: None) -> Iterator[None]:
    load_catalogue()
    kept_pages.forget_pages()
    yield
    kept_pages.forget_pages()


def walk(user: User, first: int, number: int, **of: Any) -> Track:
    """A track to the east on the equator with a point each second, 5 m higher each time."""
    track = Track.objects.create(user=user, **of)
    add(track, first, number)
    return track


def add(track: Track, first: int, number: int) -> None:
    seconds = np.arange(first, first + number)
    heights = 5 * np.arange(number, dtype=np.float64)
    east = STEP * seconds.astype(np.float64)
    times = START + SECOND * seconds
    append_points(track, [PointArrays(times, east, np.zeros(number), altitudes=heights)])


def period(user: User, first: int, last: int) -> Range:
    return Range.objects.create(
        user=user, start=START + first * SECOND, end=START + last * SECOND, activitytype_id=10
    )


def shown(user: User, path: str) -> dict[int, Any]:
    (found,) = client_of(user).get(f"/api/{path}").json()["objects"]
    return {each["id"]: each["value"] for each in found["metrics"]}


def distances(*subjects: subject.Subject) -> list[float]:
    """In steps between two points."""
    found = evaluation.evaluate([DISTANCE], subjects)
    return [float(each[DISTANCE] or 0) / METRES for each in found]  # type: ignore[arg-type]


def distance_of(row: Range) -> float:
    (found,) = distances(subject.of_ranges([row.pk])[row.pk])
    return found


def test_a_range_with_a_track_shows_its_metrics(athlete: User) -> None:
    run = period(athlete, 0, 20)
    assert not {*TRACK_METRICS} & {*shown(athlete, "range/")}
    track = walk(athlete, 0, 21, range=run)
    found = shown(athlete, "range/")
    assert {*TRACK_METRICS} <= {*found}
    assert found[DISTANCE] == pytest.approx(track.distance)
    assert found[TOP_SPEED] == pytest.approx(METRES)
    assert (found[CLIMB], found[9017]) == (100, 0)


def test_a_record_has_them_when_they_are_asked_for(athlete: User, record: Record) -> None:
    walk(athlete, 0, 6, record=record)
    found = shown(athlete, f"record/?include_metrics={DISTANCE},{TOP_SPEED}")
    assert found[DISTANCE] == pytest.approx(5 * METRES)


def test_a_record_that_goes_on_has_none_of_what_came_later(athlete: User) -> None:
    """A track of its own counts whole."""
    going_on = Record.objects.create(user=athlete, start=START, end=None)
    walk(athlete, 100, 6)
    asked = {"record": going_on.pk, "include_metrics": DISTANCE}
    (found,) = client_of(athlete).get("/api/report/", asked).json()["metrics"]
    assert found["value"] in (None, 0)
    walk(athlete, 0, 6, record=going_on)
    (found,) = client_of(athlete).get("/api/report/", asked).json()["metrics"]
    assert found["value"] == pytest.approx(5 * METRES)


def test_numbers_beyond_json_are_null(athlete: User) -> None:
    run = period(athlete, 0, 3)
    track = walk(athlete, 0, 4, range=run)
    track.points.filter(time=hexotime.to_datetime(START)).update(altitude=-1e308)
    track.points.filter(time=hexotime.to_datetime(START + SECOND)).update(altitude=1e308)
    kept_pages.forget_pages()
    assert shown(athlete, "range/")[CLIMB] is None


def test_the_own_track_counts_then_that_of_the_record_then_any(
    athlete: User, record: Record
) -> None:
    run = period(athlete, 0, 9)
    walk(athlete, 0, 4)
    assert distance_of(run) == pytest.approx(3)
    walk(athlete, 0, 5, record=record)
    assert distance_of(run) == pytest.approx(4)
    walk(athlete, 0, 6, range=run)
    assert distance_of(run) == pytest.approx(5)


def test_laps_add_up(athlete: User) -> None:
    run = period(athlete, 0, 20)
    walk(athlete, 0, 21, range=run)
    laps = [distance_of(period(athlete, *times)) for times in ((0, 7), (7, 13), (13, 20))]
    assert laps == pytest.approx([7, 6, 7])


def test_tracks_of_others_do_not_count(athlete: User, outsider: User) -> None:
    run = period(athlete, 0, 9)
    walk(outsider, 0, 9, range=run)
    assert distance_of(run) == 0
    assert TOP_SPEED not in shown(athlete, "range/")


def test_time_that_two_have_counts_once(athlete: User, outsider: User) -> None:
    rows = [period(athlete, 0, 10), period(athlete, 5, 15), period(outsider, 0, 10)]
    for row, first in zip(rows, (0, 5, 0), strict=True):
        walk(row.user, first, 11, range=row)
    found = subject.of_ranges([row.pk for row in rows])
    assert distances(*(found[row.pk] for row in rows)) == pytest.approx([10, 10, 10])
    assert distances(pool([found[row.pk] for row in rows[:2]])) == pytest.approx([15])
    assert distances(pool([found[row.pk] for row in rows])) == pytest.approx([25])


Change = Callable[[Range, Track], object]


def a_point_is_added(run: Range, track: Track) -> None:
    add(track, 6, 1)


def a_height_is_changed(run: Range, track: Track) -> None:
    point = track.points.latest("time")
    path = f"/api/trackpoint/{point.pk}/"
    assert client_of(run.user).patch(path, {"altitude": 99}, format="json").status_code == 202


def a_point_is_deleted(run: Range, track: Track) -> None:
    path = f"/api/trackpoint/{track.points.latest('time').pk}/"
    assert client_of(run.user).delete(path).status_code == 204


def the_track_is_deleted(run: Range, track: Track) -> None:
    assert client_of(run.user).delete(f"/api/track/{track.pk}/").status_code == 204


def the_track_leaves_the_range(run: Range, track: Track) -> None:
    walk(run.user, 0, 9)
    Track.objects.filter(pk=track.pk).update(range=None)


def another_track_comes(run: Range, track: Track) -> None:
    walk(run.user, 7, 5, range=run)


@pytest.mark.parametrize(
    "change",
    [
        a_point_is_added,
        a_height_is_changed,
        a_point_is_deleted,
        the_track_is_deleted,
        the_track_leaves_the_range,
        another_track_comes,
    ],
)
def test_nothing_old_is_answered(athlete: User, change: Change) -> None:
    run = period(athlete, 0, 20)
    track = walk(athlete, 0, 6, range=run)
    query = f"range/{run.pk}/"

    def now() -> dict[int, Any]:
        found = client_of(athlete).get(f"/api/{query}?include_metrics={DISTANCE},{CLIMB}").json()
        return {each["id"]: each["value"] for each in found["metrics"]}

    before = now()
    assert now() == before
    change(run, track)
    after = now()
    RangeResults.objects.all().delete()
    kept_pages.forget_pages()
    assert after == now() != before


def report(caller: User, **params: Any) -> Any:
    answer = client_of(caller).get("/api/report/", {"include_metrics": DISTANCE, **params})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_reports_by_day(athlete: User) -> None:
    """A way over midnight belongs to both days, without a record too."""
    night = DAY - START // SECOND % DAY
    walk(athlete, night - 10, 31)
    times = {"start": START - START % (3600 * SECOND), "end": START + 2 * DAY * SECOND}
    times["user"] = athlete.pk
    whole = report(athlete, **times)
    assert whole["metrics"][0]["value"] == pytest.approx(30 * METRES)
    days = report(athlete, group_by="day", **times)["data"]
    assert [day["metrics"][0]["value"] / METRES for day in days] == pytest.approx([10, 20])
    run = period(athlete, night - 10, night + 20)
    days = report(athlete, range=run.pk, group_by="day")["data"]
    assert [day["metrics"][0]["value"] / METRES for day in days] == pytest.approx([10, 20])


def test_a_download_tells_what_lies_in_its_window(athlete: User, record: Record) -> None:
    walk(athlete, 0, 10, record=record)
    titles = [column.title for column in StatisticsFile().columns()]

    def cell(start: int, end: int) -> tuple[float, bytes]:
        lines = StatisticsFile().lines([Window(record.pk, START + start * 256, START + end * 256)])
        return float(lines.cells()[0][titles.index("Distance")]), lines.fingerprint()

    metres, fingerprint = cell(2, 7)
    assert metres == pytest.approx(5 * METRES)
    assert cell(2, 7) == (metres, fingerprint)
    add(Track.objects.get(), 20, 1)
    assert cell(2, 7)[1] != fingerprint


@pytest.mark.parametrize("number", [1, 12])
def test_one_statement_reads_all_points(athlete: User, number: int) -> None:
    Profile.objects.create(user=athlete)
    for _ in range(number):
        period(athlete, 0, 9)

    def statements() -> int:
        RangeResults.objects.all().delete()
        kept_pages.forget_pages()
        with CaptureQueriesContext(connection) as captured:
            client_of(athlete).get(f"/api/range/?limit=20&include_metrics={DISTANCE}")
        return len(captured)

    statements()
    without = statements()
    for row in Range.objects.all():
        walk(athlete, 0, 9, range=row)
    statements()
    assert statements() == without  # points are read beside Django
