"""Which requests were refused of late, and why: what a developer looks into.

Whoever refuses notes the reason: here with details (`record_refusal`), or by an exception of
apps/api/errors.py. The middleware `log_refusals`, outside every transaction of the request,
puts the code into the header X-HexoStore-Reason and writes one row. So a refusal is written whole,
or not at all, whatever is rolled back. In the public profile there is no row, for strangers could
fill the table: the reason goes to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api import remarks
from apps.api.access import Access, Scheme
from apps.api.errors import REASON, note_reason, noted_reason
from apps.api.reasons import Reason
from apps.credentials.models import Refusal
from hexostore.middleware import without_secrets

KEPT = 1000

MASK = "<secret>"
"""Shown in place of a secret."""

_DETAILS, _CALLER, _REMARK = "hexostore.details", "hexostore.caller", "hexostore.remark"
_log = logging.getLogger("hexostore.refused")


@dataclass(frozen=True)
class Details:
    """Who sent a refused request, as far as known, and what helps to understand the refusal."""

    scheme: str = ""
    user: str = ""
    client: str = ""
    shown: dict[str, Any] = field(default_factory=dict)


def record_refusal(
    request: HttpRequest,
    reason: Reason,
    *,
    scheme: Scheme = Scheme.NONE,
    user: Any = None,
    client: Any = None,
    **shown: Any,
) -> None:
    """Have the refusal of this request written down; the last note of a request counts.

    `shown` is JSON that goes into the row: never a secret, and texts that a client chose only by
    way of `shorten_text`.
    """
    note_reason(request, reason)
    request.META[_DETAILS] = Details(scheme, _user_name(user), _client_key(client), shown)


def remember_caller(request: HttpRequest, user: Any, access: Access) -> None:
    """Remember who was authenticated by which credentials, in case the request is refused later."""
    request.META[_CALLER] = user, access


def known_sender(request: HttpRequest) -> Details:
    """Return who sent a request, as far as known when it was answered; empty for a stranger."""
    return _find_details(request)


def remembered_caller(request: HttpRequest) -> tuple[str, str]:
    """Return the number of the user and the key of the client that were authenticated, each ""
    if there is none."""
    user, access = request.META.get(_CALLER, (None, None))
    return str(getattr(user, "pk", "")), _client_key(getattr(access, "client", None))


def add_remark(request: HttpRequest, text: str) -> None:
    """Add a remark to the response, whether the request is refused later or not."""
    request.META[_REMARK] = text


def shorten_text(text: str, longest: int = 200) -> str:
    """Return a text of a client, shortened for the refusal log."""
    return text.replace("\0", "\ufffd")[:longest]


def log_refusals(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Return the middleware that puts the reason into the answer and the refusal into the refusal
    log."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if _REMARK in request.META:
            remarks.add_remark(response, request.META[_REMARK])
        reason = noted_reason(request)
        if reason is not None:
            response[REASON] = reason.told
            if settings.HEXOSTORE_PROFILE == "sandbox":
                response["Link"] = f'<{reason.page}>; rel="help"'
            _write_row(request, response, reason)
        return response

    return middleware


def _write_row(request: HttpRequest, response: HttpResponseBase, reason: Reason) -> None:
    if settings.HEXOSTORE_PROFILE != "sandbox":
        _log.info("%s", reason)
        return
    details = _find_details(request)
    try:
        row = Refusal.objects.create(
            method=str(request.method)[:16],
            path=without_secrets(request.get_full_path()).replace("\0", "%00")[:1000],
            status=response.status_code,
            scheme=details.scheme,
            reason=reason,
            user=details.user,
            client=details.client,
            shown=details.shown,
        )
        Refusal.objects.filter(pk__lte=row.pk - KEPT).delete()
    except Error:  # the answer counts, not the note of it
        _log.warning("the refusal (%s) could not be recorded", reason, exc_info=True)


def _find_details(request: HttpRequest) -> Details:
    """Return what was noted with the reason, or the caller that was remembered before an
    exception."""
    noted: Details | None = request.META.get(_DETAILS)
    if noted is not None:
        return noted
    if _CALLER not in request.META:
        return Details()
    user, access = request.META[_CALLER]
    return Details(access.scheme, _user_name(user), _client_key(access.client))


def _user_name(user: Any) -> str:
    return "" if user is None else str(user.get_username())[:254]


def _client_key(client: Any) -> str:
    return "" if client is None else str(client.client_id)[:100]
