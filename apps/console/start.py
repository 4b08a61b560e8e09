"""The start page: what this server is, and where everything is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.console.pages import root_of, show_page, wants_page

PLACES = {
    "api": "/api/",
    "explore": "/explore/",
    "requests": "/requests/",
    "outbox": "/outbox/",
    "docs": "/docs/",
    "openapi": "/api/openapi.json",
    "control": "/_sandbox/docs",
}


@require_safe
def show_start(request: HttpRequest) -> HttpResponse:
    """Return the start page to a browser, and its addresses as JSON to a program."""
    if not wants_page(request):
        root = request.build_absolute_uri(root_of(request) or "/").rstrip("/")
        return JsonResponse({name: f"{root}{path}" for name, path in PLACES.items()})
    return show_page(request, "start")
