"""The authorization endpoint of OAuth 2, to which programs send people (RFC 6749, section 3.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods
from oauthlib.oauth2.rfc6749 import errors

from apps.api.reasons import Reason
from apps.credentials.consent import decisions, pages
from apps.credentials.consent.decisions import ConsentRequest, Decision
from apps.credentials.oauth2 import parameters
from apps.credentials.oauth2.parameters import MalformedError, Parameters
from apps.credentials.oauth2.server import Server, with_parameters
from apps.credentials.oauth2.validator import Validator
from apps.credentials.refusals import refusal_log

_OF_KIND: dict[type[errors.OAuth2Error], Reason] = {
    errors.MismatchingRedirectURIError: Reason.REDIRECT_MISMATCH,
    errors.InvalidRedirectURIError: Reason.REDIRECT_MISMATCH,
    errors.MissingRedirectURIError: Reason.REDIRECT_MISMATCH,
    errors.UnsupportedResponseTypeError: Reason.GRANT_UNSUPPORTED,
    errors.InvalidScopeError: Reason.SCOPE_NOT_ALLOWED,
}


@require_http_methods(["GET", "POST"])
@pages.consent_page
def authorize_oauth2(request: HttpRequest) -> HttpResponseBase:
    """Let a person log in and consent, then send them back with a code or a token.

    If the client or the redirect URI is wrong, they cannot be sent back; a page says so.
    """
    try:
        sent = parameters.of_query(request, parameters.AUTHORIZE)
    except MalformedError:
        return pages.show_fault(request, Reason.REQUEST_MALFORMED)
    if not sent.repeated.isdisjoint({"client_id", "redirect_uri"}):
        return pages.show_fault(request, Reason.REQUEST_MALFORMED)
    return _serve_request(request, sent)


def _serve_request(request: HttpRequest, sent: Parameters) -> HttpResponseBase:
    validator = Validator(request)
    server = Server(validator)
    uri = f"{request.path}?{sent.form('state')}"
    try:
        _, found = server.validate_authorization_request(uri)
        if sent.repeated:
            raise errors.InvalidRequestError(request=found["request"])
    except errors.OAuth2Error as error:
        if validator.reason is None:
            refusal_log.record_refusal(request, _reason_of(error), client=validator.client)
        if isinstance(error, errors.FatalClientError):
            return pages.stop_here(request, validator.reason or _reason_of(error))
        return _send_back(request, sent, error)
    return _settle_request(request, sent, server, found["request"])


def _settle_request(
    request: HttpRequest, sent: Parameters, server: Server, found: Any
) -> HttpResponseBase:
    wanted = ConsentRequest(
        found.client, tuple(found.scopes), found.redirect_uri, _asks_again(sent, found)
    )
    settled = decisions.settle_consent(request, wanted)
    if not isinstance(settled, Decision):
        return settled
    if not settled.allowed:
        known = {"user": settled.user, "client": found.client}
        refusal_log.record_refusal(request, Reason.CONSENT_DENIED, **known)
        denied = errors.AccessDeniedError(Reason.CONSENT_DENIED.sentence, request=found)
        return _send_back(request, sent, denied)
    credentials = {"user": settled.user, "state": sent.values.get("state")}
    uri = f"{request.path}?{sent.form('state')}"
    headers, _, _ = server.create_authorization_response(
        uri, scopes=found.scopes, credentials=credentials
    )
    return _redirect_to(request, headers["Location"])


def _asks_again(sent: Parameters, found: Any) -> bool:
    """Return whether people who consented before are asked again.

    They are if the client wants it. They are also asked before a token is issued at once, because
    any app on the device may receive it and nothing proves which one it is (RFC 8252, section 8.6).
    A code is of no use without the secret.
    """
    wished = sent.values.get("approval_prompt") == "force"
    wished = wished or "consent" in sent.values.get("prompt", "").split()
    return wished or (
        found.response_type == "token" and urlsplit(found.redirect_uri).scheme != "https"
    )


def _reason_of(error: errors.OAuth2Error) -> Reason:
    """Return the reason of a refusal that the library raised."""
    return _OF_KIND.get(type(error), Reason.REQUEST_MALFORMED)


def _send_back(request: HttpRequest, sent: Parameters, error: errors.OAuth2Error) -> HttpResponse:
    """Send the person back with the error (RFC 6749, sections 4.1.2.1 and 4.2.2.1)."""
    parameters = {"error": error.error or "", "error_description": error.description}
    if "state" in sent.values and "state" not in sent.repeated:
        parameters["state"] = sent.values["state"]
    given = {name: value for name, value in parameters.items() if value}
    mark = "#" if sent.values.get("response_type") == "token" else "?"
    return _redirect_to(request, with_parameters(str(error.redirect_uri), given, mark))


def _redirect_to(request: HttpRequest, uri: str) -> HttpResponse:
    """Return a redirect to the client; after a form with 303, so that the form is not sent there
    (RFC 9700, section 4.12)."""
    response = HttpResponse(status=303 if request.method == "POST" else 302)
    response["Location"] = uri
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response
