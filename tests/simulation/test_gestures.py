"""Gestures and coughs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.simulation.gestures import LONGEST, Gestures, draw_gestures
from tests.simulation.conftest import doing

SIT = {"posture": "sitting", "restless": 0.3}


def test_restless_people_move_more_and_sleepers_hardly() -> None:
    still, some, much = (
        len(draw_gestures(doing({"posture": "sitting", "restless": share}, seconds=7200)).starts)
        for share in (0.0, 0.2, 0.8)
    )
    assert still < 20 < 2 * some < much
    night = doing({"sleep": True, "posture": "supine", "restless": 1}, seconds=20_000)
    gestures = draw_gestures(night)
    asleep = night.stage[np.minimum(gestures.starts.astype(int), 19_999)] != 6
    turns = np.count_nonzero(np.diff(night.posture))
    assert asleep.sum() <= 8 * turns


def test_they_are_in_order_and_short() -> None:
    gestures = draw_gestures(doing(SIT, seconds=7200))
    assert (np.diff(gestures.starts) >= 0).all()
    assert 0 < gestures.lengths.min() <= gestures.lengths.max() <= LONGEST
    assert (gestures.jolts > 0).all()


def test_people_cough_awake_only() -> None:
    day = draw_gestures(doing(SIT, seconds=80_000))
    blows = day.starts[day.coughs]
    bouts = 1 + np.count_nonzero(np.diff(blows) > 2)
    assert 15 < bouts < 55
    assert bouts < len(blows) < 4 * bouts
    assert not draw_gestures(doing({"sleep": True, "minutes": 900}, seconds=300)).coughs.any()


def one(start: float, length: float) -> Gestures:
    return Gestures(
        starts=np.array([start]),
        lengths=np.array([length]),
        chest=np.array([8.0]),
        belly=np.array([-4.0]),
        jolts=np.array([0.3]),
        coughs=np.array([False]),
        swings=np.array([True]),
    )


def test_a_gesture_is_a_hump_where_it_happens() -> None:
    moments = np.arange(0, 10, 0.25)
    lift = one(4.0, 2.0).shift("chest", moments)
    assert lift[moments == 5.0] == pytest.approx(8)
    assert not lift[(moments <= 4) | (moments >= 6)].any()
    assert one(4.0, 2.0).shift("belly", moments).min() == pytest.approx(-4)
    assert one(4.0, 2.0).shaking(10).tolist() == pytest.approx(
        [0, 0, 0, 0.045, 0.12, 0.3, 0.12, 0.045, 0, 0]
    )
    short = replace(one(4.0, 2.0), swings=np.array([False]))
    assert short.shaking(10).tolist() == pytest.approx([0] * 5 + [0.3] + [0] * 4)
    assert not len(one(4.0, 2.0).shift("chest", np.empty(0)))


@given(st.integers(0, 2**31), st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_blocks_have_no_seams(seed: int, cut: int) -> None:
    gestures = draw_gestures(doing({**SIT, "restless": 1}, seed=seed, seconds=120))
    moments = np.arange(0, 120, 0.125)
    whole = gestures.shift("belly", moments)
    parts = [gestures.shift("belly", each) for each in (moments[: cut * 8], moments[cut * 8 :])]
    assert np.allclose(whole, np.concatenate(parts))
