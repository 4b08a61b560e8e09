"""The page at which a person lets a client of OAuth 1 act for him (RFC 5849, section 2.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods
from oauthlib.oauth1 import AuthorizationEndpoint, RequestValidator

from apps.api.reasons import Reason
from apps.credentials.consent import decisions, pages
from apps.credentials.consent.decisions import Decision, Wish
from apps.credentials.models import Client, OAuth1RequestToken
from apps.credentials.oauth1.endpoints import temporary
from apps.credentials.oauth1.validator import OUT_OF_BAND
from apps.credentials.refusals import journal

DENIED = "permission_denied"
"""What a client is told that somebody denied; the RFC has no word for it, so this is the one of
the extension "OAuth Problem Reporting"."""


class Consenting(RequestValidator):
    """The store for oauthlib's endpoint, once the person has agreed."""

    def __init__(self, row: OAuth1RequestToken, user: Any) -> None:
        super().__init__()
        self.row, self.user = row, user

    def verify_request_token(self, token: str, request: Any) -> bool:
        return bool(token == self.row.token)

    def save_verifier(self, token: str, verifier: dict[str, str], request: Any) -> None:
        self.row.user, self.row.verifier = self.user, verifier["oauth_verifier"]
        self.row.save(update_fields=["user", "verifier"])

    def get_redirect_uri(self, token: str, request: Any) -> str:
        """Never the callback itself, in which the library would lose the slashes of an app's own
        scheme; its query is kept as it is when the verifier is added here."""
        return OUT_OF_BAND


@require_http_methods(["GET", "HEAD", "POST"])
@pages.page
@transaction.atomic
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Has the person decide, and sends him back with the verifier, or shows it to him.

    He is asked each time: whoever has the keys of a program could otherwise let himself in
    behind the back of somebody who is logged in (section 4.15).
    """
    tokens = request.GET.getlist("oauth_token")
    row = temporary(tokens[0], user=None) if len(tokens) == 1 else None
    if row is None:
        return pages.fault(request, Reason.REQUEST_TOKEN_UNKNOWN)
    reason = _fault(row)
    if reason is not None:
        return pages.fault(request, reason, client=row.client)
    target = "" if row.callback_uri == OUT_OF_BAND else row.callback_uri
    wish = Wish(row.client, tuple(row.realms.split()), target, ask_again=True)
    settled = decisions.settle(request, wish)
    if isinstance(settled, HttpResponseBase):
        return settled
    return _allow(request, row, settled) if settled.allowed else _deny(request, row, settled)


def _fault(row: OAuth1RequestToken) -> Reason | None:
    """Why nobody is asked any more; the client may have changed since it asked."""
    if row.client.status != Client.Status.OAUTH1:
        return Reason.CLIENT_NOT_OAUTH1
    callback = row.callback_uri
    known = callback == OUT_OF_BAND or row.client.redirect_uri_allowed(callback)
    return None if known else Reason.CALLBACK_NOT_REGISTERED


def _allow(request: HttpRequest, row: OAuth1RequestToken, decision: Decision) -> HttpResponse:
    endpoint = AuthorizationEndpoint(Consenting(row, decision.user))
    uri = f"{request.build_absolute_uri(request.path)}?{urlencode({'oauth_token': row.token})}"
    _, body, _ = endpoint.create_authorization_response(uri)
    if row.callback_uri == OUT_OF_BAND:
        return _show(request, row, parse_qs(body)["oauth_verifier"][0])
    return _back(row, body)


def _deny(request: HttpRequest, row: OAuth1RequestToken, decision: Decision) -> HttpResponse:
    """The temporary credentials are gone, and the client is told."""
    journal.note(request, Reason.CONSENT_DENIED, user=decision.user, client=row.client)
    row.delete()
    if row.callback_uri == OUT_OF_BAND:
        return _show(request, row)
    return _back(row, urlencode({"oauth_token": row.token, "oauth_problem": DENIED}))


def _show(request: HttpRequest, row: OAuth1RequestToken, verifier: str = "") -> HttpResponse:
    return pages.show(request, "verifier", {"client": row.client, "verifier": verifier})


def _back(row: OAuth1RequestToken, more: str) -> HttpResponse:
    """To the client, by GET: 303, as RFC 9700, section 4.12 advises for all such redirects."""
    joint = "&" if "?" in row.callback_uri else "?"
    location = f"{row.callback_uri}{joint}{more}"
    return HttpResponse(status=303, headers={"Location": location, "Cache-Control": "no-store"})
