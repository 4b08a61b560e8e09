"""Failures that are ordered: a user or a client with a mark is refused as the mark says.

So a developer sees how a program takes a token that has expired, or a limit that is reached,
without touching the program. Marks count only in the sandbox, and only for credentials that
are right; without the mark the request would be served.
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
"""What each mark has every request refused with, in the form of the scheme that it uses."""


def are_obeyed() -> bool:
    """Whether this server obeys marks at all."""
    return bool(settings.HEXOSTORE_PROFILE == "sandbox")


def in_force() -> dict[str, str]:
    """The failures that are ordered, by e-mail address of the user or by key of the client."""
    if not are_obeyed():
        return {}
    users = Mark.objects.order_by("pk").values_list("user__email", "text")
    keys = Client.objects.exclude(mark="").order_by("pk").values_list("client_id", "mark")
    return dict([*users, *keys])


def of_users() -> tuple[str, str]:
    """What a statement that selects users as `u` adds to its columns and its tables to have
    their marks at hand, as `mark_text`: no statement more."""
    if not are_obeyed():
        return "", ""
    return ", m.text AS mark_text", f"LEFT JOIN {Mark._meta.db_table} m ON m.user_id = u.id"


def ordered(user: Any, client: Client | None) -> Reason | None:
    """The failure that is ordered for a user selected with `of_users` or for his client, whose
    own mark comes first; None for none."""
    if not are_obeyed():
        return None
    marks = client.mark if client else "", getattr(user, "mark_text", None) or ""
    return next((ORDERED[mark] for mark in marks if mark in ORDERED), None)


def obey(request: HttpRequest, user: Any, access: Access) -> None:
    """Raises the refusal that is ordered for the user or the client, if one is."""
    reason = ordered(user, access.client)
    if reason is not None:
        raise refusal(request, reason, access.scheme, user=user, client=access.client, ordered=True)
