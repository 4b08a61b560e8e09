"""How commands reach the sandboxes of a store, and work in one of them."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.management.base import CommandError

from apps.control.machines import fix_edition
from apps.control.names import MAIN
from apps.control.opening import join_control
from apps.control.plane import ControlPlane, UnknownSandbox, plane
from hexostore import clock, program
from hexostore.database.chosen import choose_database
from hexostore.direct import direct_url

VARIABLE = "HEXOSTORE_SANDBOX"
"""The sandbox that a command works in. `--sandbox` sets it (hexostore/cli.py)."""


def chosen_name() -> str:
    """Return the name of the sandbox that this command is for."""
    return os.environ.get(VARIABLE) or MAIN


def chosen_path() -> str:
    """Return what the paths of the sandbox of this command begin with; nothing for `main`."""
    name = chosen_name()
    return "" if name == MAIN else f"/~{name}"


def join_plane() -> ControlPlane:
    """Return the control plane of the store. Raise CommandError if no server has opened one yet."""
    joined = plane() or (join_control(direct_url()) and plane())
    if not joined:
        raise CommandError(
            f"This store has no sandboxes yet. Serve it with: {program.program_name()} serve"
        )
    return joined


def enter_chosen_sandbox() -> None:
    """Work in the sandbox that HEXOSTORE_SANDBOX names, up to the end of the program, and be told
    its time.

    Raise CommandError if there is no such sandbox.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        follow_clock()
        return
    try:
        sandbox, _ = join_plane().enter(name)  # left when the process ends
        fix_edition(None)
    except UnknownSandbox as error:
        raise CommandError(
            f"There is no sandbox {name!r}. See: {program.program_name()} sandbox list"
        ) from error
    choose_database(sandbox.database)
    follow_clock()


def follow_clock() -> None:
    """Be told the time of the sandbox in which this command works, as its clock is now."""
    known = _plane_if_any()
    if known is not None:
        found = known.state().sandboxes.get(chosen_name())
        clock.choose_clock(None if found is None else found.clock)


def _plane_if_any() -> ControlPlane | None:
    """Return the control plane of the store, None if no server has opened one."""
    if settings.HEXOSTORE_PROFILE == "public" or not os.environ.get("DATABASE_URL"):
        return None
    return plane() or (plane() if join_control(direct_url()) else None)
