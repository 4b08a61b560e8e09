"""Ending all access that lets a program or a browser act for a user.

Users may choose a new password or address because somebody else got in. So everything that was
allowed before ends with it and must be allowed again.
"""

from __future__ import annotations

from django.db.models import Q
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_refresh_token_model,
)

from apps.api.callers import Caller
from apps.credentials.models import Consent, OAuth1RequestToken, OAuth1Token, OneTimeToken
from hexostore import clock


def tokens_for(user: Caller) -> Q:
    """Return the access tokens of OAuth 2 that act for a user.

    They come from a consent, or a client of the user got them for itself.
    """
    return Q(user=user.pk) | Q(user=None, application__user=user.pk)


def take_back(user: Caller, client: int | None = None) -> int:
    """Revoke the OAuth 2 tokens and consents of a user, for one client or for all.

    Return how many tokens ended.
    """
    consents = Consent.objects.filter(user=user.pk)
    codes = get_grant_model().objects.filter(user=user.pk)
    refreshing = get_refresh_token_model().objects.filter(user=user.pk, revoked=None)
    tokens = get_access_token_model().objects.filter(tokens_for(user))
    if client is not None:
        consents = consents.filter(client=client)
        codes = codes.filter(application=client)
        refreshing = refreshing.filter(application=client)
        tokens = tokens.filter(application=client)
    ended, _ = consents.delete()
    gone, _ = codes.delete()
    # The first statement waits for a refresh or an exchange in progress, but does not see the
    # resulting token. The second does.
    revoked = refreshing.update(revoked=clock.now())
    revoked += refreshing.update(revoked=clock.now())
    deleted, _ = tokens.delete()
    return int(ended + gone + revoked + deleted)


def end_access(user: Caller) -> None:
    """End all access as the user, except the API keys, which have their own secrets.

    This covers tokens, codes and consents of both kinds of OAuth, and mailed tokens. Sessions end
    by themselves: they depend on the password and the address (apps/accounts/models.py).
    """
    now = clock.now()
    take_back(user)
    OAuth1Token.objects.filter(user=user.pk, revoked=None).update(revoked=now)
    OAuth1RequestToken.objects.filter(user=user.pk).delete()
    OneTimeToken.objects.filter(user=user.pk, redeemed=None).update(redeemed=now)
