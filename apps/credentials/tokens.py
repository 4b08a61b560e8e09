"""What the tokens of both protocols share: the columns of their client, and their access."""

from __future__ import annotations

from typing import Any

from apps.api.access import Access, Scheme
from apps.credentials import realms
from apps.credentials.models import Client


def client_columns() -> str:
    """Return the columns that a statement selects of the client `c` of a token, for `access_of`."""
    return (
        "c.id AS client_pk, c.client_id AS client_key, c.secret AS client_secret, "
        "c.user_id AS client_owner, c.status AS client_status, c.forced_failure AS client_failure, "
        f"{realms.of_clients()}"
    )


def access_of(scheme: Scheme, user: Any, granted: str) -> Access:
    """Return the access of a user who was selected with the columns above and `token_pk`.

    `granted` are the scopes of the token, separated by blanks. They are limited to the current
    realms of the client.
    """
    client = Client.of_row(
        user if user.client_owner == user.pk else None,
        id=user.client_pk,
        client_id=user.client_key,
        client_secret=user.client_secret,
        user_id=user.client_owner,
        status=user.client_status,
        forced_failure=user.client_failure,
    )
    return Access(
        scheme, client, realms.limit_scopes(granted.split(), user.client_realms), user.token_pk
    )
