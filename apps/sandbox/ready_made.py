"""Ready-made hashes of the demo world's passwords, since one takes a third of a second.

The passwords are printed at every start, so a separate salt for each store would hide nothing.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import get_hasher, make_password

FILE: Path = settings.BASE_DIR / "fixtures" / "passwords.json"


def hash_password(password: str) -> str:
    """Return a hash of a password, ready-made if there is an up-to-date one."""
    ready = read_hashes().get(password, "")
    return ready if is_current(ready) else make_password(password)


@cache
def read_hashes() -> dict[str, str]:
    """Return the hashes of the file by password."""
    return dict(json.loads(FILE.read_text())) if FILE.exists() else {}


def is_current(encoded: str) -> bool:
    """Return whether a hash is made like those of new passwords, with the same strength."""
    usual = get_hasher()
    return encoded.startswith(f"{usual.algorithm}$") and not usual.must_update(encoded)
