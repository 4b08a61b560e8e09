"""The tracks of the demo world are those that the API reference prints."""

from __future__ import annotations

import pytest

from apps.tracks.models import Track
from apps.tracks.totals import refresh_tracks
from tests.golden.world import demo_world

__all__ = ["demo_world"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_world")]


PRINTED = [
    (80, 656.763124754487, 58979),
    (1, 13.9953509448312, 48328),
]


@pytest.mark.parametrize(("key", "metres", "activity"), PRINTED)
def test_distances_follow_from_the_points(key: int, metres: float, activity: int) -> None:
    track = Track.objects.get(pk=key)
    assert (track.distance, track.range_id) == (metres, activity)
    ends = track.start_date, track.end_date, track.number
    refresh_tracks([key])
    track.refresh_from_db()
    assert track.distance == pytest.approx(metres, abs=1e-6)
    assert (track.start_date, track.end_date, track.number) == ends
