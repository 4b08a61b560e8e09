"""Tokens that were taken back before their time: what a refusal needs to say so.

Revoking a token deletes its row (django-oauth-toolkit), whoever does it: its owner, the client,
a rotation, or the detection of a refresh token used twice. Its checksum is remembered here, in
the same transaction, so that the developer is told `revoked_token` and not `unknown_token`.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from apps.credentials.models import RevokedToken
from hexostore import clock

REMEMBERED = timedelta(days=30)


def token_checksum(token: str) -> str:
    """The hexadecimal SHA-256 by which tokens are looked up."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def remember_revoked(digest: str) -> None:
    """Remembers the checksum of a revoked token, and forgets those of long ago."""
    now = clock.now()
    RevokedToken.objects.filter(revoked__lt=now - REMEMBERED).delete()
    row = RevokedToken(checksum=digest, revoked=now)
    RevokedToken.objects.bulk_create([row], ignore_conflicts=True)


def was_revoked(digest: str) -> bool:
    """Whether the token with that checksum was revoked of late."""
    return RevokedToken.objects.filter(checksum=digest).exists()


def remember_row(instance: Any, **_: Any) -> None:
    """Remembers an OAuth2 access token that is deleted, unless it had ended by itself."""
    if instance.expires > clock.now():
        remember_revoked(instance.token_checksum)
