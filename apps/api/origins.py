"""Requests that a page of another site has a browser send (cross-site request forgery).

A browser sends some requests for any page without asking the server first, and adds the Basic login
that it remembers. It says so in headers that no page can set: Sec-Fetch-Site and, if that is
missing, Origin. Other programs send neither.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api import cross_origin
from apps.api.errors import Forbidden
from apps.api.methods import SAFE
from apps.api.reasons import Reason

_SITE, _ORIGIN = "Sec-Fetch-Site", "Origin"
_OWN_SITES = frozenset({"same-origin", "none"})
_WRITTEN_BY_PROGRAMS = frozenset({"bearer", "oauth"})


def refuse_forgeries(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return 403 for a change that a page of another site requests.

    Credentials that no browser adds by itself are exempt, and so is what the page was permitted to
    send (cross_origin.py).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _is_forged(request):
            text = "A browser may not send this request for a page of another site."
            return Forbidden(text, reason=Reason.CROSS_SITE).response(request)
        return get_response(request)

    return middleware


def _is_forged(request: HttpRequest) -> bool:
    if not (_may_change(request) and _is_foreign(request)):
        return False
    return not (_has_written_credentials(request) or cross_origin.is_permitted(request))


def is_deliberate(request: HttpRequest) -> bool:
    """Return whether the sender put credentials into a header on purpose.

    A Basic login only counts if it was not sent by a browser, since a browser may have remembered
    it.
    """
    if _has_written_credentials(request):
        return True
    return "Authorization" in request.headers and not _is_from_browser(request)


def _may_change(request: HttpRequest) -> bool:
    override = request.headers.get("X-HTTP-Method-Override", "GET").upper()
    return request.method not in SAFE or override not in SAFE


def _is_foreign(request: HttpRequest) -> bool:
    """Return whether a browser says that a page of another origin sent the request."""
    site = request.headers.get(_SITE)
    if site is not None:
        return site not in _OWN_SITES
    origin = request.headers.get(_ORIGIN)
    return origin is not None and origin.lower() != _own_origin(request)


def _own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}".lower()


def _is_from_browser(request: HttpRequest) -> bool:
    return _SITE in request.headers or _ORIGIN in request.headers


def _has_written_credentials(request: HttpRequest) -> bool:
    """Return whether a header has a token or a key.

    A page of another site cannot set these headers, and no browser remembers them.
    """
    if "X-HEXOAPISIGNATURE" in request.headers:
        return True
    scheme, _, _ = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() in _WRITTEN_BY_PROGRAMS
