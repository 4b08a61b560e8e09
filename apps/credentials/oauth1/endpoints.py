"""The endpoints at which a client of OAuth 1 gets its tokens (RFC 5849, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauthlib.oauth1 import WebApplicationServer

from apps.api.access import Access, Scheme
from apps.api.errors import ApiError
from apps.api.reasons import Reason
from apps.credentials.models import Client, OAuth1RequestToken
from apps.credentials.oauth1 import authentication as oauth1
from apps.credentials.oauth1 import signed_requests
from apps.credentials.oauth1.signed_requests import Signed, refused
from apps.credentials.oauth1.validator import Validator, plainly
from apps.credentials.refusals import marks
from hexostore import clock

View = Callable[[HttpRequest], HttpResponse]
Answer = tuple[dict[str, str], str | None, int]


def endpoint(view: View) -> View:
    """A view for programs: by POST, all or nothing, with refusals in the shapes of the API."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            with transaction.atomic():
                return view(request)
        except ApiError as error:
            return error.response()

    return answer


@endpoint
def request_token(request: HttpRequest) -> HttpResponse:
    """Temporary credentials for a client that names one of its callbacks (section 2.1)."""
    sent = signed_requests.read(request)
    client = oauth1.client_of(sent)
    if not sent.oauth.get("oauth_callback"):
        raise refused(sent, Reason.OAUTH_PARAMETER_MISSING, client=client)
    _check(sent, client)
    server = WebApplicationServer(Validator(sent, client))
    return _form(sent, client, server.create_request_token_response(*plainly(sent)))


@endpoint
def access_token(request: HttpRequest) -> HttpResponse:
    """A token for temporary credentials that a person agreed to, once (section 2.3)."""
    sent = signed_requests.read(request)
    client = oauth1.client_of(sent)
    if not (sent.token and sent.oauth.get("oauth_verifier")):
        raise refused(sent, Reason.OAUTH_PARAMETER_MISSING, client=client)
    row = temporary(sent.token, client=client)
    if row is None:
        raise refused(sent, Reason.REQUEST_TOKEN_UNKNOWN, client=client)
    _check(sent, client, row)
    server = WebApplicationServer(Validator(sent, client, row))
    return _form(sent, client, server.create_access_token_response(*plainly(sent)))


def temporary(token: str, **columns: object) -> OAuth1RequestToken | None:
    """The temporary credentials of that token, locked until the transaction ends; None if they
    are unknown, used or too old."""
    if "\0" in token:
        return None
    rows = OAuth1RequestToken.objects.select_for_update(of=("self",)).select_related("client")
    return rows.filter(token=token, expires__gt=clock.now(), **columns).first()


def _check(sent: Signed, client: Client, row: OAuth1RequestToken | None = None) -> None:
    token, secret = (row.token, row.secret) if row else ("", "")
    signed_requests.check_signature(sent, client, secret)
    signed_requests.use_up(sent, client, token)
    marks.obey(sent.request, None, Access(Scheme.OAUTH1, client))


def _form(sent: Signed, client: Client, given: Answer) -> HttpResponse:
    """The answer of the library, which is never labelled as JSON (wire 1.7)."""
    headers, body, status = given
    if status != 200:  # nothing of ours: the library reads some names of parameters otherwise
        raise refused(sent, Reason.SIGNATURE_MISMATCH, client=client)
    return HttpResponse(body, headers={**headers, "Cache-Control": "no-store"})
