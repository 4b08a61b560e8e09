"""Figures of agreement, against values worked out by hand and by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.simulation.scoring.figures import (
    ConfusionTable,
    DetectionCounts,
    agreement_of,
    confuse,
    spread_of,
)

counts = st.builds(
    lambda hits, missed, extra: DetectionCounts(hits + missed, hits + extra, hits),
    *[st.integers(0, 1000)] * 3,
)


def test_detection() -> None:
    found = DetectionCounts(true=10, found=8, hits=6)
    assert (found.missed, found.extra) == (4, 2)
    assert found.sensitivity == 0.6
    assert found.predictivity == 0.75
    assert found.f1 == pytest.approx(2 / (1 / 0.6 + 1 / 0.75))


def test_detection_of_nothing() -> None:
    nothing = DetectionCounts()
    assert (nothing.sensitivity, nothing.predictivity, nothing.f1) == (None, None, None)
    missed = DetectionCounts(true=3)
    assert (missed.sensitivity, missed.predictivity, missed.f1) == (0, None, 0)


@given(counts, counts)
def test_gross_figures_lie_between_those_of_the_records(
    one: DetectionCounts, other: DetectionCounts
) -> None:
    both = one + other
    assert both.missed == one.missed + other.missed
    assert both.extra == one.extra + other.extra
    shares = [each.sensitivity for each in (one, other) if each.sensitivity is not None]
    if both.sensitivity is not None:
        assert min(shares) - 1e-12 <= both.sensitivity <= max(shares) + 1e-12


def test_spread() -> None:
    seen = spread_of(np.arange(101.0))
    assert seen is not None
    assert (seen.count, seen.mean) == (101, 50)
    assert seen.sd == pytest.approx(29.3002, abs=1e-4)
    assert seen.percentiles == {2.5: 2.5, 25: 25, 50: 50, 75: 75, 97.5: 97.5}
    single = spread_of(np.array([3.0]))
    assert single is not None
    assert (single.mean, single.sd) == (3, None)
    assert spread_of(np.array([])) is None


def test_agreement() -> None:
    """Differences of 1, 2 and 3 have the mean 2 and the standard deviation 1."""
    agreed = agreement_of(np.array([10.0, 20, 30]), np.array([11.0, 22, 33]))
    assert agreed is not None
    assert (agreed.count, agreed.bias, agreed.sd) == (3, 2, 1)
    assert (agreed.lower, agreed.upper) == pytest.approx((0.04, 3.96))
    alone = agreement_of(np.array([10.0]), np.array([9.0]))
    assert alone is not None
    assert (alone.bias, alone.sd, alone.lower) == (-1, None, None)
    assert agreement_of(np.array([]), np.array([])) is None


def table(*rows: list[int]) -> ConfusionTable:
    return ConfusionTable(("wake", "sleep"), np.array(rows))


def test_kappa_by_hand() -> None:
    """Cohen's example of two readers: 20 and 15 of 50 agree, so 0.70 observed, 0.50 expected."""
    both = table([20, 5], [10, 15])
    assert both.accuracy == 0.7
    assert both.kappa == pytest.approx(0.4)
    assert both.counts_of("wake") == DetectionCounts(true=25, found=30, hits=20)


@pytest.mark.parametrize(
    ("rows", "kappa"),
    [
        ([[5, 0], [0, 5]], 1),
        ([[0, 5], [5, 0]], -1),
        ([[4, 4], [1, 1]], 0),
        ([[9, 0], [0, 0]], None),
    ],
)
def test_kappa_at_its_ends(rows: list[list[int]], kappa: float | None) -> None:
    assert table(*rows).kappa == (None if kappa is None else pytest.approx(kappa))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_confusion_counts_every_label_once(pairs: list[tuple[int, int]]) -> None:
    true, found = np.array(pairs, np.int64).T
    made = confuse(("a", "b", "c"), true, found)
    assert made.total == len(pairs)
    assert made.counts.sum(axis=1).tolist() == [int((true == n).sum()) for n in range(3)]
    turned = confuse(("a", "b", "c"), found, true)
    assert np.array_equal(turned.counts, made.counts.T)
    assert (made.kappa is None) == (turned.kappa is None)
    if made.kappa is not None:
        assert turned.kappa == pytest.approx(made.kappa)
        assert -1 <= made.kappa <= 1 + 1e-12


def test_tables_of_other_labels_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="wake, sleep and N, V"):
        table([1, 0], [0, 1]) + ConfusionTable(("N", "V"), np.zeros((2, 2), np.int64))
