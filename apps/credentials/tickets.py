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

from apps.credentials.models import Ticket
from hexostore import clock

LIFETIME = timedelta(days=2)
_BYTES = 32


def issue(
    kind: str,
    *,
    user: Any = None,
    email: str = "",
    payload: object = None,
    ttl: timedelta = LIFETIME,
) -> Ticket:
    """Return a new row, whose `token` (43 URL-safe characters) is only known now."""
    token = secrets.token_urlsafe(_BYTES)
    ticket = Ticket(kind=kind, user=user, email=email, payload=payload, digest=_digest(token))
    ticket.expires = clock.now() + ttl
    ticket.save()
    ticket.token = token
    return ticket


def find(kind: str, token: str) -> Ticket | None:
    """Return the row of that kind and token; None if it is unknown, expired or used."""
    return Ticket.objects.filter(_good(), kind=kind, digest=_digest(token)).first()


def redeem(ticket: Ticket) -> bool:
    """Use up the token. Return False if it was used before or has expired meanwhile.

    The update locks the row, so only one of several simultaneous requests succeeds. Inside a
    transaction, the others wait for its end, and may succeed if it is rolled back.
    """
    now = clock.now()
    used = Ticket.objects.filter(_good(), pk=ticket.pk).update(redeemed=now)
    if used:
        ticket.redeemed = now
    return bool(used)


def _good() -> Q:
    return Q(redeemed=None, expires__gt=clock.now())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
