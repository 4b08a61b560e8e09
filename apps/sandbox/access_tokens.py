"""The OAuth 2 access tokens of a store: which there are, and how one ends before its time."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from oauth2_provider.models import get_access_token_model

from apps.credentials.oauth2.revocations import token_checksum
from hexostore import clock

MOST_LISTED = 1000
SHOWN = 12
"""How many characters of a checksum are shown. The token itself is kept nowhere."""

_COLUMNS = (
    "pk",
    "token_checksum",
    "user__username",
    "application__client_id",
    "scope",
    "expires",
    "refresh_token",
)


def list_tokens() -> list[dict[str, Any]]:
    """Return the newest tokens as JSON, without what they could be used by."""
    rows = get_access_token_model().objects.order_by("-pk").values_list(*_COLUMNS)
    return [_as_json(row) for row in rows[:MOST_LISTED]]


def end_tokens(
    *, token: str = "", key: int | None = None, user: str = "", client: str = ""
) -> list[dict[str, Any]]:
    """Have tokens expire now: those that have all that is given, and have not expired yet.

    Refresh tokens still work, as after any expiry. Return the ended tokens.
    """
    wanted = Q(expires__gt=clock.now())
    if token:
        wanted &= Q(token_checksum=token_checksum(token))
    if key is not None:
        wanted &= Q(pk=key)
    if user:
        wanted &= Q(user__username=user) | Q(user__email=user)
    if client:
        wanted &= Q(application__client_id=client)
    found: QuerySet[Any] = get_access_token_model().objects.filter(wanted)
    keys = list(found.values_list("pk", flat=True))
    rows = get_access_token_model().objects.filter(pk__in=keys)
    rows.update(expires=clock.now())
    return [_as_json(row) for row in rows.order_by("pk").values_list(*_COLUMNS)]


def _as_json(row: Any) -> dict[str, Any]:
    key, checksum, user, client, scope, expires, refresh = row
    return {
        "id": key,
        "checksum": checksum[:SHOWN],
        "user": user,
        "client": client,
        "scope": scope,
        "expires": expires.isoformat(),
        "expired": expires <= clock.now(),
        "refreshable": refresh is not None,
    }
