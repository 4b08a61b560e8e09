"""Which intervals count, and the channels of five minutes made of them."""

from __future__ import annotations

import numpy as np
import pytest

from apps.metrics import variability, variability_channels
from apps.metrics.variability import WINDOW
from apps.metrics.variability_channels import VARIABILITY, Events
from tests.metrics.heartbeats import alternating, waves

NOTHING = np.empty(0, np.int64), np.empty(0, np.int64)


def test_quality_decides_which_intervals_count() -> None:
    rr = np.array([100, 300, 500, 700]), np.array([0, 200, 200, 200])
    quality = np.array([100, 300, 500, 700]), np.array([0, 0, 128, 1])
    nn = np.array([500]), np.array([200])
    assert _lists(variability_channels.select_valid(rr, quality, nn)) == [[300], [200]]
    assert _lists(variability_channels.select_valid(rr, None, nn)) == [[500], [200]]


def test_an_interval_without_quality_does_not_count() -> None:
    rr = np.array([100, 300]), np.array([200, 200])
    quality = np.array([300]), np.array([0])
    assert _lists(variability_channels.select_valid(rr, quality, None)) == [[300], [200]]


def test_without_quality_and_nn_intervals_must_be_possible() -> None:
    rr = np.arange(5), np.array([0, 76, 77, 512, 513])
    assert _lists(variability_channels.select_valid(rr, None, None)) == [[2, 3], [77, 512]]


def _lists(events: Events) -> list[list[int]]:
    return [each.tolist() for each in events]


def test_channels_of_the_series_of_known_power() -> None:
    ticks = waves()
    rr = np.cumsum(ticks), ticks
    found = variability_channels.measure_windows(rr, rr, variability.full_windows(0, WINDOW))
    made = variability_channels.as_channels(found)
    assert tuple(made) == VARIABILITY
    assert {dataid: counts.tolist() for dataid, counts in made.items()} == {
        271: [round(0.99880208 * 4096)],
        272: [round(0.03547905 * 4096)],
        273: [6382],
        274: [10_000],
        275: [769],
        276: [8014],
        277: [4544],
        278: [round(0.034700396 * 4096)],
        279: [3618],
    }


@pytest.mark.parametrize(("count", "told"), [(127, 0), (128, 1)])
def test_too_few_intervals_tell_nothing_but_their_share(count: int, told: int) -> None:
    ticks = alternating(count, 300, 5)
    valid = np.cumsum(ticks), ticks
    rr = np.append(valid[0], 76_000), np.append(ticks, 400)
    found = variability_channels.measure_windows(valid, rr, np.array([0]))
    made = variability_channels.as_channels(found)
    assert made[274].tolist() == [round(10_000 * count / (count + 1))]
    others = {int(counts[0] > 0) for dataid, counts in made.items() if dataid in {271, 272, 278}}
    assert others == {told}


def test_first_intervals_are_none() -> None:
    ticks = alternating(300, 230, 5)
    valid = np.cumsum(ticks), ticks
    rr = np.insert(valid[0], 0, 1), np.insert(ticks, 0, 0)
    found = variability_channels.measure_windows(valid, rr, np.array([0]))
    assert found[0].valid == 100


def test_no_beats_give_zeros() -> None:
    found = variability_channels.measure_windows(NOTHING, NOTHING, np.array([0, WINDOW]))
    made = variability_channels.as_channels(found)
    assert {tuple(counts.tolist()) for counts in made.values()} == {(0, 0)}


def test_what_does_not_fit_stays_at_the_end() -> None:
    ticks = alternating(140, 512, 400)
    rr = np.cumsum(ticks), ticks
    found = variability_channels.measure_windows(rr, rr, np.array([0]))
    made = variability_channels.as_channels(found)
    assert found[0].high + found[0].low > 6553.5
    assert max(made[276][0], made[277][0]) == 65_535
