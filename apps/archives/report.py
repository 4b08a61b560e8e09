"""What is told of a load: the records, and what was not taken of the download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 1_000
"""Files and columns that are named in each list; of the others only their number is told."""


@dataclass
class Loaded:
    """What became of a record: its id, whether it is `new`, the number of samples or events by
    channel, and which of the channels `changed`.
    """

    folder: str
    record: int = 0
    start: int = 0
    end: int | None = None
    new: bool = False
    channels: dict[str, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What was loaded; the files and columns that are `unknown`; the files that were left
    `aside`, each with the reason; and what else is to be said.
    """

    records: list[Loaded] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def name_unknown(self, names: Sequence[str]) -> None:
        """Add files and columns that are not known, as far as anybody would read it."""
        self._add(self.unknown, names, f"more than {MOST} files and columns are unknown")

    def leave_aside(self, files: Sequence[str]) -> None:
        """Add files that are known and not loaded, as far as anybody would read it."""
        self._add(self.aside, files, f"more than {MOST} files were skipped")

    def _add(self, named: list[str], more: Sequence[str], beyond: str) -> None:
        room = MOST - len(named)
        named += more[:room]
        if len(more) > room and beyond not in self.notes:
            self.notes.append(beyond)
