"""Checking passwords quickly: most clients send Basic credentials on every request.

A hash costs a third of a second of CPU, so a pair that was right is remembered for a few
minutes under a keyed digest of stored hash and password; a changed password is refused at once
because the stored hash is part of the key.
"""

from __future__ import annotations

import hmac
import secrets
from time import monotonic
from typing import Any

from django.contrib.auth.hashers import check_password, make_password

SECONDS = 300
MOST = 4096

_process_secret = secrets.token_bytes(32)
_known: dict[bytes, float] = {}


def is_right(user: Any | None, password: str) -> bool:
    """Whether the password is the user's; takes as long for a user who does not exist."""
    if user is None:
        make_password(password)
        return False
    digest = hmac.digest(_process_secret, f"{user.password}\0{password}".encode(), "sha256")
    if _known.get(digest, 0.0) > monotonic():
        return True
    if not check_password(password, user.password):
        return False
    if len(_known) >= MOST:
        _known.clear()
    _known[digest] = monotonic() + SECONDS
    return True
