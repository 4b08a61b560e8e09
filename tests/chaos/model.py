"""What the store has acknowledged, and what it therefore has to show.

A cell is a member of a row, by the row's URI. The member "" is the row itself: True while it
is there. What one request asks for is a change of some cells, of which all or none may be seen.
A request whose answer never came is in doubt until the store has been looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

EXISTS = ""
Cell = tuple[str, str]
Members = dict[str, Any]
Observed = dict[str, Members]
"""The rows that the store shows, by URI."""


@dataclass(frozen=True)
class Change:
    """What one request does to cells: their values before and after it."""

    before: Mapping[Cell, Any]
    after: Mapping[Cell, Any]


@dataclass(frozen=True)
class Birth:
    """A row that a request asked for, whose URI is not known: it is found by its mark."""

    resource: str
    mark: str  # the member that nobody else has in common with it
    members: Mapping[str, Any]
    acknowledged: bool = False

    def is_born_as(self, uri: str, members: Mapping[str, Any]) -> bool:
        """Return whether an observed row is the one that was asked for, complete or not."""
        return f"/{self.resource}/" in uri and members.get(self.mark) == self.members[self.mark]


@dataclass(frozen=True)
class Violation:
    """Something that must never be seen: its kind (`lost`, `half` …) and the case in words."""

    kind: str
    text: str


@dataclass
class Model:
    """The cells as acknowledged, and what is in doubt. Threads may share it."""

    cells: dict[Cell, Any] = field(default_factory=dict)
    doubts: list[Change] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def adopt(self, observed: Observed) -> None:
        """Take what the store shows as the truth from which to go on."""
        self.cells = {}
        for uri, members in observed.items():
            self.cells.update(row_cells(uri, members))

    def change(self, after: Mapping[Cell, Any]) -> Change:
        """Return the change from what is acknowledged to `after`."""
        with self._lock:
            return Change({cell: self.cells.get(cell) for cell in after}, after)

    def acknowledge(self, change: Change) -> None:
        """Remember a change that the store said it has made."""
        with self._lock:
            self.counts["acknowledged"] += 1
            self.cells.update(change.after)

    def doubt(self, change: Change) -> None:
        """Remember a change of which nobody knows whether it was made."""
        with self._lock:
            self.counts["in doubt"] += 1
            self.doubts.append(change)

    def expect(self, birth: Birth) -> None:
        """Remember a row that was asked for without learning its URI."""
        with self._lock:
            self.counts["acknowledged" if birth.acknowledged else "in doubt"] += 1
            self.births.append(birth)

    def in_doubt(self, uri: str) -> bool:
        """Return whether a change of the row waits for a look at the store."""
        with self._lock:
            return any(uri == cell[0] for doubt in self.doubts for cell in doubt.after)

    def rows(self, resource: str) -> dict[str, Members]:
        """Return the acknowledged rows of a resource by URI."""
        found: dict[str, Members] = {}
        with self._lock:
            for (uri, member), value in self.cells.items():
                if f"/{resource}/" in uri:
                    found.setdefault(uri, {})[member] = value
        return {uri: members for uri, members in found.items() if members[EXISTS]}

    def judge(self, observed: Observed) -> list[Violation]:
        """Return what is wrong with what the store shows, then take it as the new truth.

        Nobody may write meanwhile, and nothing may still be on its way.
        """
        violations = [*self._settle_births(observed), *self._settle_doubts(observed)]
        expected = {cell[0] for cell in self.cells}
        for uri in expected:
            violations += self._judge_row(uri, observed.get(uri))
        for uri in observed.keys() - expected:
            violations.append(Violation("unknown", f"{uri} is there and nobody asked for it"))
        self.adopt(observed)
        return violations

    def _settle_births(self, observed: Observed) -> list[Violation]:
        violations: list[Violation] = []
        for birth in self.births:
            found = [item for item in observed.items() if birth.is_born_as(*item)]
            if len(found) > 1:
                violations.append(
                    Violation("twice", f"{birth.members} is there {len(found)} times")
                )
            if birth.acknowledged and not found:
                violations.append(Violation("lost", f"{birth.resource} {birth.members} is gone"))
            for uri, members in found:
                wrong = _differing(birth.members, members)
                if wrong:
                    violations.append(Violation("half", f"new {uri} lacks {wrong}"))
                self.cells.update(row_cells(uri, members))
        self.births = []
        return violations

    def _settle_doubts(self, observed: Observed) -> list[Violation]:
        violations: list[Violation] = []
        for doubt in self.doubts:
            seen = {cell: _value(observed, cell) for cell in _telling_cells(doubt, observed)}
            made = [cell for cell, value in seen.items() if value == doubt.after[cell]]
            if len(made) == len(seen):
                self.cells.update(seen)
            elif made:  # where nothing of it was made, the rows are judged as they were before
                violations.append(Violation("half", f"{doubt.after} of {doubt.before}: {seen}"))
        self.doubts = []
        return violations

    def _judge_row(self, uri: str, members: Members | None) -> list[Violation]:
        there = self.cells.get((uri, EXISTS), False)
        if members is None:
            return [Violation("lost", f"{uri} is gone")] if there else []
        if not there:
            return [Violation("returned", f"{uri} was deleted and is there again")]
        wanted = {member: value for (row, member), value in self.cells.items() if row == uri}
        wrong = _differing(wanted, {EXISTS: True, **members})
        return [Violation("lost", f"{uri} {wrong}")] if wrong else []


def row_cells(uri: str, members: Mapping[str, Any]) -> dict[Cell, Any]:
    """Return the cells of a row that is there."""
    return {(uri, EXISTS): True, **{(uri, name): value for name, value in members.items()}}


def _telling_cells(doubt: Change, observed: Observed) -> list[Cell]:
    """Return the cells that show whether a change was made.

    A member that it leaves as it is does not, nor one of a row that is gone meanwhile.
    """
    return [
        cell
        for cell, value in doubt.after.items()
        if value != doubt.before[cell] and (cell[1] == EXISTS or cell[0] in observed)
    ]


def _value(observed: Observed, cell: Cell) -> Any:
    uri, member = cell
    if member == EXISTS:
        return uri in observed
    return observed[uri].get(member)


def _differing(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    """Return each member that is not as wanted, with both values; empty when all are."""
    return ", ".join(
        f"{name} is {seen.get(name)!r}, not {value!r}"
        for name, value in wanted.items()
        if seen.get(name) != value
    )
