"""What a process knows of the sandboxes, and how it enters one.

Everything is read from the control database once per edition (shared_numbers.py), so a request
normally costs no statement here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection

from apps.control.clock_columns import read_clock
from apps.control.connection import control, has_control
from apps.control.faults.stored import StoredRule, read_rules
from apps.control.gates import Gates, Passage
from apps.control.machines import (
    DatabaseGates,
    DatabaseNumbers,
    MachinePassage,
    are_several,
    fix_edition,
)
from apps.control.names import MAIN
from apps.control.shared_numbers import SharedNumbers
from hexostore.clock import Clock, by_clock
from hexostore.database.chosen import ChosenDatabase, chosen_database, in_database


class UnknownSandbox(Exception):
    """There is no sandbox of that name."""


@dataclass(frozen=True)
class KnownSandbox:
    """A sandbox: its world, the world that a reset copies, how long it lives unused, and its clock;
    None is that of the system."""

    name: str
    world: str
    incarnation: int
    template: str
    created: datetime
    lifetime: timedelta | None
    used: datetime
    clock: Clock | None

    @property
    def database(self) -> ChosenDatabase:
        """The database in which its requests work."""
        return ChosenDatabase(self.world, self.incarnation)


@dataclass(frozen=True)
class ControlState:
    """The content of the control database at an edition."""

    edition: int
    sandboxes: Mapping[str, KnownSandbox]
    faults: Mapping[str, tuple[StoredRule, ...]]


class ControlPlane:
    """The control of one home, as one process sees it."""

    def __init__(self, home: Path) -> None:
        self.numbers: SharedNumbers | DatabaseNumbers
        self.gates: Gates | DatabaseGates
        if are_several():
            self.numbers, self.gates = DatabaseNumbers(), DatabaseGates()
        else:
            numbers = SharedNumbers(home / "control" / "numbers")
            self.numbers, self.gates = numbers, Gates(home / "control" / "gates", numbers)
        self._state: ControlState | None = None

    def state(self) -> ControlState:
        """Return what is true now. This costs a statement only after a change."""
        edition = self.numbers.edition()
        state = self._state
        if state is None or state.edition != edition:
            state = ControlState(edition, _read_sandboxes(), read_rules())
            self._state = state
            self.gates.keep_only({each.world for each in state.sandboxes.values()})
        return state

    def fix_edition(self) -> None:
        """Have this context see the present edition until it enters a world, if reading it costs a
        statement."""
        if are_several():
            fix_edition(self.numbers.edition())

    def sandbox(self, name: str) -> KnownSandbox:
        """Return a sandbox. Raise UnknownSandbox."""
        found = self.state().sandboxes.get(name)
        if found is None:
            raise UnknownSandbox(name)
        return found

    def enter(self, name: str) -> tuple[KnownSandbox, Passage | MachinePassage]:
        """Enter the world of a sandbox. This waits while it is closed. Raise UnknownSandbox."""
        while True:
            sandbox = self.sandbox(name)
            passage = self.gates.enter(sandbox.world)
            if self.state().sandboxes.get(name) == sandbox:
                return sandbox, passage
            passage.leave()  # it was given another world meanwhile
            fix_edition(None)

    @contextmanager
    def inside(self, name: str) -> Iterator[KnownSandbox]:
        """Run a block in a sandbox. Raise UnknownSandbox."""
        sandbox, passage = self.enter(name)
        try:
            with in_database(sandbox.database), by_clock(sandbox.clock):
                connection.close_if_unusable_or_obsolete()  # it may have been ended for a copy
                yield sandbox
        finally:
            passage.leave()

    def tell_all(self) -> None:
        """Have every process notice a change before its next request."""
        self.numbers.grow_edition()


def plane() -> ControlPlane | None:
    """Return the control plane of this process, or None if it has none."""
    return _plane_of(os.getpid(), settings.HEXOSTORE_HOME) if has_control() else None


def current_sandbox() -> KnownSandbox | None:
    """Return the sandbox in whose database this context works, if it is one's."""
    known, chosen = plane(), chosen_database()
    if known is None or chosen is None:
        return None
    sandboxes = known.state().sandboxes.values()
    return next((each for each in sandboxes if each.database == chosen), None)


@cache
def _plane_of(_process: int, home: Path) -> ControlPlane:
    """Return the plane of a process. A forked process must not share the locks of its parent."""
    return ControlPlane(home)


def _read_sandboxes() -> dict[str, KnownSandbox]:
    rows = control().execute(
        "SELECT name, world, incarnation, template, created, lifetime, used, "
        "clock_shown, clock_since, clock_speed FROM sandbox ORDER BY name <> %s, created, name",
        [MAIN],
    )
    return {row[0]: KnownSandbox(*(*row[:7], read_clock(row[7:]))) for row in rows.fetchall()}
