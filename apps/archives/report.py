"""The report of a load: the records, and what was not loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 1_000
"""How many files and columns each list names. Of the others, only the number is told."""


@dataclass
class Loaded:
    """The result for one record: its id, whether it is `new`, the number of samples or events by
    channel, and the `changed` channels."""

    folder: str
    record: int = 0
    start: int = 0
    end: int | None = None
    new: bool = False
    channels: dict[str, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What was loaded; the `unknown` files and columns; the files left `aside`, each with its
    reason; and further remarks."""

    records: list[Loaded] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def name_unknown(self, names: Sequence[str]) -> None:
        """Add unknown files and columns, up to a number that people would still read."""
        self._add_names(self.unknown, names, f"more than {MOST} files and columns are unknown")

    def leave_aside(self, files: Sequence[str]) -> None:
        """Add known files that were not loaded, up to a number that people would still read."""
        self._add_names(self.aside, files, f"more than {MOST} files were skipped")

    def _add_names(self, named: list[str], more: Sequence[str], beyond: str) -> None:
        room = MOST - len(named)
        named += more[:room]
        if len(more) > room and beyond not in self.notes:
            self.notes.append(beyond)
