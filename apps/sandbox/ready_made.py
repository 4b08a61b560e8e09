"""Hashes of the demo world's passwords, ready-made: one takes a third of a second.

The passwords are printed at every start, so there is nothing to hide behind a salt of each store.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import get_hasher, make_password

FILE: Path = settings.BASE_DIR / "fixtures" / "passwords.json"


def hashed(password: str) -> str:
    """Return a hash of a password, which is a ready-made one where that is up to date."""
    ready = hashes().get(password, "")
    return ready if is_current(ready) else make_password(password)


@cache
def hashes() -> dict[str, str]:
    """Return the hashes of the file by password."""
    return dict(json.loads(FILE.read_text())) if FILE.exists() else {}


def is_current(encoded: str) -> bool:
    """Whether a hash is made as those of new passwords are, as strongly too."""
    usual = get_hasher()
    return encoded.startswith(f"{usual.algorithm}$") and not usual.must_update(encoded)
