"""Signals that are brought to printed sums keep their shape."""

from __future__ import annotations

import numpy as np
import pytest

from apps.sandbox.printed_sums import PrintedSum


def test_the_sum_and_the_bins_are_met() -> None:
    fitted = PrintedSum(18, 1, ((4, 8, 3),)).fit_counts(np.array([9, 1, 5, 3]), {})
    assert fitted.tolist() == [8, 0, 5, 5]


def test_larger_samples_stay_larger() -> None:
    before = np.random.default_rng(3).integers(40, 180, 500)
    after = PrintedSum(50_000, 20, ((60, 99, 200), (100, 139, 280))).fit_counts(before, {})
    assert after.sum() == 50_000
    assert ((after >= 60) & (after <= 99)).sum() == 200
    assert (np.diff(after[np.argsort(before, kind="stable")]) >= -1).all()


def test_given_samples_stay() -> None:
    fitted = PrintedSum(20, 0, ((1, 9, 4),)).fit_counts(np.array([5, 6, 7, 8]), {0: 9, 2: 1})
    assert fitted[[0, 2]].tolist() == [9, 1]
    assert fitted.sum() == 20


def test_bins_for_another_number_of_samples() -> None:
    with pytest.raises(ValueError, match="4 samples for bins that hold 3"):
        PrintedSum(18, 0, ((4, 8, 3),)).fit_counts(np.array([9, 1, 5, 3]), {})


def test_a_sum_that_the_bins_cannot_hold() -> None:
    with pytest.raises(ValueError, match="add up to 99"):
        PrintedSum(99, 0, ((4, 8, 3),)).fit_counts(np.array([9, 1, 5]), {})
