"""Whom a request says that it comes from. Passwords and signatures are not checked for that.

Rules are about requests that arrive, so a fault comes before anything is checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest
from oauth2_provider.models import get_access_token_model

from apps.credentials.basic.authentication import parse_pair
from apps.credentials.models import Client, OAuth1Token
from apps.credentials.oauth2.revocations import token_checksum

_CLAIM = "hexostore.claimed_caller"
_PARAMETER = re.compile(r'oauth_(consumer_key|token)="?([^",&\s]*)')


@dataclass(frozen=True)
class ClaimedCaller:
    """The names of a user (number, user name, address), and the keys of the client."""

    user: frozenset[str] = frozenset()
    client: frozenset[str] = frozenset()


def is_sent_by(request: HttpRequest, user: str, client: str) -> bool:
    """Return whether a request comes from a user and with a client; an empty name is anybody.

    This takes one or two statements for a request, however many rules ask.
    """
    if _CLAIM not in request.META:
        request.META[_CLAIM] = _find_claim(request)
    claim: ClaimedCaller = request.META[_CLAIM]
    return (not user or user in claim.user) and (not client or client in claim.client)


def scheme_word(request: HttpRequest) -> str:
    """Return the first word of the Authorization header in small letters, or ""."""
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    return header.partition(" ")[0].lower()


def _find_claim(request: HttpRequest) -> ClaimedCaller:
    key = request.META.get("HTTP_X_HEXOAPIKEY", "").replace("\0", "")
    word, header = scheme_word(request), request.META.get("HTTP_AUTHORIZATION", "")
    if word == "basic":
        return ClaimedCaller(_names_of_login(header), frozenset(filter(None, [key])))
    if word == "bearer":
        return _by_token(header.partition(" ")[2].strip())
    if key:
        return _by_client(key)
    signed = f"{header}&{request.META.get('QUERY_STRING', '')}"
    return _by_oauth1(dict(_PARAMETER.findall(signed)))


def _names_of_login(header: str) -> frozenset[str]:
    name, _ = parse_pair(header) or ("", "")
    if not name or "\0" in name:
        return frozenset()
    users = get_user_model().objects.filter(Q(username=name) | Q(email=name))
    return _names(users.order_by("pk").values_list(*_NAMES).first()) | {name}


_NAMES = "pk", "username", "email"


def _by_token(token: str) -> ClaimedCaller:
    rows = get_access_token_model().objects.filter(token_checksum=token_checksum(token))
    owner = [f"application__user__{name}" for name in _NAMES]
    user = [f"user__{name}" for name in _NAMES]
    found = rows.values_list("application__client_id", *user, *owner).first()
    if found is None:
        return ClaimedCaller()
    client, *names = found
    return ClaimedCaller(_names(names[:3]) or _names(names[3:]), frozenset([client]))


def _by_client(key: str) -> ClaimedCaller:
    rows = Client.objects.filter(client_id=key)
    found = rows.values_list(*[f"user__{name}" for name in _NAMES]).first()
    return ClaimedCaller(_names(found), frozenset([key]))


def _by_oauth1(sent: dict[str, str]) -> ClaimedCaller:
    client = frozenset(filter(None, [sent.get("consumer_key", "")]))
    if not sent.get("token"):
        return ClaimedCaller(client=client)
    rows = OAuth1Token.objects.filter(token=sent["token"])
    found = rows.values_list(*[f"user__{name}" for name in _NAMES]).first()
    return ClaimedCaller(_names(found), client)


def _names(found: Iterable[object] | None) -> frozenset[str]:
    """Return the names in a row, none of which is empty."""
    return frozenset(str(each) for each in found or () if each not in {None, ""})
