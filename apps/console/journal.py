"""/requests/: what clients have sent, one request in full, and the faults and the clock beside
it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from apps.api.reasons import BY_CODE
from apps.console.controls import shown_controls
from apps.console.pages import root_of, root_to, show_page
from apps.console.templatetags.console_text import path_of
from apps.control.entering import named_sandbox
from apps.control.journal.entries import REFUSAL
from apps.control.journal.exports import as_curl
from apps.control.journal.masking import MASK
from apps.control.journal.rows import JournalLine, outline_requests
from apps.control.plane import plane
from apps.control.sandboxes import SandboxError
from apps.sandbox import held
from apps.sandbox.plane.replies import PlaneError
from apps.sandbox.plane.requests import ALL, find_entry, read_question, whole_request_as_json
from apps.sandbox.store_worlds import NoSandboxes

MOST_LINES = 50
"""How many requests the list shows."""

FILTERS = ("method", "path", "status", "user", "reason", "sandbox")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATUSES = ("2xx", "3xx", "4xx", "5xx")

SENT_AGAIN = ("GET", "HEAD")
"""Methods of requests that the page sends again. They change nothing."""

_LIST, _NOTHING_NEW = "parts/requests", 204


@require_safe
def show_requests(request: HttpRequest) -> HttpResponse:
    """Return the list of requests, with filters.

    The page asks for the list alone again and again; the answer is empty while it is the same.
    """
    wanted = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    shown, status = _list(request, wanted)
    if "HX-Request" in request.headers:
        if request.GET.get("seen") == shown["seen"]:
            return HttpResponse(status=_NOTHING_NEW)
        return show_page(request, _LIST, shown)
    known = plane()
    context = {
        **shown,
        "here": "requests",
        "wanted": wanted,
        "methods": METHODS,
        "statuses": STATUSES,
        "reasons": sorted(BY_CODE),
        "sandboxes": [] if known is None else list(known.state().sandboxes),
        **shown_controls(request),
    }
    return show_page(request, "requests", context, status=status)


def _list(request: HttpRequest, wanted: dict[str, str]) -> tuple[dict[str, Any], int]:
    """Return what the list shows, and the status of the page."""
    try:
        question = read_question(request, _arguments(wanted))
        lines, wrong = outline_requests(question), ""
    except (PlaneError, SandboxError) as error:
        return _shown_lines(request, wanted, [], str(error)), error.status
    except NoSandboxes as error:
        lines, wrong = [], str(error)
    return _shown_lines(request, wanted, lines, wrong), 200


def _arguments(wanted: dict[str, str]) -> dict[str, str]:
    """Return the filters as the journal knows them. A path without stars may be anywhere in one."""
    found = {**wanted, "limit": str(MOST_LINES)}
    found.pop("sandbox", None)
    path = wanted.get("path", "")
    return {**found, "path": f"*{path}*"} if path and "*" not in path else found


def _shown_lines(
    request: HttpRequest, wanted: dict[str, str], lines: list[JournalLine], wrong: str
) -> dict[str, Any]:
    seen = f"{lines[0].id}-{len(lines)}" if lines else "none"
    return {
        "lines": [{"line": each, "root": root_to(request, each.sandbox)} for each in lines],
        "wrong": wrong,
        "filtered": bool(wanted),
        "all": wanted.get("sandbox") == ALL,
        "most": MOST_LINES,
        "seen": seen,
        "again": f"{root_of(request)}/requests/?{urlencode({**wanted, 'seen': seen})}",
    }


@require_safe
def show_request(request: HttpRequest, number: int) -> HttpResponse:
    """Return the page of one request."""
    try:
        entry = find_entry(request, number)
    except (PlaneError, NoSandboxes) as error:
        return show_page(
            request, "no_request", {"here": "requests", "wrong": str(error)}, status=404
        )
    found = whole_request_as_json(entry)
    refusal = found.get(REFUSAL) or {}
    curl = as_curl([entry]).strip()
    context = {
        "here": "requests",
        "found": found,
        "time": entry.time,
        "curl": curl,
        "has_secrets": MASK in curl,
        "received": _pairs(refusal.pop("received", {})),
        "expected": _pairs(refusal.pop("expected", {})),
        "also": _pairs(refusal),
        "target": _target(request, found["url"]) if entry.method in SENT_AGAIN else None,
        "logins": held.current_logins() if entry.method in SENT_AGAIN else [],
    }
    return show_page(request, "request", context)


def _pairs(found: object) -> list[tuple[str, str]]:
    """Return the members of an object with their values as texts, of a list one a line."""
    members = found.items() if isinstance(found, dict) else [("", found)]
    return [(name.replace("_", " "), _as_text(value)) for name, value in members]


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(_as_text, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _target(request: HttpRequest, url: str) -> str:
    """Return the path and the query of a URL, in the sandbox of this page."""
    bare = path_of(url).removeprefix(f"/~{named_sandbox(request)}")
    return f"{root_of(request)}{bare}"
