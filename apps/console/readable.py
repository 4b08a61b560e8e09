"""Answers of the API as a page, for people who open an address of it in a browser.

Programs get exactly what they get without this: it looks at nothing but requests by which a browser
navigates, and it works outside of everything else, so the journal has the answer of the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from apps.api import registry
from apps.api.errors import JSON, noted_reason
from apps.console.json_text import show_json
from apps.console.pages import frame_of, protect_page, root_of, wants_page
from apps.credentials.refusals.refusal_log import known_sender
from hexostore.sandbox_prefix import split_prefix

GetResponse = Callable[[HttpRequest], HttpResponseBase]

MOST_BYTES = 2**20
"""The largest body that becomes a page. Of a larger one, a browser shows the JSON itself."""

_API = re.compile(r"/+api/(?:v1/)?(?:(?P<resource>[a-z0-9_]+)/.*)?", re.DOTALL)
_FORMAT = re.compile(r"(?:^|&)format(?:__exact)?=")
_OF_BODY = ("ETag", "Last-Modified", "Content-Length", "Accept-Ranges", "Content-Disposition")
"""Headers that are true of the answer, but not of the page."""


def show_answers(get_response: GetResponse) -> GetResponse:
    """Return the middleware, which is outside of all others."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not _is_looked_at(request):
            return get_response(request)
        began = perf_counter()
        response = get_response(request)
        if _can_be_shown(response):
            assert isinstance(response, HttpResponse)
            _make_page(request, response, (perf_counter() - began) * 1000)
        return response

    return middleware


def _is_looked_at(request: HttpRequest) -> bool:
    """Return whether a browser opens an address of the API, without a wish for a format.

    It must say so: programs that send the Accept of a browser get JSON, as Tastypie gives them
    (rule T23).
    """
    if request.method != "GET" or settings.HEXOSTORE_PROFILE != "sandbox":
        return False
    if not wants_page(request, unsaid=""):
        return False
    if _FORMAT.search(request.META.get("QUERY_STRING", "")):
        return False
    _, path = split_prefix(request.META["PATH_INFO"])
    return _API.fullmatch(path) is not None


def _can_be_shown(response: HttpResponseBase) -> bool:
    """Return whether an answer is JSON of a usual length, or an error without a page."""
    if response.streaming or len(response.content) > MOST_BYTES:  # type: ignore[attr-defined]
        return False
    if response.get("Content-Type", "").partition(";")[0] == JSON:
        return "Content-Disposition" not in response
    return response.status_code >= 400 and b"<" not in response.content  # type: ignore[attr-defined]


def _make_page(request: HttpRequest, response: HttpResponse, milliseconds: float) -> None:
    """Give an answer a page as its body. Its status and its headers stay."""
    shown = _shown(request, response, milliseconds)
    response.content = render_to_string("console/answer.html", shown).encode()
    response["Content-Type"] = "text/html; charset=utf-8"
    for name in _OF_BODY:
        if name in response:
            del response[name]
    protect_page(response)
    patch_vary_headers(response, ["Accept"])


def _shown(request: HttpRequest, response: HttpResponse, milliseconds: float) -> dict[str, Any]:
    root = root_of(request)
    text = response.content.decode(errors="replace")
    is_json = response.get("Content-Type", "").startswith(JSON)
    _, path = split_prefix(request.META["PATH_INFO"])
    query = request.META.get("QUERY_STRING", "")
    return {
        **frame_of(request),
        "target": f"{root}{path}{'?' if query else ''}{query}",
        "path": path,
        "raw": f"?{query}{'&' if query else ''}format=json",
        "resource": _resource_in(path),
        "status": response.status_code,
        "phrase": _phrase(response.status_code),
        "ms": milliseconds,
        "bytes": len(response.content),
        "headers": list(response.items()),
        "user": known_sender(request).user,
        "reason": noted_reason(request),
        "json": show_json(text, root) if is_json else None,
        "text": "" if is_json else text,
        **_neighbours(response, is_json=is_json),
    }


def _resource_in(path: str) -> str | None:
    """Return the resource in a path, if there is one that has a page at /docs/."""
    found = _API.fullmatch(path)
    name = found["resource"] if found else None
    return name if name is not None and registry.find_resource(name) is not None else None


def _neighbours(response: HttpResponse, *, is_json: bool) -> dict[str, Any]:
    """Return the queries of the pages before and behind a list, and how many rows it has."""
    try:
        meta = orjson.loads(response.content).get("meta") if is_json else None
    except (orjson.JSONDecodeError, AttributeError):
        meta = None
    if not isinstance(meta, dict):
        return {}
    found = {name: _query_of(meta.get(name)) for name in ("previous", "next")}
    return {**found, "total": meta.get("total_count")}


def _query_of(uri: object) -> str | None:
    return f"?{urlsplit(uri).query}" if isinstance(uri, str) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
