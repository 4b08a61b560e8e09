"""The realms, which every store has. They are the same two words as the scopes of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed

from apps.api.access import READONLY, READWRITE

ROWS = {1: READONLY, 2: READWRITE}


def create_realms(apps: Any = installed, using: str = "default", **_: Any) -> None:
    """Create missing rows, after each migration (and after each flush in tests)."""
    try:
        model = apps.get_model("credentials", "Realm")
    except LookupError:  # a migration to a state before there were any
        return
    rows = [model(id=key, name=name) for key, name in ROWS.items()]
    model.objects.using(using).bulk_create(rows, ignore_conflicts=True)


def limit_scopes(scopes: Iterable[str], realms: Iterable[str]) -> frozenset[str]:
    """Return the scopes of a token that the realms of its client still allow.

    A client that could write and has lost that realm can still read. This is computed at each use
    of the token, so a restricted client is restricted at once.
    """
    asked, allowed = frozenset(scopes), frozenset(realms) or {READONLY}
    reads = {READONLY} & allowed if READWRITE in asked else frozenset()
    return asked & allowed | reads


def of_clients() -> str:
    """Return a column for statements that select clients as `c`: the names of their realms, as
    `client_realms`.

    So no additional statement is needed.
    """
    return f"ARRAY({_NAMES}) AS client_realms"


_NAMES = (
    "SELECT realm.name FROM credentials_client_realms has "
    "JOIN credentials_realm realm ON realm.id = has.realm_id WHERE has.client_id = c.id"
)
