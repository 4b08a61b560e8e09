"""Bearer tokens (RFC 6750): one statement finds token, user and client.

A token is read from the header only. The two other places in the RFC leave it in logs and histories
(RFC 6750, sections 2.2, 2.3 and 5.3; RFC 9700, section 4.3.2).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from oauth2_provider.models import get_access_token_model

from apps.api.access import Access, Scheme
from apps.api.errors import ApiError
from apps.api.reasons import Reason
from apps.credentials import beside_users, tokens
from apps.credentials.models import Client
from apps.credentials.oauth2 import revocations
from apps.credentials.refusals.responses import refuse_credentials
from apps.credentials.user_rows import fetch_user, user_columns
from hexostore import clock

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,512}=*", re.ASCII)  # RFC 6750, section 2.1


def authenticate_bearer(request: HttpRequest) -> tuple[Any, Access]:
    """Return the user who consented, and what the token lets the client do in their name.

    If nobody had to consent, the user is the owner of the client. The access is limited to the
    current realms of the client. Raise Unauthorized for a token that is malformed, unknown, revoked
    or expired, for a client that does not use OAuth 2, and for an inactive user.
    """
    token = request.headers["Authorization"].partition(" ")[2].strip()
    if not _B64TOKEN.fullmatch(token):
        raise refuse_credentials(request, Reason.TOKEN_MALFORMED, Scheme.BEARER)
    digest = revocations.token_checksum(token)
    user = _user_with(digest)
    if user is None:
        known = revocations.was_revoked(digest)
        reason = Reason.REVOKED_TOKEN if known else Reason.UNKNOWN_TOKEN
        raise refuse_credentials(request, reason, Scheme.BEARER)
    access = tokens.access_of(Scheme.BEARER, user, user.token_scope)
    access = replace(access, of_program=user.of_program)
    reason_or_none = _token_fault(user, access.client)
    if reason_or_none is not None:
        raise refuse_token(request, reason_or_none, user, access)
    return user, access


def refuse_token(request: HttpRequest, reason: Reason, user: Any, access: Access) -> ApiError:
    """Return the refusal of a token that exists."""
    shown = {"expires": user.token_expires.isoformat(), "scope": user.token_scope}
    return refuse_credentials(
        request, reason, Scheme.BEARER, user=user, client=access.client, token=shown
    )


def _token_fault(user: Any, client: Client) -> Reason | None:
    if user.token_expires <= clock.now():
        return Reason.EXPIRED_TOKEN
    if client.status != Client.Status.OAUTH2:
        return Reason.CLIENT_NOT_OAUTH2
    return None if user.is_active else Reason.INACTIVE_USER


def _user_with(digest: str) -> Any | None:
    """Return the user of the token with that checksum."""
    users, table = get_user_model(), get_access_token_model()._meta.db_table
    column, join = beside_users.join_facts()
    return fetch_user(
        f"SELECT {user_columns()}, "  # noqa: S608
        "t.id AS token_pk, t.expires AS token_expires, t.scope AS token_scope, "
        "t.user_id IS NULL AS of_program, "
        f"{tokens.client_columns()}{column} FROM {table} t "
        f"JOIN {Client._meta.db_table} c ON c.id = t.application_id "
        f"JOIN {users._meta.db_table} u ON u.id = COALESCE(t.user_id, c.user_id) {join} "
        "WHERE t.token_checksum = %s",
        [digest],
    )
