"""The realms, which every store has: the same two words as the scopes of tokens."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed

from apps.api.access import READONLY, READWRITE

ROWS = {1: READONLY, 2: READWRITE}


def make(apps: Any = installed, using: str = "default", **_: Any) -> None:
    """Makes the rows that are missing, after each migration (and each flush, as tests do)."""
    try:
        model = apps.get_model("credentials", "Realm")
    except LookupError:  # a migration to a state before there were any
        return
    rows = [model(id=key, name=name) for key, name in ROWS.items()]
    model.objects.using(using).bulk_create(rows, ignore_conflicts=True)
