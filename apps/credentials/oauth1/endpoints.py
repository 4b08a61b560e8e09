"""The endpoints at which a client of OAuth 1 gets its tokens (RFC 5849, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.api.access import Access, Scheme
from apps.api.errors import ApiError
from apps.api.reasons import Reason
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token
from apps.credentials.oauth1 import authentication, grants, signed_requests
from apps.credentials.oauth1.signed_requests import OAuth1Request, refuse_request
from apps.credentials.refusals import forced_failures

View = Callable[[HttpRequest], HttpResponse]


def token_endpoint(view: View) -> View:
    """Return a view for programs: POST only, all or nothing, with refusals in the shapes of the
    API."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            with transaction.atomic():
                return view(request)
        except ApiError as error:
            return error.response(request)

    return answer


@token_endpoint
def request_token(request: HttpRequest) -> HttpResponse:
    """Return temporary credentials for a client that names one of its callbacks (section 2.1)."""
    sent = signed_requests.read_request(request)
    client = authentication.client_of(sent)
    if not sent.oauth.get("oauth_callback"):
        raise refuse_request(sent, Reason.OAUTH_PARAMETER_MISSING, client=client)
    _check_request(sent, client)
    row = grants.grant_temporary(sent, client)
    return _token_form(row, oauth_callback_confirmed="true")


@token_endpoint
def access_token(request: HttpRequest) -> HttpResponse:
    """Return a token for temporary credentials that a person agreed to. They work once (section
    2.3)."""
    sent = signed_requests.read_request(request)
    client = authentication.client_of(sent)
    if not (sent.token and sent.oauth.get("oauth_verifier")):
        raise refuse_request(sent, Reason.OAUTH_PARAMETER_MISSING, client=client)
    row = grants.find_temporary(sent.token, client=client)
    if row is None:
        raise refuse_request(sent, Reason.REQUEST_TOKEN_UNKNOWN, client=client)
    _check_request(sent, client, row)
    token = grants.grant_token(sent, row)
    return _token_form(token, oauth_authorized_realms=token.realms)


def _check_request(
    sent: OAuth1Request, client: Client, row: OAuth1RequestToken | None = None
) -> None:
    token, secret = (row.token, row.secret) if row else ("", "")
    signed_requests.check_signature(sent, client, secret)
    signed_requests.use_up(sent, client, token)
    forced_failures.raise_forced(sent.request, None, Access(Scheme.OAUTH1, client))


def _token_form(granted: OAuth1RequestToken | OAuth1Token, **more: str) -> HttpResponse:
    """Return the token and its secret as a form. It is never labelled as JSON (wire 1.7)."""
    pairs = {"oauth_token": granted.token, "oauth_token_secret": granted.secret, **more}
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(urlencode(pairs), content_type=signed_requests.FORM, headers=headers)
