"""The tables of docs/simulation.md that say between which values simulated figures are held."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

SEEDS = range(1, 6)
PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
_NUMBER = r"(-?[\d.,]+)"
_ROW = re.compile(
    rf"^\| ([^|]+) \|(?: [^|\d]+ \|)? {_NUMBER} \| {_NUMBER} \| {_NUMBER} \|", re.MULTILINE
)

Figures = dict[str, float]
Targets = dict[str, tuple[float, ...]]


def read_targets(title: str) -> Targets:
    """Return the least and greatest value of each figure below a heading, and the one shown."""
    _, _, section = PAGE.read_text("utf-8").partition(f"## {title}\n")
    section, _, _ = section.partition("\n## ")
    return {
        name: tuple(float(value.replace(",", "")) for value in values)
        for name, *values in _ROW.findall(section)
    }


def mean_over_seeds(figures: Callable[[int], Figures]) -> Figures:
    """Return each figure as a mean over the seeds."""
    every = [figures(seed) for seed in SEEDS]
    return {name: float(np.mean([one[name] for one in every])) for name in every[0]}
