"""Whose objects a prefix has: one store's, whose name is stored there.

Two stores under one prefix would remove each other's objects. That happens by mistake when a dump
of one is loaded elsewhere with the same variables. The name is that of the database and of its
PostgreSQL, which replicas share and loaded dumps do not.
"""

from __future__ import annotations

from django.db import connection, connections

from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.failures import MissingObject

KEY = "owner"

_SYSTEM = "SELECT system_identifier FROM pg_control_system()"


class OtherOwner(Exception):
    """The objects belong to another store."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"The objects at {url} belong to another store. Use another prefix or, if this store "
            "takes its place, run: hexostore chunks adopt"
        )


def require_own() -> None:
    """Raise OtherOwner if the objects belong to another store, ObjectStoreOutage if nobody knows.

    Objects without an owner belong to this store from now on.
    """
    place, own = bucket(), _own_name()
    if place.add_key(KEY, own):
        return
    try:
        found = place.get_key(KEY)
    except MissingObject:  # somebody has just removed it
        found = b""
    if found != own:
        raise OtherOwner(place.url)


def adopt() -> None:
    """Have the objects belong to this store."""
    bucket().put_key(KEY, _own_name())


def _own_name() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(_SYSTEM)
        (system,) = cursor.fetchone()
    return f"{system} {main_database()}\n".encode()


def main_database() -> str:
    """Return the name of the store's own database, whichever is chosen."""
    return str(connections.settings["default"]["NAME"])
