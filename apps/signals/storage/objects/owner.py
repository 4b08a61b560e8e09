"""Whose objects a prefix has: one store's, whose name is stored there.

Two stores under one prefix would remove each other's objects. That happens by mistake when a dump
of one is loaded elsewhere with the same variables. The name is that of the database and of its
PostgreSQL, which replicas share and loaded dumps do not.
"""

from __future__ import annotations

from django.db import connection, connections

from apps.signals.storage.objects import names
from apps.signals.storage.objects.bucket import Bucket, bucket
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


class ObjectsElsewhere(OtherOwner):
    """The store has objects, but not at this place."""

    def __init__(self, url: str) -> None:
        Exception.__init__(
            self,
            f"The objects of this store are not at {url}. Name the place where they are, or mount "
            "it. If they are lost, so that this place shall be used, run: hexostore chunks adopt",
        )


def require_own() -> None:
    """Raise OtherOwner if the objects belong to another store, or are at another place, and
    ObjectStoreOutage if nobody knows.

    A place without an owner belongs to this store from now on, unless the store has objects that
    are not there, as when a folder is not mounted or the prefix is mistyped.
    """
    place, own = bucket(), _own_name()
    found = _present_owner(place)
    if not found:
        if not _has_its_objects(place):
            raise ObjectsElsewhere(place.url)
        if place.add_key(KEY, own):
            return
        found = _present_owner(place)  # somebody was faster
    if found != own:
        raise OtherOwner(place.url)


def _present_owner(place: Bucket) -> bytes:
    try:
        return place.get_key(KEY)
    except MissingObject:
        return b""


def _has_its_objects(place: Bucket) -> bool:
    """Return whether an object that a row of this store names is there, or no row names any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT object FROM signals_chunk WHERE object IS NOT NULL LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        return True
    try:
        place.get_key(names.key_of(bytes(row[0])))
    except MissingObject:
        return False
    return True


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
