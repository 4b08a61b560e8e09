"""What the journal keeps of a request and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api.errors import noted_reason
from apps.control.injecting import FAULT
from apps.control.journal.masking import MASK, MOST, mask_body, mask_header, mask_url
from apps.control.plane import KnownSandbox
from apps.credentials.refusals.refusal_log import known_sender
from hexostore.request_ids import REQUEST_ID
from hexostore.sandbox_prefix import split_prefix

REFUSAL = "refusal"
"""The detail of a refused request that has what was compared, such as what was signed."""

_PREFIX = "HTTP_"
_ALSO = {"CONTENT_TYPE", "CONTENT_LENGTH"}


@dataclass(frozen=True)
class Exchanged:
    """A request in a sandbox, its answer, when it arrived, and how long the answer took to begin.

    `statements` are those that ran for it, None unless it asked for them.
    """

    request: HttpRequest
    response: HttpResponseBase
    sandbox: KnownSandbox
    time: datetime
    milliseconds: float
    statements: list[dict[str, Any]] | None = None

    def as_line(self) -> bytes:
        """Return it as a line of the spool: the columns of its row, without secrets."""
        request, response = self.request, self.response
        url = mask_url(request.get_full_path())
        sender, reason = known_sender(request), noted_reason(request)
        columns = [
            self.sandbox.name,
            self.sandbox.created,
            self.time,
            request.META["REQUEST_METHOD"],
            url.partition("?")[0],
            response.status_code,
            sender.user,
            sender.client,
            sender.scheme,
            reason or "",
            self._details(url, sender.shown if reason else {}),
        ]
        return orjson.dumps(columns)

    def _details(self, url: str, refusal: dict[str, Any]) -> dict[str, Any]:
        request, response = self.request, self.response
        meta = request.META
        details = {
            "url": f"{_origin_of(request)}{url}",
            "version": meta.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "headers": sent_headers(meta),
            "body": _kept_body(request),
            "answer": {"headers": _answer_headers(response), "bytes": _size_of(response)},
            "ms": round(self.milliseconds, 2),
            "fault": meta.get(FAULT),
            "request_id": meta.get(REQUEST_ID),
        }
        if refusal:
            details[REFUSAL] = refusal
        if self.statements is not None:
            details["statements"] = self.statements
        return details


def sent_headers(meta: dict[str, Any]) -> dict[str, str]:
    """Return the headers of a request by name, without secrets."""
    found = {}
    for key, value in meta.items():
        if key.startswith(_PREFIX) or key in _ALSO:
            name = _header_name(key)
            found[name] = mask_header(name, value)
    return found


@lru_cache(1024)
def _header_name(key: str) -> str:
    return key.removeprefix(_PREFIX).replace("_", "-").title()


def _answer_headers(response: HttpResponseBase) -> dict[str, str]:
    found = {name: mask_header(name, value) for name, value in response.items()}
    if response.cookies:
        found["Set-Cookie"] = ", ".join(f"{name}={MASK}" for name in response.cookies)
    return found


def _origin_of(request: HttpRequest) -> str:
    """Return what precedes the path in the URL, with the prefix of a sandbox if it was sent."""
    meta = request.META
    name = split_prefix(meta["PATH_INFO"])[0]
    prefix = "" if name is None else f"/~{name}"
    return f"{request.scheme}://{meta.get('HTTP_HOST') or meta['SERVER_NAME']}{prefix}"


def _kept_body(request: HttpRequest) -> dict[str, Any] | None:
    """Return what is kept of the body, None if there is none, or if nobody waited for it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length == "0":
        return None
    sent = getattr(request, "_body", None)
    if sent is None:
        sent = _read_again(request)
    if not sent:
        return None
    kept = mask_body(sent, request.META.get("CONTENT_TYPE", ""))
    return {**kept, "bytes": int(length)} if length.isdecimal() else kept


def _read_again(request: HttpRequest) -> bytes:
    """Return the beginning of a body that a view has read as a stream, or not at all."""
    file = request.META["wsgi.input"]
    if not file.seekable():  # that of a test
        return b"" if getattr(request, "_read_started", False) else request.body
    file.seek(0)
    return bytes(file.read(MOST + 1))


def _size_of(response: HttpResponseBase) -> int | None:
    return None if response.streaming else len(response.content)  # type: ignore[attr-defined]
