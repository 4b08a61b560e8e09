"""HTTP Basic: the login that most clients send with every request (wire 1.1)."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from apps.api.access import Access, Scheme
from apps.api.reasons import Reason
from apps.credentials import beside_users
from apps.credentials.basic import login_throttle
from apps.credentials.refusals.refusal_log import shorten_text
from apps.credentials.refusals.responses import refuse_credentials
from apps.credentials.user_rows import fetch_user, user_columns


def authenticate_basic(request: HttpRequest) -> tuple[Any, Access]:
    """Return the user whose name or e-mail and password the header contains.

    Raise Unauthorized for a malformed header, a wrong login and an inactive user. It takes equally
    long for a user who does not exist. Raise TooManyRequests after too many wrong logins.
    """
    sent = parse_pair(request.headers["Authorization"])
    if sent is None or "\0" in "".join(sent):  # which no column can be compared with
        raise refuse_credentials(request, Reason.MALFORMED_AUTHORIZATION, Scheme.BASIC)
    name, password = sent
    login_throttle.refuse_if_many(request, name, Scheme.BASIC)
    user = _user_called(name)
    try:
        right = login_throttle.is_right(request, name, user, password)
    except login_throttle.TooManyTries as error:
        raise login_throttle.refuse_login(request, error.after, Scheme.BASIC) from None
    if not right or user is None:
        reason = Reason.WRONG_PASSWORD if user else Reason.UNKNOWN_USER
        raise refuse_credentials(request, reason, Scheme.BASIC, user=user, login=shorten_text(name))
    if not user.is_active:
        raise refuse_credentials(request, Reason.INACTIVE_USER, Scheme.BASIC, user=user)
    return user, Access(Scheme.BASIC)


def parse_pair(header: str) -> tuple[str, str] | None:
    """Return user name and password of a Basic header; None if it is malformed."""
    encoded = header.partition(" ")[2].strip()
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:  # no base64, or what is no text
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


def _user_called(name: str) -> Any | None:
    """Return the user with that name or e-mail address. Many have no address, so an empty name
    means nobody."""
    if not name:
        return None
    users = get_user_model()
    column, join = beside_users.join_facts()
    return fetch_user(
        f"SELECT {user_columns()}{column} FROM {users._meta.db_table} u {join} "  # noqa: S608
        "WHERE u.username = %s OR u.email = %s ORDER BY u.id LIMIT 1",
        [name, name],
    )
