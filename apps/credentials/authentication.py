"""Who is asking: the credentials of a request, and which module understands them.

| the request carries | understood by | gives |
|---|---|---|
| the three X-HEXO headers | signed_keys/authentication.py | the client, alone for its owner |
| Authorization: Basic | basic/authentication.py | a user, together with a signed key or without |
| Authorization: Bearer | oauth2/bearer.py | a user, through the token of a client |
| Authorization: OAuth, or oauth_ in query or form | oauth1/authentication.py | the same, signed |

How to plug in another scheme: write a module with
`authenticate(request) -> tuple[user, Access]`, given Django's request, which raises
`responses.refuse_credentials(request, Reason.…, Scheme.…)`, and enter it in `SCHEMES` under its
word in the Authorization header, lower case. Credentials in the query or the body are looked for in
`_find_elsewhere`. Users are best selected with `beside_users.join_facts()`, so that forced
failures cost no statement. What is common follows here: forced failures, and whom the refusal log
names; scopes are looked at by the views (apps/api/access.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.api.access import Access, Scheme
from apps.api.reasons import Reason
from apps.credentials.basic import authentication as basic
from apps.credentials.models import Client
from apps.credentials.oauth1 import authentication as oauth1
from apps.credentials.oauth1 import signed_requests
from apps.credentials.oauth2 import bearer
from apps.credentials.refusals import forced_failures, refusal_log
from apps.credentials.refusals.responses import refuse_credentials
from apps.credentials.signed_keys import authentication as signed_keys

Found = tuple[Any, Access]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,31} .*", re.ASCII | re.DOTALL)
_TOKEN_SENT = re.compile(r"(?:^|&)access_token=")

SCHEMES: dict[str, Callable[[HttpRequest], Found]] = {
    "basic": basic.authenticate_basic,
    "bearer": bearer.authenticate_bearer,
    "oauth": oauth1.authenticate_oauth1,
}


class HexoskinAuthentication(BaseAuthentication):
    """All schemes of the real service (behaviour 4)."""

    def authenticate(self, request: Request) -> Found | None:
        """Return the user and their access; None for an anonymous request.

        Raise a refusal for credentials that are wrong, of an unknown scheme, or forced to fail.
        """
        asked = request._request
        found = _find_credentials(asked)
        if found is not None:
            forced_failures.raise_forced(asked, *found)
            refusal_log.remember_caller(asked, *found)
        return found


def _find_credentials(request: HttpRequest) -> Found | None:
    client = signed_keys.authenticate_key(request)
    header = request.headers.get("Authorization")
    if header is not None:
        user, access = _find_by_header(request, header)
        return user, access if access.client else replace(access, client=client)
    return _owner_of_key(request, client) if client else _find_elsewhere(request)


def _find_by_header(request: HttpRequest, header: str) -> Found:
    """Return the result of the scheme that the Authorization header names."""
    word = header.partition(" ")[0].lower()
    understand = SCHEMES.get(word)
    if understand is not None:
        return understand(request)
    if not _WORD.fullmatch(header):
        raise refuse_credentials(request, Reason.MALFORMED_AUTHORIZATION)
    raise refuse_credentials(request, Reason.UNSUPPORTED_SCHEME, word=word)


def _owner_of_key(request: HttpRequest, client: Client) -> Found:
    """Return the owner of the key, who is the user of a request with a key alone."""
    if not client.user.is_active:
        raise refuse_credentials(
            request, Reason.INACTIVE_USER, Scheme.KEY, user=client.user, client=client
        )
    signed_keys.use_up(request, client)
    return client.user, Access(Scheme.KEY, client)


def _find_elsewhere(request: HttpRequest) -> Found | None:
    """Return the result for credentials that are neither in the Authorization header nor in those
    of a signed key."""
    if _TOKEN_SENT.search(request.META.get("QUERY_STRING", "")):
        raise refuse_credentials(request, Reason.TOKEN_IN_QUERY, Scheme.BEARER)
    return oauth1.authenticate_oauth1(request) if signed_requests.is_signed(request) else None
