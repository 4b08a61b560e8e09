"""Requests signed with a token of OAuth 1 (RFC 5849, section 3).

They cost two statements: one finds token, user and client, and the other stores the nonce.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from apps.api.access import Access, Scheme
from apps.api.errors import ApiError
from apps.api.reasons import Reason
from apps.credentials import beside_users, tokens
from apps.credentials.models import Client, OAuth1Token
from apps.credentials.oauth1 import signed_requests
from apps.credentials.oauth1.signed_requests import OAuth1Request, refuse_request
from apps.credentials.user_rows import fetch_user, user_columns
from hexostore import clock

_NAME = re.compile(r"[\x21-\x7e]{1,100}", re.ASCII)


def authenticate_oauth1(request: HttpRequest) -> tuple[Any, Access]:
    """Return the user who consented, and what the token lets the client do in their name.

    Raise a refusal for a request that is malformed, wrongly signed, too old or sent before; for a
    token that is unknown, revoked, expired or another client's; for a client that does not use
    OAuth 1; and for an inactive user.
    """
    sent = signed_requests.read_request(request)
    if not sent.token:
        raise refuse_request(sent, Reason.OAUTH_PARAMETER_MISSING)
    user = _user_with(sent.token) if _NAME.fullmatch(sent.token) else None
    if user is None or user.client_key != sent.key:
        raise _refuse_stranger(sent)
    access = tokens.access_of(Scheme.OAUTH1, user, user.token_realms)
    signed_requests.check_signature(sent, access.client, user.token_secret)
    reason = _token_fault(user, access.client)
    if reason is not None:
        raise refuse_request(sent, reason, client=access.client, user=user)
    signed_requests.use_up(sent, access.client, sent.token)
    return user, access


def client_of(sent: OAuth1Request) -> Client:
    """Return the client that a request names. Raise Unauthorized if it is unknown or does not use
    OAuth 1."""
    found = None
    if _NAME.fullmatch(sent.key):
        found = Client.objects.filter(client_id=sent.key).select_related("user").first()
    if found is None:
        raise refuse_request(sent, Reason.UNKNOWN_KEY)
    if found.status != Client.Status.OAUTH1:
        raise refuse_request(sent, Reason.CLIENT_NOT_OAUTH1, client=found)
    return found


def exchange_token(refresh_token: str, client: Client) -> OAuth1Token | None:
    """Return the token of this client that `token:secret` names; None if there is no valid one.

    So a program that moves to OAuth 2 need not ask its users again. The row is locked until the
    transaction ends. Whoever grants something for it revokes it (`revoked`).
    """
    token, _, secret = refresh_token.partition(":")
    if not _NAME.fullmatch(token):
        return None
    rows = OAuth1Token.objects.select_for_update(of=("self",)).select_related("user")
    found = rows.filter(token=token, client=client, revoked=None).first()
    if found is None:
        return None
    if not hmac.compare_digest(found.secret.encode(), secret.encode()):
        return None
    if found.expires is not None and found.expires <= clock.now():
        return None
    return found if found.user.is_active else None


def _refuse_stranger(sent: OAuth1Request) -> ApiError:
    """Return why the client has no such token."""
    client = client_of(sent)
    return refuse_request(sent, Reason.UNKNOWN_TOKEN, client=client)


def _token_fault(user: Any, client: Client) -> Reason | None:
    if client.status != Client.Status.OAUTH1:
        return Reason.CLIENT_NOT_OAUTH1
    if user.token_revoked is not None:
        return Reason.REVOKED_TOKEN
    if user.token_expires is not None and user.token_expires <= clock.now():
        return Reason.EXPIRED_TOKEN
    return None if user.is_active else Reason.INACTIVE_USER


def _user_with(token: str) -> Any | None:
    """Return the user of the token."""
    users, table = get_user_model()._meta.db_table, OAuth1Token._meta.db_table
    column, join = beside_users.join_facts()
    return fetch_user(
        f"SELECT {user_columns()}, "  # noqa: S608
        "t.id AS token_pk, t.secret AS token_secret, t.realms AS token_realms, "
        "t.expires AS token_expires, t.revoked AS token_revoked, "
        f"{tokens.client_columns()}{column} FROM {table} t "
        f"JOIN {Client._meta.db_table} c ON c.id = t.client_id "
        f"JOIN {users} u ON u.id = t.user_id {join} WHERE t.token = %s",
        [token],
    )
