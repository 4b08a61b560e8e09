"""The id of a request, by which its lines in the log and its entry in the journal are found."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hexostore.middleware import GetResponse, is_within, trusted_networks

HEADER = "X-Request-Id"

REQUEST_ID = "hexostore.request_id"
"""Where a request has its id."""

_SENT = "HTTP_X_REQUEST_ID"
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,63}", re.ASCII)
_BYTES = 8

_current: ContextVar[str] = ContextVar("request id", default="")


def give_ids(get_response: GetResponse) -> GetResponse:
    """Give each request an id: that of its header X-Request-Id if its sender may choose it, or else
    a random one.

    Trusted proxies may, and in a sandbox everybody. The answer only has the header if the request
    had it: other programs get the answers that they know.
    """
    may_choose = sender_check()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sent = request.META.get(_SENT)
        chosen = sent if sent and _FORM.fullmatch(sent) and may_choose(request) else None
        given = chosen or secrets.token_hex(_BYTES)
        request.META[REQUEST_ID] = given
        _current.set(given)  # for pieces of the answer too, which are made later
        response = get_response(request)
        if sent is not None:
            response[HEADER] = given
        return response

    return middleware


def sender_check() -> Callable[[HttpRequest], bool]:
    """Return what tells whether the sender of a request may choose its id, and the trace that it
    belongs to."""
    networks = trusted_networks()

    def may_choose(request: HttpRequest) -> bool:
        is_sandbox = settings.HEXOSTORE_PROFILE == "sandbox"
        return is_sandbox or is_within(request.META.get("REMOTE_ADDR", ""), networks)

    return may_choose


def current_id() -> str:
    """Return the id of the request that this context works for; "" outside of requests."""
    return _current.get()


def was_sent(request: HttpRequest) -> bool:
    """Return whether the request came with an id, used or not."""
    return _SENT in request.META
