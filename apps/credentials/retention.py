"""How long tokens, one-time tokens and counts are kept once they have ended.

What was revoked or has expired stays for a while, so that a refusal can say which of the two it
was; a refresh token that was used stays as long as a second use should end its family.
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
    OneTimeToken,
    RateCounter,
    Refusal,
    RevokedToken,
    SpentCode,
)
from apps.credentials.oauth2.revocations import REMEMBERED
from apps.credentials.refusals.refusal_log import KEPT as REFUSALS_KEPT
from apps.jobs.retention import beyond_newest, remove_later

ONE_TIME_TOKENS_KEPT = timedelta(days=7)
REQUESTS_KEPT = timedelta(days=1)


def one_time_tokens(now: datetime) -> QuerySet[Any]:
    """One-time tokens that were redeemed or have expired, and the requests that hang on them."""
    before = now - ONE_TIME_TOKENS_KEPT
    return OneTimeToken.objects.filter(Q(redeemed__lt=before) | Q(expires__lt=before))


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


def expired_codes(now: datetime) -> QuerySet[Any]:
    """Return authorization codes that were never exchanged."""
    rows: QuerySet[Any] = get_grant_model().objects.filter(expires__lt=now - REQUESTS_KEPT)
    return rows


def oauth1_tokens(now: datetime) -> QuerySet[Any]:
    """Return tokens of OAuth 1 that were revoked or have expired."""
    before = now - REMEMBERED
    return OAuth1Token.objects.filter(Q(revoked__lt=before) | Q(expires__lt=before))


def expired_nonces(now: datetime) -> QuerySet[Any]:
    """Return nonces of requests that would be refused because of their time."""
    oldest = int(now.timestamp()) - settings.HEXOSTORE_SIGNATURE_WINDOW
    return OAuth1Nonce.objects.filter(timestamp__lt=oldest)


def old_refusals(_now: datetime) -> QuerySet[Any]:
    """Entries of the refusal log but the newest."""
    return beyond_newest(Refusal.objects.all(), REFUSALS_KEPT)


def expired_sessions(now: datetime) -> QuerySet[Any]:
    """Return expired sessions of the login pages."""
    return Session.objects.filter(expire_date__lt=now)


remove_later("one-time tokens: mailed tokens, requests for permissions", one_time_tokens)
remove_later("refresh tokens of OAuth 2", refresh_tokens)
remove_later("access tokens of OAuth 2", access_tokens)
remove_later("authorization codes", expired_codes)
remove_later("used codes", lambda now: SpentCode.objects.filter(spent__lt=now - REMEMBERED))
remove_later("revocations", lambda now: RevokedToken.objects.filter(revoked__lt=now - REMEMBERED))
remove_later(
    "request tokens of OAuth 1",
    lambda now: OAuth1RequestToken.objects.filter(expires__lt=now - REQUESTS_KEPT),
)
remove_later("tokens of OAuth 1", oauth1_tokens)
remove_later("nonces of OAuth 1", expired_nonces)
remove_later("counts for limits", lambda now: RateCounter.objects.filter(ends__lt=now.timestamp()))
remove_later("refusal log", old_refusals)
remove_later("sessions of the login pages", expired_sessions)
