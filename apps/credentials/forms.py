"""Forms for logins, consent and tokens: short, without files.

Other forms are refused by their headers, before a byte is read. A stranger can send them, and
Django's reading of multipart grows on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api.errors import ApiError, TooLarge, UnsupportedType

LONGEST = 16_384
"""The most bytes of a form."""

View = Callable[[HttpRequest], HttpResponseBase]


def require_short_form(view: View) -> View:
    """Return the view with a check that refuses forms that are too long (413) or contain files
    (415)."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponseBase:
        refused = form_fault(request)
        return view(request) if refused is None else refused.response(request)

    return wrapped


def form_fault(request: HttpRequest) -> ApiError | None:
    """Return the refusal of a form that is too long or contains files; None if the form is fine."""
    if not is_short(request):
        return TooLarge(LONGEST)
    label = str(request.META.get("CONTENT_TYPE", ""))
    return UnsupportedType() if label.strip().lower().startswith("multipart/") else None


def is_short(request: HttpRequest) -> bool:
    """Return whether the announced length is short enough for a form."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isascii() and length.isdecimal() and int(length) <= LONGEST
