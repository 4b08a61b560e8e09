"""Force a chosen failure for one user or one client.

So a developer sees how a program takes a token that has expired, or a limit that is reached,
without touching the program. Failures are forced only in the sandbox, and only for credentials
that are right, so that the request would be served otherwise.
"""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest

from apps.api.access import Access
from apps.api.reasons import Reason
from apps.credentials.models import Client, ForcedFailure
from apps.credentials.refusals.responses import refuse_credentials

FAILURES = {
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
"""The reason that each forced failure refuses every request with, in the form of its scheme."""


def are_obeyed() -> bool:
    """Return whether this server forces failures at all."""
    return bool(settings.HEXOSTORE_PROFILE == "sandbox")


def list_failures() -> dict[str, str]:
    """Return the failures in force, by e-mail address of the user, or by name if there is none, or
    by key of the client."""
    return {**list_marks("user"), **list_marks("client")}


def list_marks(of: Literal["user", "client"]) -> dict[str, str]:
    """Return the failures in force of users, by address or name, or those of clients, by key."""
    if not are_obeyed():
        return {}
    if of == "client":
        clients = Client.objects.exclude(forced_failure="").order_by("pk")
        return dict(clients.values_list("client_id", "forced_failure"))
    called = Coalesce(NullIf("user__email", Value("")), "user__username")
    return dict(ForcedFailure.objects.order_by("pk").values_list(called, "failure"))


def join_failures() -> tuple[str, str]:
    """Return what a statement that selects users as `u` adds to its columns and its tables to have
    their forced failures at hand, as `user_failure`: no statement more."""
    if not are_obeyed():
        return "", ""
    table = ForcedFailure._meta.db_table
    return ", f.failure AS user_failure", f"LEFT JOIN {table} f ON f.user_id = u.id"


def find_failure(user: Any, client: Client | None) -> Reason | None:
    """Return the failure that is forced for a user selected with `join_failures` or for their
    client, whose own failure comes first; None for none."""
    if not are_obeyed():
        return None
    forced = client.forced_failure if client else "", getattr(user, "user_failure", None) or ""
    return next((FAILURES[name] for name in forced if name in FAILURES), None)


def raise_forced(request: HttpRequest, user: Any, access: Access) -> None:
    """Raise the refusal that is forced for the user or the client, if one is."""
    reason = find_failure(user, access.client)
    if reason is not None:
        raise refuse_credentials(
            request, reason, access.scheme, user=user, client=access.client, ordered=True
        )
