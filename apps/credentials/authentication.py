"""Who is asking: HTTP Basic, a signed key, or both (contract, wire.md sections 0 and 1).

A wrong login is 401 with an empty body, a wrong key or signature 401 with the JSON that
published clients look for.
"""

from __future__ import annotations

import base64
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.api.errors import Unauthorized
from apps.credentials import passwords, signatures
from apps.credentials.models import Client

SIGNATURE_FAILED = {"error": "API signature failed."}


class HexoskinAuthentication(BaseAuthentication):
    """Basic names the user, a key the client; a key alone stands for its owner."""

    def authenticate(self, request: Request) -> tuple[Any, Client | None] | None:
        """The user and the client (None without a key); None for an anonymous request.

        Raises Unauthorized for credentials that are wrong or of another scheme.
        """
        client = _client(request)
        header = request.headers.get("Authorization")
        if header is not None:
            return _basic_user(header), client
        return (client.user, client) if client and client.user.is_active else None


def _client(request: Request) -> Client | None:
    sent = signatures.signed(request._request)
    if sent is None:
        return None
    client = None if "\0" in sent.key else _client_called(sent.key)
    secret = client.secret if client else ""
    right = sent.is_by(secret, signatures.urls_as_sent(request._request))
    if client is None or not right or not sent.is_fresh() or client.status != "apikey":
        raise Unauthorized(SIGNATURE_FAILED)
    return client


def _basic_user(header: str) -> Any:
    name, password = _basic(header)
    user = _user_called(name)
    if not passwords.is_right(user, password) or user is None or not user.is_active:
        raise Unauthorized
    return user


def _basic(header: str) -> tuple[str, str]:
    """User name and password of a Basic header; Unauthorized if it is none."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:  # no base64, or what is no text
        raise Unauthorized from None
    name, colon, password = text.partition(":")
    if scheme.lower() != "basic" or not colon or "\0" in text:
        raise Unauthorized
    return name, password


# Both look-ups are raw because every request pays for them: building them would cost more than
# running them.


def _user_called(name: str) -> Any | None:
    """The user with that name or e-mail."""
    users = get_user_model()
    where = "WHERE username = %s OR email = %s ORDER BY id LIMIT 1"
    found = users.objects.raw(f"SELECT * FROM {users._meta.db_table} {where}", [name, name])  # noqa: S608
    return next(iter(found), None)


def _client_called(key: str) -> Client | None:
    """The client with that public key, its user at hand."""
    users, clients = get_user_model(), Client._meta.db_table
    columns = "u.*, c.id AS client_pk, c.secret AS client_secret, c.status AS client_status"
    joined = f"{users._meta.db_table} u JOIN {clients} c ON c.user_id = u.id"
    found = users.objects.raw(f"SELECT {columns} FROM {joined} WHERE c.client_id = %s", [key])  # noqa: S608
    user: Any = next(iter(found), None)
    if user is None:
        return None
    secret, status = user.client_secret, user.client_status
    return Client(pk=user.client_pk, client_id=key, client_secret=secret, status=status, user=user)
