"""Checking passwords quickly, since most clients send Basic credentials with every request.

A hash costs a third of a second of CPU. So a correct pair is remembered for a few minutes, under a
keyed digest of the stored hash and the password. The stored hash is part of the key, so an old
password is refused as soon as it is changed.
"""

from __future__ import annotations

import hmac
import secrets
from time import monotonic
from typing import Any

from django.contrib.auth.hashers import check_password, make_password

from apps.credentials.basic import printed

SECONDS = 300
MOST = 4096

_process_secret = secrets.token_bytes(32)
_known: dict[bytes, float] = {}


def is_right(user: Any | None, password: str) -> bool:
    """Return whether the password is the user's. It takes equally long for a user who does not
    exist."""
    if user is None:
        make_password(password)
        return False
    if is_remembered(user, password):
        return True
    if not check_password(password, user.password) or printed.is_refused(user, password):
        return False
    if len(_known) >= MOST:
        _known.clear()
    _known[_digest_password(user, password)] = monotonic() + SECONDS
    return True


def is_remembered(user: Any | None, password: str) -> bool:
    """Return whether this process recently found the password to be correct."""
    if user is None:
        return False
    until = _known.get(_digest_password(user, password), 0.0)
    return until > monotonic()


def _digest_password(user: Any, password: str) -> bytes:
    return hmac.digest(_process_secret, f"{user.password}\0{password}".encode(), "sha256")
