"""The access log: a line for each request, which a person can follow."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api.errors import noted_reason
from apps.control.entering import named_sandbox
from apps.control.names import LONGEST, MAIN
from apps.credentials.refusals.refusal_log import known_sender
from hexostore.log_lines import AccessLine
from hexostore.middleware import PROBES, without_secrets
from hexostore.own_pages import is_own_page
from hexostore.request_ids import REQUEST_ID, was_sent

_log = logging.getLogger("hexostore.request")


def log_request(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Log each request: method, path, status and milliseconds, who sent it, and the reason if it is
    refused.

    Probes are left out, and what open pages of the console ask again and again.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = get_response(request)
        if _log.isEnabledFor(logging.INFO) and not _is_repeated(request):
            _log.info(_line(request, response, (perf_counter() - began) * 1000))
        return response

    return middleware


def _is_repeated(request: HttpRequest) -> bool:
    """Return whether nobody sent the request: a monitor did, or a page that brings itself up to
    date."""
    return request.path in PROBES or ("HX-Request" in request.headers and is_own_page(request.path))


def _line(request: HttpRequest, response: HttpResponseBase, milliseconds: float) -> AccessLine:
    sender, sandbox, reason = known_sender(request), named_sandbox(request), noted_reason(request)
    return AccessLine(
        method=str(request.method),
        path=without_secrets(request.get_full_path()),
        status=response.status_code,
        ms=round(milliseconds, 1),
        user=sender.user,
        client=sender.client,
        scheme=sender.scheme,
        sandbox="" if sandbox == MAIN else sandbox[:LONGEST],
        reason=reason or "",
        id=request.META.get(REQUEST_ID, ""),
        sent_id=was_sent(request),
    )
