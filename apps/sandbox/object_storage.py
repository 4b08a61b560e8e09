"""The object store of a store, as a start and `doctor` check it."""

from __future__ import annotations

from django.conf import settings
from django.db import Error

from apps.signals.storage.objects import check, owner
from apps.signals.storage.objects.failures import ObjectStoreOutage


class ObjectsError(Exception):
    """The object store cannot be used. The text is one line that says why, without secrets."""


def require_reachable() -> str:
    """Return the URL of the object store. Raise ObjectsError unless objects can be stored, read,
    listed and removed."""
    try:
        return check.require_usable()
    except ObjectStoreOutage as error:
        raise ObjectsError(f"HEXOSTORE_CHUNKS: {error}") from None


def require_own_objects() -> str:
    """Return the URL. Raise ObjectsError if the objects belong to another store."""
    url = str(settings.HEXOSTORE_CHUNKS)
    try:
        owner.require_own()
    except (owner.OtherOwner, ObjectStoreOutage) as error:
        raise ObjectsError(f"HEXOSTORE_CHUNKS: {error}") from None
    except Error as error:
        raise ObjectsError(f"The owner of {url} is unknown: {type(error).__name__}") from error
    return url
