"""Tracks drawn without a map, and histograms."""

from __future__ import annotations

import re

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.console.explore.channels import find_channels
from apps.console.explore.histograms import FRAME, draw_histogram
from apps.console.explore.ways import PLAN, draw_way
from apps.console.explore.windows import SeenTime
from apps.records.models import Record
from apps.signals.storage import store
from apps.simulation.recording import store_track
from tests.catalogue import load_catalogue
from tests.signals.conftest import HR, START, new_record

pytestmark = pytest.mark.django_db
METRE = 1 / 111_195


def track(record: Record, north: list[float], east: list[float]) -> None:
    """A track near the equator, in metres from its first point, that climbs a metre a second."""
    store_track(
        record,
        {
            "latitude": [metres * METRE for metres in north],
            "longitude": [metres * METRE for metres in east],
            "altitude": list(range(len(north))),
            "speed": [1.0] * len(north),
        },
    )


def test_a_way_keeps_its_shape(record: Record) -> None:
    track(record, [0, 300, 300], [0, 0, 400])
    way = draw_way(record.pk)
    assert way is not None
    assert way.length == pytest.approx(700, rel=1e-3)
    (x0, y0), (x1, y1), (x2, y2) = (
        tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", way.plan)
    )
    assert x0 == x1 and y1 == y2  # noqa: PT018
    assert (x2 - x1) / (y0 - y1) == pytest.approx(4 / 3, rel=1e-2)
    assert max(x0, x2) <= PLAN.width
    assert way.scale[1] / way.scale[0] == pytest.approx((x2 - x1) / 400, rel=1e-2)
    assert (way.lowest, way.highest) == (0, 2)


def test_standing_still_is_no_way_but_a_point(record: Record) -> None:
    track(record, [5, 5], [5, 5])
    way = draw_way(record.pk)
    assert way is not None
    assert way.length == 0


def test_without_a_track_there_is_none(record: Record) -> None:
    assert draw_way(record.pk) is None


def window(seconds: float) -> SeenTime:
    return SeenTime(START, START + round(seconds * 256) + 1, 100)


def test_bars_count_every_value(athlete: User, datatypes: dict[int, Datatype]) -> None:
    made = new_record(athlete, id=70, seconds=200)
    counts = np.random.default_rng(1).integers(40, 180, 200)
    store.write_channel(made, datatypes[HR], counts)
    (channel,) = find_channels(made.pk)
    drawn = draw_histogram(channel, window(200))
    assert drawn is not None
    assert sum(bar.number for bar in drawn.bars) == drawn.number == 200
    assert (drawn.least, drawn.greatest) == (counts.min(), counts.max())
    assert drawn.mean == pytest.approx(counts.mean())
    assert max(bar.height for bar in drawn.bars) == FRAME.height
    part = draw_histogram(channel, window(50))
    assert part is not None
    assert part.mean == pytest.approx(counts[:50].mean())


def test_events_of_the_window_only(record: Record) -> None:
    (channel,) = (each for each in find_channels(record.pk) if not each.step)
    drawn = draw_histogram(channel, window(4))
    assert drawn is not None
    assert drawn.number == 6  # beats every 200 ticks, from 0 to 1000
    assert drawn.greatest == 200 / 256


def test_nothing_has_no_bars(record: Record) -> None:
    load_catalogue("datatype")
    channel = find_channels(record.pk)[0]
    assert draw_histogram(channel, SeenTime(0, 1, 10)) is None
