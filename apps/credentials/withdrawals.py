"""The end of what lets a program or a browser act for a user.

Whoever chooses a new password or another address may do so because somebody else has got in.
So everything that was let in before ends with it, and has to be let in again.
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
    """Which access tokens of OAuth 2 act for a user: those of a consent, and those that a client
    of the user's got by itself."""
    return Q(user=user.pk) | Q(user=None, application__user=user.pk)


def take_back(user: Caller, client: int | None = None) -> int:
    """End the OAuth 2 of a user, at one client or at all of them, with the consent.

    Return how much has ended.
    """
    at_client = Q() if client is None else Q(application=client)
    consents = Consent.objects.filter(user=user.pk)
    ended = consents if client is None else consents.filter(client=client)
    codes = get_grant_model().objects.filter(at_client, user=user.pk)
    refreshing = get_refresh_token_model().objects.filter(at_client, user=user.pk, revoked=None)
    tokens = get_access_token_model().objects.filter(at_client, tokens_for(user))
    gone = sum(rows.delete()[0] for rows in (ended, codes))
    # The first statement waits for a refresh or an exchange that is under way, and does not see
    # the token that comes of it; the second does.
    gone += sum(refreshing.update(revoked=clock.now()) for _ in range(2))
    return int(gone + tokens.delete()[0])


def end_access(user: Caller) -> None:
    """End everything that was let in as the user but the API keys, which have secrets of their own.

    These are tokens, codes and consents of both kinds of OAuth, and what was mailed. Sessions
    end by themselves: they are bound to password and address (apps/accounts/models.py).
    """
    now = clock.now()
    take_back(user)
    OAuth1Token.objects.filter(user=user.pk, revoked=None).update(revoked=now)
    OAuth1RequestToken.objects.filter(user=user.pk).delete()
    OneTimeToken.objects.filter(user=user.pk, redeemed=None).update(redeemed=now)
