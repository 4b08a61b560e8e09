"""How long tokens and counters are kept after their end.

Revoked and expired tokens stay for a while, so that a refusal can say which of the two they are. A
used refresh token stays as long as a second use should revoke its family.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_refresh_token_model,
)
from oauth2_provider.settings import oauth2_settings

from apps.credentials.models import (
    OAuth1Nonce,
    OAuth1RequestToken,
    OAuth1Token,
    Refusal,
    RevokedToken,
    SpentCode,
    Tally,
    Ticket,
)
from apps.credentials.oauth2.revocations import REMEMBERED
from apps.credentials.refusals.journal import KEPT as REFUSALS_KEPT
from apps.jobs.retention import beyond, forget

TICKETS_KEPT = timedelta(days=7)
REQUESTS_KEPT = timedelta(days=1)


def tickets(now: datetime) -> QuerySet[Any]:
    """Return one-time tokens that were redeemed or have expired, and the requests that depend on
    them."""
    before = now - TICKETS_KEPT
    return Ticket.objects.filter(Q(redeemed__lt=before) | Q(expires__lt=before))


def refresh_tokens(now: datetime) -> QuerySet[Any]:
    """Return refresh tokens that were used or revoked long ago, or unused for so long that they are
    void."""
    lifetime = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    idle = Q(access_token__expires__lt=now - lifetime - REQUESTS_KEPT)
    rows: QuerySet[Any] = get_refresh_token_model().objects.filter(
        Q(revoked__lt=now - REMEMBERED) | Q(revoked=None) & idle
    )
    return rows


def access_tokens(now: datetime) -> QuerySet[Any]:
    """Return access tokens that ended long ago and that no refresh token needs."""
    rows: QuerySet[Any] = get_access_token_model().objects.filter(
        expires__lt=now - REMEMBERED, refresh_token=None
    )
    return rows


def codes(now: datetime) -> QuerySet[Any]:
    """Return authorization codes that were never exchanged."""
    rows: QuerySet[Any] = get_grant_model().objects.filter(expires__lt=now - REQUESTS_KEPT)
    return rows


def oauth1_tokens(now: datetime) -> QuerySet[Any]:
    """Return tokens of OAuth 1 that were revoked or have expired."""
    before = now - REMEMBERED
    return OAuth1Token.objects.filter(Q(revoked__lt=before) | Q(expires__lt=before))


def nonces(now: datetime) -> QuerySet[Any]:
    """Return nonces of requests that would be refused because of their time."""
    oldest = int(now.timestamp()) - settings.HEXOSTORE_SIGNATURE_WINDOW
    return OAuth1Nonce.objects.filter(timestamp__lt=oldest)


def refusals(_now: datetime) -> QuerySet[Any]:
    """Return the entries of the journal of refusals, except the newest."""
    return beyond(Refusal.objects.all(), REFUSALS_KEPT)


def sessions(now: datetime) -> QuerySet[Any]:
    """Return expired sessions of the login pages."""
    return Session.objects.filter(expire_date__lt=now)


forget("tickets: mailed tokens, requests for permissions", tickets)
forget("refresh tokens of OAuth 2", refresh_tokens)
forget("access tokens of OAuth 2", access_tokens)
forget("authorization codes", codes)
forget("used codes", lambda now: SpentCode.objects.filter(spent__lt=now - REMEMBERED))
forget("revocations", lambda now: RevokedToken.objects.filter(revoked__lt=now - REMEMBERED))
forget(
    "request tokens of OAuth 1",
    lambda now: OAuth1RequestToken.objects.filter(expires__lt=now - REQUESTS_KEPT),
)
forget("tokens of OAuth 1", oauth1_tokens)
forget("nonces of OAuth 1", nonces)
forget("counts for limits", lambda now: Tally.objects.filter(ends__lt=now.timestamp()))
forget("journal of refusals", refusals)
forget("sessions of the login pages", sessions)
