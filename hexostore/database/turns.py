"""Locks by name, for what must be done one by one."""

from __future__ import annotations

from django.db import connection

_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtext(%s))"


def take_turns(name: str) -> None:
    """Have everybody who takes turns by that name wait until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_BY_ONE, [name])
