"""The figures of simulated breath and movement against the targets of docs/simulation.md."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.simulation import breathing

SEEDS = range(1, 6)
PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
NUMBER = r"(-?[\d.,]+)"
ROW = re.compile(rf"^\| ([^|]+) \| [^|\d]+ \| {NUMBER} \| {NUMBER} \| {NUMBER} \|", re.MULTILINE)

TARGETS = {
    name: tuple(float(value.replace(",", "")) for value in values)
    for name, *values in ROW.findall(PAGE.read_text("utf-8"))
}


@cache
def mean_figures() -> dict[str, float]:
    """Each figure as a mean over the seeds."""
    every = [breathing.figures(seed) for seed in SEEDS]
    return {name: float(np.mean([one[name] for one in every])) for name in every[0]}


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
