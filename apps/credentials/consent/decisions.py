"""Asking a person whether a program may act in their name, for OAuth 1 and OAuth 2 alike.

A view of either protocol makes a `ConsentRequest` of what it was asked, and has it settled::

    @pages.page
    def authorize(request: HttpRequest) -> HttpResponseBase:
        wanted = ConsentRequest(client, ("readonly",), callback)
        settled = decisions.settle(request, wanted)
        if isinstance(settled, HttpResponseBase):
            return settled  # a page, or the way back to it
        # settled.user has decided, and settled.allowed says how

The forms go back to the URL of the page, including its query, so that the view finds the same
request again. Users are not asked again for what they allowed before, unless the request
demands it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from oauth2_provider.settings import oauth2_settings

from apps.api.access import READWRITE
from apps.api.reasons import Reason
from apps.credentials.basic import login_throttle
from apps.credentials.consent import login, pages
from apps.credentials.models import Client, Consent
from apps.credentials.refusals import refusal_log
from hexostore import clock


@dataclass(frozen=True)
class ConsentRequest:
    """What a program wants from the person at the browser.

    `target` is the URI that they are sent to afterwards, or "". `ask_again` asks even those who
    allowed it before.
    """

    client: Client
    scopes: tuple[str, ...]
    target: str = ""
    ask_again: bool = False


@dataclass(frozen=True)
class Decision:
    """Who decided, and how."""

    user: Any
    allowed: bool


def settle_consent(request: HttpRequest, wanted: ConsentRequest) -> Decision | HttpResponseBase:
    """Return what the person has decided, or the answer that brings him nearer to it.

    The view must be wrapped in `pages.consent_page`.
    """
    action = request.POST.get("action", "") if request.method == "POST" else ""
    if action == "login":
        return _log_in(request, wanted)
    if action == "leave":
        login.log_out(request)
        return _show_again(request)
    user = login.logged_in_person(request)
    if user is None:
        return _login_page(request, wanted)
    return _take_decision(user, wanted, action) or _consent_page(request, wanted, user)


def _take_decision(user: Any, wanted: ConsentRequest, action: str) -> Decision | None:
    if action == "deny":
        return Decision(user, allowed=False)
    if action == "allow":
        remember_consent(user, wanted.client, wanted.scopes)
        return Decision(user, allowed=True)
    if not wanted.ask_again and has_consented(user, wanted.client, wanted.scopes):
        return Decision(user, allowed=True)
    return None


def remember_consent(user: Any, client: Client, scopes: tuple[str, ...]) -> None:
    """Remember that the user allows the client these scopes, in addition to those allowed
    before."""
    first = {"scopes": " ".join(scopes), "given": clock.now()}
    with transaction.atomic():
        rows = Consent.objects.select_for_update()
        row, _ = rows.get_or_create(user=user, client=client, defaults=first)
        allowed = {*row.scopes.split(), *scopes}
        row.scopes = " ".join(sorted(allowed))
        row.given = clock.now()
        row.save(force_update=True)


def has_consented(user: Any, client: Client, scopes: tuple[str, ...]) -> bool:
    """Return whether the user has allowed the client all that. A client that may write may also
    read."""
    row = Consent.objects.filter(user=user, client=client).first()
    given = set(row.scopes.split()) if row else set()
    if not given:
        return False
    return READWRITE in given or given.issuperset(scopes)


def forget_consent(user: Any, client: Client) -> None:
    """Forget what the user allowed the client, so that they are asked again."""
    Consent.objects.filter(user=user, client=client).delete()


def _log_in(request: HttpRequest, wanted: ConsentRequest) -> HttpResponseBase:
    reason = login.log_in(request)
    if reason is None:
        return _show_again(request)
    is_over = reason is Reason.TOO_MANY_LOGINS
    page = _login_page(request, wanted, reason.told.sentence, 429 if is_over else 403)
    if is_over:
        after = login_throttle.login_wait(request, request.POST.get("email", "").strip())
        page["Retry-After"] = str(after or 1)
    return page


def _show_again(request: HttpRequest) -> HttpResponse:
    """Return a redirect to the same page by GET: 303 (RFC 9700, section 4.12)."""
    return HttpResponse(status=303, headers={"Location": request.get_full_path()})


def _login_page(
    request: HttpRequest, wanted: ConsentRequest, wrong: str = "", status: int = 200
) -> HttpResponse:
    email = refusal_log.shorten_text(request.POST.get("email", ""))
    shown = {"client": wanted.client, "wrong": wrong, "email": email}
    return pages.show_page(request, "login", shown, status=status, target=wanted.target)


def _consent_page(request: HttpRequest, wanted: ConsentRequest, user: Any) -> HttpResponse:
    shown = {
        "client": wanted.client,
        "owner": wanted.client.user.get_full_name() or wanted.client.user.get_username(),
        "user": user,
        "scopes": [(scope, oauth2_settings.SCOPES[scope]) for scope in wanted.scopes],
        "destination": _shown_destination(wanted.target),
    }
    return pages.show_page(request, "consent", shown, target=wanted.target)


def _shown_destination(target: str) -> str:
    """Return the next destination as people read it."""
    parts = urlsplit(target)
    return parts.netloc if parts.scheme in {"http", "https"} else parts.scheme
