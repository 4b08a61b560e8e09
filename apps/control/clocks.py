"""The clocks of sandboxes: reading and changing them, and doing jobs while they stand.

A clock is kept in the row of its sandbox as what it showed at a real moment, and its speed. So it
costs nothing while it runs, and all processes are told the same time.

Time only goes back by `change_clock` with a moment, by `reset_clock`, and when the sandbox is reset
or restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime

from apps.control.clock_columns import SET_CLOCK, columns_of
from apps.control.connection import control, held_lock
from apps.control.plane import ControlPlane, KnownSandbox
from apps.control.sandboxes import Conflict, SandboxError, find_sandbox
from hexostore import clock
from hexostore.clock import EARLIEST, LATEST, Clock

MOST_SPEED = 100_000.0
"""The highest speed: more than a day in a second."""

_LOCK = 0x48655443
_STORE = f"UPDATE sandbox SET {SET_CLOCK} WHERE name = %s AND incarnation = %s"  # noqa: S608


class Advancing(Exception):
    """The clock of the sandbox is being advanced, which does the jobs itself."""


def shown_by(sandbox: KnownSandbox) -> datetime:
    """Return what the clock of a sandbox shows now."""
    real = clock.system_now()
    return real if sandbox.clock is None else sandbox.clock.moment(real)


def change_clock(
    plane: ControlPlane,
    name: str,
    moment: datetime | None = None,
    speed: float | None = None,
) -> KnownSandbox:
    """Set the clock of a sandbox to a moment, and have it run at a speed; 0 stops it.

    What is not given stays: the moment that it shows now, or its speed. Raise SandboxError.
    """
    require_showable(moment)
    require_speed(speed)
    with only_one(plane, name):
        sandbox = find_sandbox(plane, name)
        present = 1.0 if sandbox.clock is None else sandbox.clock.speed
        shown = shown_by(sandbox) if moment is None else moment
        chosen = Clock(shown, clock.system_now(), present if speed is None else speed)
        return store_clock(plane, sandbox, chosen)


def reset_clock(plane: ControlPlane, name: str) -> KnownSandbox:
    """Have a sandbox be told the time of the system again. Raise SandboxError."""
    with only_one(plane, name):
        return store_clock(plane, find_sandbox(plane, name), None)


def require_showable(moment: datetime | None) -> None:
    """Raise SandboxError for a moment that no clock can show."""
    if moment is not None and not EARLIEST <= moment <= LATEST:
        span = f"{EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}"
        raise SandboxError(f"A clock can show {span}, and not {moment.isoformat()}.")


def require_speed(speed: float | None) -> None:
    """Raise SandboxError for a speed that no clock can have."""
    if speed is not None and not 0 <= speed <= MOST_SPEED:
        raise SandboxError(f"The speed of a clock can be 0 to {MOST_SPEED:.0f}; 0 stops it.")


def store_clock(plane: ControlPlane, sandbox: KnownSandbox, chosen: Clock | None) -> KnownSandbox:
    """Give a sandbox that clock, and return it with it. Raise Conflict if its rows were exchanged
    meanwhile."""
    done = control().execute(
        _STORE,
        [*columns_of(chosen), sandbox.name, sandbox.incarnation],
    )
    if not done.rowcount:
        raise Conflict(f"The sandbox {sandbox.name} was reset or deleted meanwhile.")
    plane.tell_all()
    return replace(sandbox, clock=chosen)


@contextmanager
def only_one(plane: ControlPlane, name: str) -> Iterator[None]:
    """Be the only one who changes the clock of a sandbox, while no worker does its jobs.

    The lock ends with its connection. Raise Missing.
    """
    find_sandbox(plane, name)
    with held_lock(_LOCK, name):
        yield


@contextmanager
def inside_for_jobs(plane: ControlPlane, name: str, *, waits: bool) -> Iterator[KnownSandbox]:
    """Run a block in a sandbox that does jobs of it.

    While its clock is advanced, this waits or raises Advancing. Raise UnknownSandbox.
    """
    with ExitStack() as held:
        sandbox = held.enter_context(plane.inside(name))
        if sandbox.clock is not None:
            held.close()
            if not held.enter_context(held_lock(_LOCK, name, shared=True, waits=waits)):
                raise Advancing
            sandbox = held.enter_context(plane.inside(name))
        yield sandbox
