"""The figures of simulated breath and movement against the targets of docs/simulation.md."""

from __future__ import annotations

from functools import cache

import pytest

from tests.simulation import breathing
from tests.simulation.targets import mean_over_seeds, read_targets

TARGETS = read_targets("What a sleep technician measures")


@cache
def mean_figures() -> dict[str, float]:
    """Each figure as a mean over the seeds."""
    return mean_over_seeds(breathing.figures)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_breath_and_movement_are_as_usual(name: str) -> None:
    low, high, _ = TARGETS[name]
    assert low <= mean_figures()[name] <= high


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_the_page_shows_what_is_simulated(name: str) -> None:
    *_, shown = TARGETS[name]
    assert shown == pytest.approx(mean_figures()[name], rel=0.06, abs=0.06)


@pytest.mark.slow
def test_every_figure_has_a_target() -> None:
    assert set(TARGETS) == set(mean_figures())
