"""The files that pages of the console load, each from this server."""

from __future__ import annotations

from pathlib import Path

import django_htmx
from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from apps.documents.sent_files import file_response

OURS = Path(__file__).parent / "files"
VENDORED = Path(__file__).parent / "vendor"
"""Copies of other people's files, with their licences and the checksums of their releases."""

HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx"
SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"

FILES = {
    "console.css": (OURS, STYLE),
    "console.js": (OURS, SCRIPT),
    "control.js": (OURS, SCRIPT),
    "explorer.css": (OURS, STYLE),
    **{file.name: (OURS, SCRIPT) for file in sorted(OURS.glob("explorer*.js"))},
    "htmx-2.min.js": (HTMX, SCRIPT),
    "uPlot.iife.min.js": (VENDORED, SCRIPT),
    "uPlot.min.css": (VENDORED, STYLE),
}
"""Files that pages load, with their folder and media type."""


@require_safe
def send_file(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Return one of FILES."""
    if name not in FILES or settings.HEXOSTORE_PROFILE != "sandbox":
        raise Http404
    folder, kind = FILES[name]
    return file_response(folder / name, kind)
