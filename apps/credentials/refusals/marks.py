"""Forced failures: every request of a user or a client with a mark is refused as the mark says.

So developers can see how a program handles an expired token or a rate limit, without changing the
program. Marks only work in the sandbox and with correct credentials. Without the mark, the request
would be served.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.api.access import Access
from apps.api.reasons import Reason
from apps.credentials.models import Client, Mark
from apps.credentials.refusals.responses import refusal

ORDERED = {
    "fail:login": Reason.WRONG_PASSWORD,
    "fail:inactive": Reason.INACTIVE_USER,
    "fail:key": Reason.UNKNOWN_KEY,
    "fail:signature": Reason.SIGNATURE_MISMATCH,
    "fail:timestamp": Reason.TIMESTAMP_OUTSIDE_WINDOW,
    "fail:nonce": Reason.NONCE_USED,
    "fail:unknown": Reason.UNKNOWN_TOKEN,
    "fail:expired": Reason.EXPIRED_TOKEN,
    "fail:revoked": Reason.REVOKED_TOKEN,
    "fail:forbidden": Reason.NOT_PERMITTED,
    "fail:rate": Reason.RATE_LIMITED,
    "fail:unavailable": Reason.UNAVAILABLE,
}
"""The refusal for each mark, in the form of the scheme that the request uses."""


def are_obeyed() -> bool:
    """Return whether this server applies marks."""
    return bool(settings.HEXOSTORE_PROFILE == "sandbox")


def in_force() -> dict[str, str]:
    """Return the forced failures, by e-mail address of the user or by key of the client."""
    if not are_obeyed():
        return {}
    users = Mark.objects.order_by("pk").values_list("user__email", "text")
    keys = Client.objects.exclude(mark="").order_by("pk").values_list("client_id", "mark")
    return dict([*users, *keys])


def of_users() -> tuple[str, str]:
    """Return columns and tables for statements that select users as `u`: their marks, as
    `mark_text`.

    So no additional statement is needed.
    """
    if not are_obeyed():
        return "", ""
    return ", m.text AS mark_text", f"LEFT JOIN {Mark._meta.db_table} m ON m.user_id = u.id"


def ordered(user: Any, client: Client | None) -> Reason | None:
    """Return the forced failure of a user selected with `of_users`, or of their client; None if
    there is none.

    The mark of the client takes precedence.
    """
    if not are_obeyed():
        return None
    marks = client.mark if client else "", getattr(user, "mark_text", None) or ""
    return next((ORDERED[mark] for mark in marks if mark in ORDERED), None)


def obey(request: HttpRequest, user: Any, access: Access) -> None:
    """Raise the forced failure of the user or the client, if there is one."""
    reason = ordered(user, access.client)
    if reason is not None:
        raise refusal(request, reason, access.scheme, user=user, client=access.client, ordered=True)
