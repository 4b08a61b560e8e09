"""The realms, which every store has: the same two words as the scopes of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed

from apps.api.access import READONLY, READWRITE

ROWS = {1: READONLY, 2: READWRITE}


def create_realms(apps: Any = installed, using: str = "default", **_: Any) -> None:
    """Makes the rows that are missing, after each migration (and each flush, as tests do)."""
    try:
        model = apps.get_model("credentials", "Realm")
    except LookupError:  # a migration to a state before there were any
        return
    rows = [model(id=key, name=name) for key, name in ROWS.items()]
    model.objects.using(using).bulk_create(rows, ignore_conflicts=True)


def limit_scopes(scopes: Iterable[str], realms: Iterable[str]) -> frozenset[str]:
    """What is left of the scopes of a token when its client has these realms only, of which none
    is the one that only reads; who might write may still read.

    Looked at whenever the token is used, so that a narrowed client is so at once.
    """
    asked, allowed = frozenset(scopes), frozenset(realms) or {READONLY}
    reads = {READONLY} & allowed if READWRITE in asked else frozenset()
    return asked & allowed | reads


def of_clients() -> str:
    """What a statement that selects clients as `c` adds to its columns to have the names of their
    realms at hand, as `client_realms`: no statement more."""
    return f"ARRAY({_NAMES}) AS client_realms"


_NAMES = (
    "SELECT realm.name FROM credentials_client_realms has "
    "JOIN credentials_realm realm ON realm.id = has.realm_id WHERE has.client_id = c.id"
)
