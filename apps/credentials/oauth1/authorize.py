"""The page on which a person lets a client of OAuth 1 act for them (RFC 5849, section 2.2)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from apps.api.reasons import Reason
from apps.credentials.consent import decisions, pages
from apps.credentials.consent.decisions import ConsentRequest, Decision
from apps.credentials.models import Client, OAuth1RequestToken
from apps.credentials.oauth1 import grants
from apps.credentials.oauth1.grants import OUT_OF_BAND
from apps.credentials.refusals import refusal_log

DENIED = "permission_denied"
"""What a client is told after a denial. The RFC has no word for it, so this one is from the
extension "OAuth Problem Reporting"."""


@require_http_methods(["GET", "HEAD", "POST"])
@pages.consent_page
@transaction.atomic
def authorize_oauth1(request: HttpRequest) -> HttpResponseBase:
    """Ask the person, then send them back with the verifier, or show it.

    They are asked each time. Otherwise anybody who has the keys of a program could let themselves
    in behind the back of a person who is logged in (section 4.15).
    """
    tokens = request.GET.getlist("oauth_token")
    row = grants.find_temporary(tokens[0], user=None) if len(tokens) == 1 else None
    if row is None:
        return pages.show_fault(request, Reason.REQUEST_TOKEN_UNKNOWN)
    reason = _request_fault(row)
    if reason is not None:
        return pages.show_fault(request, reason, client=row.client)
    target = "" if row.callback_uri == OUT_OF_BAND else row.callback_uri
    realms = tuple(row.realms.split())
    wanted = ConsentRequest(row.client, realms, target, ask_again=True)
    settled = decisions.settle_consent(request, wanted)
    if isinstance(settled, HttpResponseBase):
        return settled
    if settled.allowed:
        return _allow_access(request, row, settled)
    return _deny_access(request, row, settled)


def _request_fault(row: OAuth1RequestToken) -> Reason | None:
    """Return why nobody can be asked any more. The client may have changed since its request."""
    if row.client.status != Client.Status.OAUTH1:
        return Reason.CLIENT_NOT_OAUTH1
    callback = row.callback_uri
    known = callback == OUT_OF_BAND or row.client.redirect_uri_allowed(callback)
    return None if known else Reason.CALLBACK_NOT_REGISTERED


def _allow_access(
    request: HttpRequest, row: OAuth1RequestToken, decision: Decision
) -> HttpResponse:
    verifier = grants.record_consent(row, decision.user)
    if row.callback_uri == OUT_OF_BAND:
        return _show_verifier(request, row, verifier)
    return _redirect_back(row, urlencode({"oauth_token": row.token, "oauth_verifier": verifier}))


def _deny_access(request: HttpRequest, row: OAuth1RequestToken, decision: Decision) -> HttpResponse:
    """Delete the temporary credentials and tell the client."""
    refusal_log.record_refusal(
        request, Reason.CONSENT_DENIED, user=decision.user, client=row.client
    )
    row.delete()
    if row.callback_uri == OUT_OF_BAND:
        return _show_verifier(request, row)
    return _redirect_back(row, urlencode({"oauth_token": row.token, "oauth_problem": DENIED}))


def _show_verifier(
    request: HttpRequest, row: OAuth1RequestToken, verifier: str = ""
) -> HttpResponse:
    return pages.show_page(request, "verifier", {"client": row.client, "verifier": verifier})


def _redirect_back(row: OAuth1RequestToken, more: str) -> HttpResponse:
    """Return a redirect to the client by GET: 303, as RFC 9700, section 4.12 advises."""
    joint = "&" if "?" in row.callback_uri else "?"
    location = f"{row.callback_uri}{joint}{more}"
    return HttpResponse(status=303, headers={"Location": location, "Cache-Control": "no-store"})
