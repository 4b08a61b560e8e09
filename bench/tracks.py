"""What lists of points, their writes and the way of a track cost, and how that grows.

A page of 20 of a track with 1,000,000 points against one of 10,000, after a write and again; all
points that one answer holds; a PATCH of 20 points; one more point in a track of a day; a day of
points at once, and the metrics of its range.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.data_edf import LOGIN
from bench.day import DAY, START
from bench.harness import basic, demo_store, get, show

if TYPE_CHECKING:
    from apps.tracks.models import Track

FEW, MANY = 10_000, 1_000_000
FIRST_ROUNDS, ROUNDS = 5, 20


def main() -> None:
    """Print wall times, for most of the work is the database's, and their ratios."""
    with demo_store():
        from django.core.wsgi import get_wsgi_application

        application = get_wsgi_application()
        headers = basic(*LOGIN)
        few, many, day = _new_track(FEW), _new_track(MANY), _new_track(DAY)
        _show_pages(application, headers, few, many)
        _show_whole(application, headers, many)
        _show_writes(day)
        _show_metrics(day)


def _new_track(number: int) -> Track:
    """Return a new track of the user with a point each second; print how long it takes."""
    import numpy as np

    from apps.accounts.models import User
    from apps.tracks.appending import PointArrays, append_points
    from apps.tracks.models import Track

    track = Track.objects.create(user=User.objects.get(username=LOGIN[0]))
    turns = np.cumsum(np.random.default_rng(number).standard_normal(number) * 0.05)
    north, east = np.cumsum(np.cos(turns)) * 3e-5, np.cumsum(np.sin(turns)) * 3e-5
    heights = 60 + np.cumsum(np.random.default_rng(1).standard_normal(number) * 0.1)
    began = time.perf_counter()
    ticks = START + 256 * np.arange(number)
    append_points(track, [PointArrays(ticks, 10 + east % 5, 45 + north % 5, altitudes=heights)])
    print(f"{number:,} points stored in {time.perf_counter() - began:.2f} s")
    return track


def _times(work: Callable[[], object], rounds: int, before: Callable[[], object]) -> float:
    """Milliseconds of wall time, the median; `before` each round is not counted."""
    found = []
    for _ in range(rounds):
        before()
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return median(found)


def _show_pages(application: Any, headers: dict[str, str], few: Track, many: Track) -> None:
    from django.db import connection

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tracks_trackpoint SET speed = 1 WHERE id = 1")

    asked = {"limit=20": "a page", "limit=20&order_by=-time": "the last points"}
    for query, title in asked.items():
        for name, rounds, before in (
            ("after a write", FIRST_ROUNDS, write),
            ("again", ROUNDS, lambda: None),
        ):
            found = {
                f"{size:,} points": _times(
                    partial(get, f"/api/trackpoint/?track={key}&{query}", headers, application),
                    rounds,
                    before,
                )
                for size, key in ((FEW, few.pk), (MANY, many.pk))
            }
            show(f"{title}, {name}", found, f"{FEW:,} points")


def _show_whole(application: Any, headers: dict[str, str], many: Track) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    body = get(f"/api/trackpoint/?track={many.pk}&limit=0&order_by=time", headers, application)
    spent = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    number = len(json.loads(body)["objects"])
    print(
        f"{number:,} points in one answer: {spent:.2f} s, {len(body) / 2**20:.1f} MiB, +{grown} MB"
    )


def _show_writes(day: Track) -> None:
    from rest_framework.test import APIClient

    from apps.tracks.geodesy import way_length
    from apps.tracks.reading import read_points
    from apps.tracks.totals import refresh_tracks

    client = APIClient()
    header = basic(*LOGIN)["Authorization"]
    point = {"track": f"/api/track/{day.pk}/", "position": [10, 45], "timestamp": START - 256}

    def post() -> None:
        answer = client.post("/api/trackpoint/", point, "json", HTTP_AUTHORIZATION=header)
        assert answer.status_code == 201, answer.content

    def patch() -> None:
        body = {"objects": [point] * 20}
        answer = client.patch("/api/trackpoint/", body, "json", HTTP_AUTHORIZATION=header)
        assert answer.status_code == 202, answer.content

    (points,) = read_points([(day.pk, START, START + 256 * DAY)])
    works: dict[str, Callable[[], object]] = {
        "the way through a day of points, computed": lambda: way_length(
            points.longitudes, points.latitudes
        ),
        "its track refreshed": lambda: refresh_tracks([day.pk]),
        "one more point": post,
        "20 more points": patch,
    }
    found = {name: _times(work, FIRST_ROUNDS, lambda: None) for name, work in works.items()}
    show("writes to a track of a day", found, "its track refreshed")


def _show_metrics(day: Track) -> None:
    from apps.metrics import subject
    from apps.metrics.definitions import TRACK_METRICS
    from apps.metrics.evaluation import evaluate
    from apps.records.models import Range

    row = Range.objects.create(user=day.user, start=START, end=START + 256 * DAY)

    def compute() -> None:
        evaluate(TRACK_METRICS, [subject.of_ranges([row.pk])[row.pk]])

    print(f"metrics of its range: {_times(compute, FIRST_ROUNDS, lambda: None):.1f} ms")


if __name__ == "__main__":
    main()
