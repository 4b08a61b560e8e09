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


def show_page(
    request: HttpRequest, name: str, shown: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Return the page of the template `console/NAME.html`.

    The template also gets `root`, which its links begin with, and the name of the sandbox.
    """
    context = {**(shown or {}), "root": root_of(request), "sandbox": named_sandbox(request)}
    response = render(request, f"console/{name}.html", context, status=status)
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "DENY"
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


def root_of(request: HttpRequest) -> str:
    """Return the prefix of the sandbox in the address of a request, such as `/~t1`; "" without."""
    name, _ = split_prefix(request.META["PATH_INFO"])
    return "" if name is None else f"/~{name}"


def wants_page(request: HttpRequest) -> bool:
    """Return whether a browser asks, which names HTML in its header Accept."""
    return "text/html" in request.headers.get("Accept", "")
