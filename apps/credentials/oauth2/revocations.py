"""Revoked tokens, so that a refusal can say so.

Whoever revokes a token, django-oauth-toolkit deletes its row: its owner, the client, a rotation, or
the detection of a refresh token that was used twice. Its checksum is stored here, in the same
transaction. So the developer is told `revoked_token` and not `unknown_token`.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from apps.credentials.models import RevokedToken
from hexostore import clock

REMEMBERED = timedelta(days=30)


def token_checksum(token: str) -> str:
    """Return the hexadecimal SHA-256 by which tokens are looked up."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def remember_revoked(digest: str) -> None:
    """Store the checksum of a revoked token, and delete old ones."""
    now = clock.now()
    RevokedToken.objects.filter(revoked__lt=now - REMEMBERED).delete()
    row = RevokedToken(checksum=digest, revoked=now)
    RevokedToken.objects.bulk_create([row], ignore_conflicts=True)


def was_revoked(digest: str) -> bool:
    """Return whether the token with that checksum was revoked recently."""
    return RevokedToken.objects.filter(checksum=digest).exists()


def remember_row(instance: Any, **_: Any) -> None:
    """Store the checksum of an OAuth 2 access token that is being deleted, unless it had
    expired."""
    if instance.expires > clock.now():
        remember_revoked(instance.token_checksum)
