"""Forms that people and programs send to log in, consent and get tokens: short, without files.

They are refused by their headers, before a byte of them is read: a stranger can send them, and
what Django makes of multipart grows on disk while it comes.
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
    """The view without forms that are too long (413) or hold files (415)."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponseBase:
        refused = form_fault(request)
        return view(request) if refused is None else refused.response(request)

    return wrapped


def form_fault(request: HttpRequest) -> ApiError | None:
    """The refusal of a form that is too long or holds files; None for one that will do."""
    if not is_short(request):
        return TooLarge(LONGEST)
    label = str(request.META.get("CONTENT_TYPE", ""))
    return UnsupportedType() if label.strip().lower().startswith("multipart/") else None


def is_short(request: HttpRequest) -> bool:
    """Whether the length that the request announces is one of a form."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isascii() and length.isdecimal() and int(length) <= LONGEST
