"""Whether an object store can be used: what a server checks before it starts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.failures import MissingObject, ObjectStoreOutage

Result = TypeVar("Result")


def require_usable() -> str:
    """Store, read, list and remove a small object. Return the URL.

    Raise ObjectStoreOutage with one line that says which of these fails and why, without secrets.
    """
    place, key, content = bucket(), f"check/{secrets.token_hex(8)}", secrets.token_bytes(8)
    _try("storing", lambda: place.put_key(key, content))
    if _try("reading", lambda: _found(key)) != content:
        raise ObjectStoreOutage(f"{place.url} gives back other bytes than were stored")
    _try("listing", lambda: place.page_after(""))
    _try("removing", lambda: place.delete_key(key))
    return place.url


def _found(key: str) -> bytes:
    try:
        return bucket().get_key(key)
    except MissingObject:
        return b""


def _try(doing: str, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except ObjectStoreOutage as error:
        raise ObjectStoreOutage(f"{error} (while {doing} an object)") from None
