"""Making, resetting, copying and deleting sandboxes.

Each operation holds the lock of its sandbox, so that two of them follow one another. Whatever takes
long, such as copying a world, happens before or after the one statement that changes what a sandbox
is. A process that is killed leaves the sandbox as it was before or as it is after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from apps.control import clock_columns, names, worlds
from apps.control.abandoned import working_on_worlds
from apps.control.clock_columns import SET_CLOCK
from apps.control.connection import control, held_lock
from apps.control.faults.stored import remove_rows
from apps.control.names import MAIN
from apps.control.plane import ControlPlane, KnownSandbox
from apps.control.templates import Templates
from apps.control.worlds import Role
from hexostore.clock import Clock

MOST_SANDBOXES = 200
MOST_SNAPSHOTS = 20
"""How many snapshots a sandbox may have."""

MOST_RETIRED = 20
"""How many worlds that were left may wait to be dropped, before a reset drops some itself."""

_LOCK = 0x48655362
_ADDING_LOCK = 0x48655361

_EXCHANGED = f"UPDATE sandbox SET incarnation = nextval('incarnation'), {SET_CLOCK}"  # noqa: S608
_EXCHANGE = f"{_EXCHANGED}, world = %s, template = %s, used = now() WHERE name = %s"
_EXCHANGE_MAIN = f"{_EXCHANGED}, template = %s WHERE name = %s"


class SandboxError(Exception):
    """The request cannot be fulfilled. The text says why; `status` is that of a response."""

    status = 400


class Conflict(SandboxError):
    """There is such a thing already, or there is no room for another."""

    status = 409


class Missing(SandboxError):
    """There is no such thing."""

    status = 404


def _missing(name: str) -> Missing:
    """Return the error of an operation on a sandbox that does not exist."""
    return Missing(f"There is no sandbox {name[:60]!r}.")


def find_sandbox(plane: ControlPlane, name: str) -> KnownSandbox:
    """Return a sandbox. Raise Missing."""
    found = plane.state().sandboxes.get(name)
    if found is None:
        raise _missing(name)
    return found


@dataclass(frozen=True)
class Snapshot:
    """A kept copy of a sandbox."""

    name: str
    world: str
    created: datetime


class Sandboxes:
    """The operations on the sandboxes of a store. `main` is the name of the store's database."""

    def __init__(self, plane: ControlPlane, templates: Templates, main: str) -> None:
        self._plane, self._templates, self._main = plane, templates, main

    def create(
        self,
        name: str,
        lifetime: timedelta | None = None,
        fill: Callable[[], None] | None = None,
    ) -> KnownSandbox:
        """Create a sandbox with the rows that a store begins with, and those that `fill` adds to
        them. A reset brings it back to all of these.

        Raise SandboxError, or what `fill` raises; then there is no sandbox.
        """
        self._require_new(name)
        with working_on_worlds():
            template = self._templates.usual()
            if fill is not None:
                template = self._templates.filled(template, fill)
            with _locked(name), self._dropped_if_unused(template):
                self._add(name, self._templates.take_copy(template), template, lifetime)
        return self._plane.sandbox(name)

    def fork(self, source: str, name: str, lifetime: timedelta | None = None) -> KnownSandbox:
        """Create a sandbox with the rows that another one has now. A reset brings it back to them.

        Raise SandboxError.
        """
        self._require_new(name)
        with working_on_worlds():
            with _locked(source):
                template = self._copy_closed(self.require(source).world, Role.TEMPLATE)
            with _locked(name), self._dropped_if_unused(template):
                copy = worlds.copy_world(template, self._main, Role.USED, template)
                self._add(name, copy, template, lifetime)
                clock_columns.copy_clock(source, name)
                self._plane.tell_all()
        return self._plane.sandbox(name)

    def reset(self, name: str) -> KnownSandbox:
        """Give a sandbox the rows again that it began with, and no faults. Raise SandboxError."""
        self._leave_room()
        with _locked(name):
            sandbox = self.require(name)
            template = self._templates.current(sandbox.template)
            remove_rows(name)
            self._exchange(sandbox, self._templates.take_copy(template), template)
        return self._plane.sandbox(name)

    def restore(self, name: str, snapshot: str) -> KnownSandbox:
        """Give a sandbox the rows that it had when the snapshot was made. Raise SandboxError."""
        self._leave_room()
        with _locked(name):
            sandbox, kept = self.require(name), self.snapshot(name, snapshot)
            copy = worlds.copy_world(kept.world, self._main, Role.USED)
            kept_clock = clock_columns.kept_clock(name, snapshot)
            self._exchange(sandbox, copy, sandbox.template, kept_clock)
        return self._plane.sandbox(name)

    def delete(self, name: str) -> None:
        """Delete a sandbox with its snapshots. Raise SandboxError, also for the sandbox main."""
        if name == MAIN:
            raise SandboxError("The sandbox main is the store itself and cannot be deleted.")
        with _locked(name):
            sandbox = self.require(name)
            left = [sandbox.world, *(each.world for each in self.snapshots(name))]
            control().execute("DELETE FROM sandbox WHERE name = %s", [name])
            self._plane.tell_all()
            for world in left:
                worlds.note_world(world, Role.RETIRED)
            self._templates.drop_unused(sandbox.template)

    def snapshots(self, name: str) -> list[Snapshot]:
        """Return the snapshots of a sandbox, oldest first. Raise SandboxError."""
        self.require(name)
        rows = control().execute(
            "SELECT name, world, created FROM snapshot WHERE sandbox = %s ORDER BY created, name",
            [name],
        )
        return [Snapshot(*row) for row in rows.fetchall()]

    def snapshot(self, name: str, snapshot: str) -> Snapshot:
        """Return one snapshot of a sandbox. Raise SandboxError."""
        for each in self.snapshots(name):
            if each.name == snapshot:
                return each
        raise Missing(f"The sandbox {name} has no snapshot {snapshot!r}.")

    def take_snapshot(self, name: str, snapshot: str) -> Snapshot:
        """Keep a copy of what a sandbox holds now. Raise SandboxError."""
        _require_name(snapshot)
        with _locked(name):
            sandbox, known = self.require(name), self.snapshots(name)
            if snapshot in {each.name for each in known}:
                raise Conflict(f"The sandbox {name} already has a snapshot {snapshot!r}.")
            if len(known) >= MOST_SNAPSHOTS:
                raise Conflict(f"The sandbox {name} has {MOST_SNAPSHOTS} snapshots, the most.")
            world = self._copy_closed(sandbox.world, Role.SNAPSHOT)
            control().execute(
                "INSERT INTO snapshot (sandbox, name, world) VALUES (%s, %s, %s)",
                [name, snapshot, world],
            )
            clock_columns.keep_with_snapshot(sandbox.clock, name, snapshot)
        return self.snapshot(name, snapshot)

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        """Delete a snapshot. Raise SandboxError."""
        with _locked(name):
            found = self.snapshot(name, snapshot)
            control().execute(
                "DELETE FROM snapshot WHERE sandbox = %s AND name = %s", [name, snapshot]
            )
            worlds.drop_world(found.world)

    def sweep(self) -> list[str]:
        """Delete the sandboxes that nobody used for their lifetime. Return their names."""
        rows = control().execute("SELECT name FROM sandbox WHERE used + lifetime < now()")
        return [name for (name,) in rows.fetchall() if self._delete_idle(name)]

    def _delete_idle(self, name: str) -> bool:
        """Delete a sandbox unless somebody uses or deletes it meanwhile. Return whether it was."""
        idle = "SELECT 1 FROM sandbox WHERE name = %s AND used + lifetime < now()"
        with _locked(name):
            is_idle = control().execute(idle, [name]).fetchone() is not None
            if is_idle:
                self.delete(name)
        return is_idle

    def drop_retired(self, most: int | None = None) -> int:
        """Drop the worlds that sandboxes have left, when the last request in them has ended; at
        most so many. Return how many."""
        rows = control().execute("SELECT name FROM world WHERE role = %s", [Role.RETIRED])
        left = [world for (world,) in rows.fetchall() if self._plane.gates.is_left(world)]
        if left:
            self._plane.tell_all()  # who left it may have been killed before saying so
        with working_on_worlds():
            return sum(map(self._drop_left, left[:most]))

    def _drop_left(self, world: str) -> bool:
        """Drop a retired world. Return False if somebody is in it, or drops it already."""
        if not self._plane.gates.is_left(world) or not worlds.drop_unclaimed(world, Role.RETIRED):
            return False
        self._plane.gates.remove(world)
        return True

    def _leave_room(self) -> None:
        """Drop some of what resets have left, if it is much. So resets in a row cannot fill the
        disk, however slow it is."""
        found = control().execute("SELECT count(*) FROM world WHERE role = %s", [Role.RETIRED])
        row = found.fetchone()
        assert row is not None
        if row[0] > MOST_RETIRED:
            self.drop_retired(row[0] - MOST_RETIRED)

    def _require_new(self, name: str) -> None:
        _require_name(name)
        known = self._plane.state().sandboxes
        if name in known:
            raise Conflict(f"There is a sandbox {name!r} already.")
        _require_room(len(known))

    def require(self, name: str) -> KnownSandbox:
        """Return a sandbox. Raise Missing if there is none of that name."""
        return find_sandbox(self._plane, name)

    def _add(self, name: str, world: str, template: str, lifetime: timedelta | None) -> None:
        """Add the row of a sandbox. Raise Conflict, with its world dropped."""
        try:
            with held_lock(_ADDING_LOCK, MAIN):  # so that the count is right
                _require_room(_count_sandboxes())
                _add_row(name, world, template, lifetime)
        except Conflict:
            worlds.drop_world(world)
            raise
        self._plane.tell_all()

    @contextmanager
    def _dropped_if_unused(self, template: str) -> Iterator[None]:
        """Drop the template of a sandbox if a block fails to make the sandbox."""
        try:
            yield
        except BaseException:
            self._templates.drop_unused(template)
            raise

    def _exchange(
        self, sandbox: KnownSandbox, world: str, template: str, chosen: Clock | None = None
    ) -> None:
        """Give a sandbox another world, and that clock."""
        if sandbox.name == MAIN:
            self._exchange_main(world, template, chosen)
            return
        with control().transaction():
            control().execute(
                _EXCHANGE, [*clock_columns.columns_of(chosen), world, template, sandbox.name]
            )
            worlds.note_world(world, Role.USED, template)
            worlds.note_world(sandbox.world, Role.RETIRED)
        self._plane.tell_all()

    def _exchange_main(self, world: str, template: str, chosen: Clock | None) -> None:
        """Give the store another world under its own name, by which every command finds it.

        Its requests wait meanwhile.
        """
        left = worlds.new_name(self._main)
        values = [*clock_columns.columns_of(chosen), template, MAIN]
        with self._plane.gates.closed(self._main):
            worlds.exchange_names(
                self._main, left, world, lambda: control().execute(_EXCHANGE_MAIN, values)
            )
            self._plane.tell_all()

    def _copy_closed(self, world: str, role: Role) -> str:
        """Copy the world of a sandbox, whose requests wait meanwhile."""
        with self._plane.gates.closed(world):
            copy = worlds.copy_world(world, self._main, role)
        worlds.close_to_others(copy)
        return copy


def _require_room(number: int) -> None:
    """Raise Conflict if there are so many sandboxes that there is no room for another."""
    if number >= MOST_SANDBOXES:
        raise Conflict(f"There are {MOST_SANDBOXES} sandboxes, the most. Delete some first.")


def _count_sandboxes() -> int:
    row = control().execute("SELECT count(*) FROM sandbox").fetchone()
    assert row is not None
    return int(row[0])


def _add_row(name: str, world: str, template: str, lifetime: timedelta | None) -> None:
    try:
        control().execute(
            "INSERT INTO sandbox (name, world, template, lifetime) VALUES (%s, %s, %s, %s)",
            [name, world, template, lifetime],
        )
    except psycopg.errors.UniqueViolation as error:
        raise Conflict(f"There is a sandbox {name!r} already.") from error


def _require_name(name: str) -> None:
    if not names.is_name(name):
        raise SandboxError(f"{name[: names.LONGEST]!r} is not a name. {names.RULE}")


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Keep other operations on a sandbox waiting. Raise Missing for what cannot be a name."""
    if not names.is_name(name):
        raise _missing(name)
    with held_lock(_LOCK, name), working_on_worlds():
        yield
