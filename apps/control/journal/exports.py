"""The journal in forms that other programs read: HAR 1.2 for browsers' tools, and curl commands."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from apps.control.journal.masking import FORM
from apps.control.journal.rows import JournalEntry

_UNSENT = {"Host", "Content-Length", "Connection", "Accept-Encoding", "User-Agent"}
"""Headers that curl makes itself."""


def as_har(entries: Iterable[JournalEntry]) -> dict[str, Any]:
    """Return requests as an HTTP Archive, version 1.2."""
    creator = {"name": "Hexostore", "version": version("hexostore")}
    return {"log": {"version": "1.2", "creator": creator, "entries": [*map(_har_entry, entries)]}}


def as_curl(entries: Iterable[JournalEntry]) -> str:
    """Return commands that send requests again, one a line. Secrets must be filled in; curl asks
    for the password of a Basic login itself."""
    return "".join(f"{_curl_command(each)}\n" for each in entries)


EXPORTS: dict[str, Callable[[Iterable[JournalEntry]], dict[str, Any] | str]] = {
    "har": as_har,
    "curl": as_curl,
}
"""What makes the form of requests that has a name."""


def _curl_command(entry: JournalEntry) -> str:
    details = entry.details
    method = ["--head"] if entry.method == "HEAD" else ["-X", entry.method]
    parts = ["curl", *method, details["url"]]
    for name, value in details["headers"].items():
        if name == "Authorization" and entry.scheme == "basic" and entry.user:
            parts += ["-u", entry.user]
        elif name not in _UNSENT:
            parts += ["-H", f"{name}: {value}"]
    text = (details["body"] or {}).get("text")
    if text is not None:
        parts += ["--data-raw", text]
    return " ".join(map(shlex.quote, parts))


def _har_entry(entry: JournalEntry) -> dict[str, Any]:
    milliseconds = entry.details["ms"]
    found = {
        "startedDateTime": entry.time.isoformat(),
        "time": milliseconds,
        "request": _har_request(entry),
        "response": _har_response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    if entry.reason:
        found["comment"] = entry.reason
    return found


def _har_request(entry: JournalEntry) -> dict[str, Any]:
    details = entry.details
    query = parse_qsl(details["url"].partition("?")[2], keep_blank_values=True)
    body = details["body"]
    found = {
        "method": entry.method,
        "url": details["url"],
        "httpVersion": details["version"],
        "cookies": [],
        "headers": _pairs(details["headers"].items()),
        "queryString": _pairs(query),
        "headersSize": -1,
        "bodySize": body["bytes"] if body else 0,
    }
    if body:
        found["postData"] = _har_body(body, details["headers"].get("Content-Type", ""))
    return found


def _har_body(body: dict[str, Any], content_type: str) -> dict[str, Any]:
    text = body.get("text", body.get("base64", ""))
    found: dict[str, Any] = {"mimeType": content_type}
    if content_type.startswith(FORM):  # text and params exclude each other
        found["params"] = _pairs(parse_qsl(text, keep_blank_values=True))
    else:
        found["text"] = text
    notes = [name for name in ("base64", "truncated", "hidden") if name in body]
    return {**found, "comment": ", ".join(notes)} if notes else found


def _har_response(entry: JournalEntry) -> dict[str, Any]:
    answer = entry.details["answer"]
    headers, size = answer["headers"], answer["bytes"]
    return {
        "status": entry.status,
        "statusText": _phrase(entry.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers.items()),
        "content": {"size": size or 0, "mimeType": headers.get("Content-Type", "")},
        "redirectURL": headers.get("Location", ""),
        "headersSize": -1,
        "bodySize": -1 if size is None else size,
    }


def _pairs(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in items]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
