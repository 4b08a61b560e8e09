"""Which pages of other origins may read what `/api/` answers (cross-origin resource sharing).

A sandbox lets pages of every origin, so that a dashboard on another port works; HEXOSTORE_CORS
names the origins, or turns it off. Cookies, and logins that a browser remembers, are never part of
it: no response has `Access-Control-Allow-Credentials` (Fetch standard, CORS protocol). The control
plane and the pages for login and consent are no part of it either.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from hexostore.sandbox_prefix import split_prefix

EVERY = "*"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "Content-Disposition, Date, ETag, Link, Location, Retry-After, WWW-Authenticate, X-HexoCache, "
    "X-HexoStore, X-HexoStore-Fault, X-HexoStore-Reason, X-HexoStore-Remark"
)
"""The headers that a page may read, besides those that the standard lists."""

KEPT = "600"
"""Seconds for which a browser may remember what it may send."""

_SHARED = re.compile(r"/+(?:api|oauth)(?:/.*)?", re.DOTALL)
_FOR_PEOPLE = re.compile(r"/(?:.*/)?(?:connect/oauth2/auth|oauth/authorize)(?:/.*)?", re.DOTALL)
_SIMPLE_METHODS = frozenset({"GET", "HEAD", "POST"})
_SIMPLE_TYPES = frozenset(
    {"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
_ISSUING = re.compile(r"/+api/(?:v1/)?connect/oauth2/(?:token|revoke)/")


def share_with_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let pages of allowed origins send requests to `/api/` and read the responses.

    A preflight is answered here: it is no request of a client, so it has no login, is not in the
    journal, and no fault is for it. What other programs get stays as it is.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not (_is_sent_by_browser(request) and is_shared(request.path)):
            return get_response(request)
        allowed = allowed_origin(request)
        is_preflight = "Access-Control-Request-Method" in request.headers
        if allowed and is_preflight and request.method == "OPTIONS":
            response: HttpResponseBase = _answer_preflight(request)
        else:
            response = get_response(request)
        patch_vary_headers(response, ["Origin"])
        if allowed:
            response["Access-Control-Allow-Origin"] = allowed
            response["Access-Control-Expose-Headers"] = EXPOSED
        return response

    return middleware


def is_shared(path: str) -> bool:
    """Return whether a path, with or without the prefix of a sandbox, is one that pages of other
    origins may use."""
    _, inner = split_prefix(path)
    return bool(_SHARED.fullmatch(inner)) and not _FOR_PEOPLE.fullmatch(inner)


def allowed_origin(request: HttpRequest) -> str:
    """Return what a response says about the origin of the page that sends a request; "" if it may
    not read it, or if there is no page."""
    origin = request.headers.get("Origin", "")
    if not origin:
        return ""
    if EVERY in settings.HEXOSTORE_CORS:
        return EVERY
    return origin if origin.lower() in settings.HEXOSTORE_CORS else ""


def is_permitted(request: HttpRequest) -> bool:
    """Return whether a page may send this change, because its browser had to ask first.

    A browser asks before it sends a method, a type of body or a header that no form has, and the
    answer to that forbids remembered logins. So what arrives has none. Tokens are issued to forms,
    too, since nothing but what the form holds counts there.
    """
    if not (is_shared(request.path) and allowed_origin(request)):
        return False
    return _had_to_ask(request) or bool(_ISSUING.fullmatch(split_prefix(request.path)[1]))


def _had_to_ask(request: HttpRequest) -> bool:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        request.method not in _SIMPLE_METHODS
        or kind not in _SIMPLE_TYPES
        or "X-HTTP-Method-Override" in request.headers
    )


def _is_sent_by_browser(request: HttpRequest) -> bool:
    return "Origin" in request.headers or "Sec-Fetch-Mode" in request.headers


def _answer_preflight(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=204)
    del response["Content-Type"]
    response["Access-Control-Allow-Methods"] = METHODS
    if wanted := request.headers.get("Access-Control-Request-Headers"):
        response["Access-Control-Allow-Headers"] = wanted
    if "Access-Control-Request-Private-Network" in request.headers:
        response["Access-Control-Allow-Private-Network"] = "true"
    response["Access-Control-Max-Age"] = KEPT
    patch_vary_headers(response, ["Access-Control-Request-Headers"])
    return response
