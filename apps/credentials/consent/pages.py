"""Pages on which people log in and consent: their cookies, their policy, and how they look.

The API never looks at a cookie. A view that needs a session wraps itself in `consent_page`, and its
cookies go no further than its own family of URLs, below .../connect/oauth2/ or /oauth/.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache, wraps
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect

from apps.api.reasons import Reason
from apps.credentials import forms
from apps.credentials.forms import View
from apps.credentials.refusals import refusal_log

SECURE = "__Secure-"
"""The prefix of cookie names on https (RFC 6265bis, section 4.1.3.1).

In the sandbox, a browser may visit both ports, whose cookies must not get in each other's way.
"""

_STYLE = Path(__file__).parents[1] / "templates" / "credentials" / "style.css"
_FAMILY = re.compile(r"/(?:.*/)?(?:connect/oauth2|oauth)/")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9]{1,100}", re.ASCII)


def consent_page(view: View) -> View:
    """Return the view with a session, protection against forged forms (CSRF) and short forms
    only."""
    within = SessionMiddleware(csrf_protect(view))

    @forms.require_short_form
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponseBase:
        names = settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME
        _take_cookies(request, names)
        response = cast(HttpResponseBase, within(request))
        _limit_cookies(request, response, names)
        return response

    return wrapped


def _take_cookies(request: HttpRequest, names: tuple[str, ...]) -> None:
    """Rename the cookies of this scheme to the names that the middleware knows."""
    for name in names:
        value = request.COOKIES.pop(f"{SECURE}{name}", "")
        plain = request.COOKIES.pop(name, "")
        sent = value if request.is_secure() else plain
        if _KEY.fullmatch(sent):
            request.COOKIES[name] = sent


def _limit_cookies(
    request: HttpRequest, response: HttpResponseBase, names: tuple[str, ...]
) -> None:
    """Limit new cookies to the family of the page, and on https to https."""
    found = _FAMILY.match(request.path)
    for name in names:
        morsel = response.cookies.pop(name, None)
        if morsel is None:
            continue
        own = f"{SECURE}{name}" if request.is_secure() else name
        response.cookies[own] = morsel.value
        response.cookies[own].update(morsel)
        response.cookies[own]["path"] = found[0] if found else request.path
        response.cookies[own]["secure"] = request.is_secure()


def show_page(
    request: HttpRequest,
    name: str,
    shown: dict[str, Any] | None = None,
    *,
    status: int = 200,
    target: str = "",
) -> HttpResponse:
    """Return the page of that template.

    `target` is where its forms may lead in the end. A browser also applies the policy for forms to
    redirects, so the policy must contain the URI of the client (Content Security Policy Level 3,
    section 6.4.1).
    """
    text, digest = _style_sheet()
    context = {**(shown or {}), "style": text, "mock": settings.HEXOSTORE_PROFILE == "sandbox"}
    response = render(request, f"credentials/{name}.html", context, status=status)
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src '{digest}'; base-uri 'none'; "
        f"form-action 'self'{_policy_source(target)}; frame-ancestors 'none'"
    )
    response["X-Frame-Options"] = "DENY"
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response


def show_fault(
    request: HttpRequest, reason: Reason, *, status: int = 400, client: Any = None, **shown: Any
) -> HttpResponse:
    """Return the page that says why the login stops here. The reason is noted."""
    refusal_log.record_refusal(request, reason, client=client, **shown)
    return stop_here(request, reason, status=status)


def stop_here(request: HttpRequest, reason: Reason, *, status: int = 400) -> HttpResponse:
    """Return the same page for a reason that has been noted."""
    words = {"sentence": reason.sentence, "remedy": reason.remedy, "code": reason.told}
    return show_page(request, "fault", words, status=status)


def answer_forged_form(request: HttpRequest, **_: str) -> HttpResponse:
    """Return the response to a form that was not made by this site, or too long ago
    (CSRF_FAILURE_VIEW)."""
    return show_fault(request, Reason.FORM_FORGED, status=403)


def _policy_source(target: str) -> str:
    """Return the target as a source of a policy.

    If the target has characters that a policy cannot contain, only the scheme is used, as for the
    schemes of apps.
    """
    if not target:
        return ""
    parts = urlsplit(target)
    if parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc):
        return f" {parts.scheme}://{parts.netloc}"
    return f" {parts.scheme}:"


@cache
def _style_sheet() -> tuple[str, str]:
    """Return the style sheet, and the digest by which a policy allows it."""
    text = _STYLE.read_text()
    digest = hashlib.sha256(text.encode()).digest()
    written = base64.b64encode(digest).decode()
    return text, f"sha256-{written}"
