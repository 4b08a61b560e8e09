"""What a run has seen: counts, violations, and the lines that tell of them."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.model import Violation
from tests.chaos.traffic import SILENCE

COUNTED = ("lost", "half", "returned", "twice", "unknown")
"""Kinds of violations that the summary names even when there are none."""


@dataclass
class Report:
    """Counts of a run; `say` prints as it goes on."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    violations: list[Violation] = field(default_factory=list)
    memory: int = 0  # bytes, the most of one process
    descriptors: int = 0

    def add(self, violations: list[Violation]) -> None:
        """Keep and print violations."""
        self.violations += violations
        for violation in violations:
            say(f"  {violation.kind.upper()}: {violation.text}")

    def summary(
        self, acknowledged: int, in_doubt: int, statuses: Counter[int], restarts: list[float]
    ) -> str:
        """Return the summary in a few lines."""
        kinds = Counter(violation.kind for violation in self.violations)
        others = {kind: number for kind, number in kinds.items() if kind not in COUNTED}
        failures = {status: n for status, n in sorted(statuses.items()) if status >= 500}
        return "\n".join(
            [
                f"seed {self.seed}: {self.faults.total()} faults, {self.kills} kills",
                f"writes: {acknowledged} acknowledged, {in_doubt} in doubt, "
                + ", ".join(f"{kinds[kind]} {kind}" for kind in COUNTED),
                f"5xx: {failures or 'none'}; without an answer: {statuses[SILENCE]}",
                f"starts: {len(restarts)}, {_spread(restarts)}",
                f"most of one process: {self.memory >> 20} MB, {self.descriptors} descriptors",
                f"other violations: {others or 'none'}",
                "HELD" if not self.violations else f"BROKEN: {len(self.violations)} violations",
            ]
        )


def _spread(seconds: list[float]) -> str:
    """Return the least, the most and the median of some times."""
    times = sorted(seconds) or [0.0]
    return f"{times[0]:.1f} to {times[-1]:.1f} s, median {times[len(times) // 2]:.1f} s"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
