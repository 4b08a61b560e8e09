"""Temporary credentials and tokens of OAuth 1, and how one becomes the other (RFC 5849, section 2).

Form, client, signature, timestamp and nonce of a request are checked earlier (signed_requests.py).
Realms, callbacks and verifiers are checked here.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

from oauthlib.common import generate_token

from apps.api.access import REALM
from apps.api.reasons import Reason
from apps.credentials import scopes
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token
from apps.credentials.oauth1.signed_requests import OAuth1Request, refuse_request
from hexostore import clock

LIFETIME = timedelta(minutes=10)
"""How much time a person has to consent, and the client to fetch its token."""

OUT_OF_BAND = "oob"
"""The callback of a client without one. The verifier is shown instead (section 2.1)."""


def find_temporary(token: str, **columns: object) -> OAuth1RequestToken | None:
    """Return the temporary credentials of that token, locked until the transaction ends.

    Return None if they are unknown, used or too old.
    """
    if "\0" in token:
        return None
    rows = OAuth1RequestToken.objects.select_for_update(of=("self",)).select_related("client")
    return rows.filter(token=token, expires__gt=clock.now(), **columns).first()


def grant_temporary(sent: OAuth1Request, client: Client) -> OAuth1RequestToken:
    """Return new temporary credentials (section 2.1), and forget those that are too old.

    Raise a refusal for a realm that the client may not ask for and for a callback that it did not
    register.
    """
    realms = _requested_realms(sent, client)
    if not scopes.allowed_scopes(client).issuperset(realms):
        raise refuse_request(sent, Reason.REALM_NOT_ALLOWED, client=client)
    callback = sent.oauth["oauth_callback"]
    if callback != OUT_OF_BAND and not client.redirect_uri_allowed(callback):
        raise refuse_request(sent, Reason.CALLBACK_NOT_REGISTERED, client=client)
    now = clock.now()
    OAuth1RequestToken.objects.filter(expires__lte=now).delete()
    return OAuth1RequestToken.objects.create(
        token=generate_token(),
        secret=generate_token(),
        client=client,
        callback_uri=callback,
        realms=" ".join(realms),
        expires=now + LIFETIME,
    )


def record_consent(row: OAuth1RequestToken, user: Any) -> str:
    """Note that the user agreed (section 2.2), and return the verifier for the client."""
    row.user, row.verifier = user, generate_token()
    row.save(update_fields=["user", "verifier"])
    return row.verifier


def grant_token(sent: OAuth1Request, row: OAuth1RequestToken) -> OAuth1Token:
    """Return a token for temporary credentials, which end with it (section 2.3).

    Raise a refusal unless a person agreed and the request brings the verifier of that consent.
    """
    verifier = sent.oauth["oauth_verifier"]
    is_right = hmac.compare_digest(verifier.encode(), row.verifier.encode())
    if row.user is None or not row.verifier or not is_right:
        raise refuse_request(sent, Reason.VERIFIER_MISMATCH, client=row.client)
    token = OAuth1Token.objects.create(
        token=generate_token(),
        secret=generate_token(),
        client=row.client,
        user=row.user,
        realms=row.realms,
    )
    row.delete()
    return token


def _requested_realms(sent: OAuth1Request, client: Client) -> list[str]:
    """Return the realms that the header names, or the client's usual ones.

    A realm that only repeats our own challenge names none.
    """
    named = sent.realm.split()
    if named and named != [REALM]:
        return list(dict.fromkeys(named))
    return list(scopes.default_scopes(client))
