"""What a direction of attack gives: how much was tried, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Item = TypeVar("Item")
SHOWN = 5  # findings of a direction that the table shows


@dataclass
class Outcome:
    """Tries and findings; a finding is one line that tells how to repeat it."""

    tried: int = 0
    findings: list[str] = field(default_factory=list)

    def find(self, text: str) -> None:
        """Add a finding, shortened."""
        self.findings.append(text[:300])

    @property
    def held(self) -> bool:
        return not self.findings


def format_table(rows: Iterable[tuple[str, Outcome]]) -> str:
    """Return a table of directions, tries and outcomes, with the first findings below each."""
    lines = [f"{'direction':<12} {'tried':>8}  outcome"]
    for direction, outcome in rows:
        verdict = "held" if outcome.held else f"{len(outcome.findings)} findings"
        lines.append(f"{direction:<12} {outcome.tried:>8}  {verdict}")
        lines += [f"{'':<23}{finding}" for finding in outcome.findings[:SHOWN]]
    return "\n".join(lines)


def scaled(full: int, scale: float) -> int:
    """Return how many of a full number a scale asks for, at least one."""
    return max(1, round(full * scale))


def sample_evenly(items: Sequence[Item], scale: float) -> Sequence[Item]:
    """Return a share of the items, taken at equal distances."""
    step = max(1, round(1 / scale)) if scale < 1 else 1
    return items[::step]
