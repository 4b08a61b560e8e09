"""The scopes that a client may request: its realms, which are also the scopes of OAuth 2."""

from __future__ import annotations

from apps.api.access import READONLY
from apps.credentials.models import Client


def allowed_scopes(client: Client) -> frozenset[str]:
    """Return the scopes that the client may request (behaviour 4): its realms, or `readonly` if it
    has none."""
    realms = frozenset(client.realms.values_list("name", flat=True))
    return realms or frozenset({READONLY})


def default_scopes(client: Client) -> tuple[str, ...]:
    """Return what a request without a scope means (RFC 6749, section 3.3).

    This is the default realm, if it is one of the realms; else `readonly`, if that is one; else
    all.
    """
    names = allowed_scopes(client)
    name = client.default_realm.name if client.default_realm else READONLY
    return (name,) if name in names else tuple(sorted(names))
