"""Worlds that a killed process has left behind, found while the server runs.

Whoever makes a world, and has not yet said who needs it, shares a lock meanwhile. It is held by a
connection, and so ends with its process. Who gets the lock alone knows that each world is needed by
a sandbox, a snapshot or a template, or by nobody.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from apps.control.connection import control, held_lock

_LOCK, _KEY = 0x48655761, "worlds"

_RETIRE = """
    UPDATE world SET role = 'retired'
    WHERE role IN ('making', 'used', 'snapshot', 'dropping')
    AND name NOT IN (SELECT world FROM sandbox UNION SELECT world FROM snapshot)
    OR role = 'template' AND made_for = '' AND name NOT IN (SELECT template FROM sandbox)
"""


def working_on_worlds() -> AbstractContextManager[bool]:
    """Keep the worlds that a block makes or drops from being taken for abandoned ones."""
    return held_lock(_LOCK, _KEY, shared=True)


def alone_with_worlds(*, waits: bool = True) -> AbstractContextManager[bool]:
    """Wait until nobody works on worlds, and keep others from it for a block.

    Who does not wait is given False if somebody does. PostgreSQL ends the statement of a killed
    process first, so nothing appears behind a sweep.
    """
    return held_lock(_LOCK, _KEY, waits=waits)


def retire_abandoned() -> int:
    """Have the worlds dropped that nobody needs. Return how many, 0 if somebody works on worlds."""
    with alone_with_worlds(waits=False) as is_alone:
        return control().execute(_RETIRE).rowcount if is_alone else 0
