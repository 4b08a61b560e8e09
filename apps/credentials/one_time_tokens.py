"""One-time tokens, which are valid for one thing and a limited time: sent by mail, redeemed by a
request.

Only the SHA-256 of a token is stored and looked up. Nobody can control the digest of a guess. So
the time of a look-up reveals nothing about existing tokens.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db.models import Q

from apps.credentials.models import OneTimeToken
from hexostore import clock

LIFETIME = timedelta(days=2)
_BYTES = 32


def issue_token(
    kind: str,
    *,
    user: Any = None,
    email: str = "",
    payload: object = None,
    ttl: timedelta = LIFETIME,
) -> OneTimeToken:
    """Return a new one-time token, whose `token` (43 URL-safe characters) is known only now."""
    token = secrets.token_urlsafe(_BYTES)
    one_time_token = OneTimeToken(
        kind=kind, user=user, email=email, payload=payload, digest=_digest_of(token)
    )
    one_time_token.expires = clock.now() + ttl
    one_time_token.save()
    one_time_token.token = token
    return one_time_token


def find_token(kind: str, token: str) -> OneTimeToken | None:
    """Return the one-time token of that kind with this text; None if it is unknown, expired or
    used."""
    return OneTimeToken.objects.filter(_is_valid(), kind=kind, digest=_digest_of(token)).first()


def redeem_token(one_time_token: OneTimeToken) -> bool:
    """Use the one-time token up; False if it was used before or has expired meanwhile.

    The update locks the row, so that of several at once only one succeeds; inside a transaction the
    others wait for its end, and may succeed if it is rolled back.
    """
    now = clock.now()
    used = OneTimeToken.objects.filter(_is_valid(), pk=one_time_token.pk).update(redeemed=now)
    if used:
        one_time_token.redeemed = now
    return bool(used)


def _is_valid() -> Q:
    return Q(redeemed=None, expires__gt=clock.now())


def _digest_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
