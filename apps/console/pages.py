"""How every page of the console is answered: its frame, its policy, and where its links lead."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.control.entering import named_sandbox
from hexostore.sandbox_prefix import split_prefix

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

NAVIGATES = "navigate"
"""The mode of a request by which somebody opens an address (Fetch standard)."""


def show_page(
    request: HttpRequest, name: str, shown: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Return the page of the template `console/NAME.html`.

    The template also gets `root`, which its links begin with, and the name of the sandbox.
    """
    context = {**(shown or {}), **frame_of(request)}
    response = render(request, f"console/{name}.html", context, status=status)
    protect_page(response)
    return response


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of every page shows: where its links lead, and the sandbox."""
    return {"root": root_of(request), "sandbox": named_sandbox(request), "console": True}


def protect_page(response: HttpResponse) -> None:
    """Forbid whatever a page of the console does not need, and to store it."""
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "DENY"
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"


def root_of(request: HttpRequest) -> str:
    """Return the prefix of the sandbox in the address of a request, such as `/~t1`; "" without."""
    name, _ = split_prefix(request.META["PATH_INFO"])
    return "" if name is None else f"/~{name}"


def absolute_root_of(request: HttpRequest) -> str:
    """Return the beginning of all addresses of the sandbox, without a final slash."""
    return f"{request.scheme}://{request.get_host()}{root_of(request)}"


def root_to(request: HttpRequest, sandbox: str) -> str:
    """Return the prefix of links into a sandbox, from a page of this one or another."""
    return root_of(request) if sandbox == named_sandbox(request) else f"/~{sandbox}"


def wants_page(request: HttpRequest, *, unsaid: str = NAVIGATES) -> bool:
    """Return whether somebody opens the address in a browser.

    All browsers then accept HTML and XHTML, and those since 2023 say that they navigate; `unsaid`
    is taken for what the others do. Java and MATLAB accept HTML by default, but not XHTML.
    """
    accepted = request.META.get("HTTP_ACCEPT", "")
    mode = request.META.get("HTTP_SEC_FETCH_MODE", unsaid)
    is_browser = "text/html" in accepted and "application/xhtml+xml" in accepted
    return is_browser and mode == NAVIGATES
