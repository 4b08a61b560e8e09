"""The endpoints of OAuth2 that programs ask: tokens, their end, and what they are good for.

Refusals have the shape of RFC 6749, section 5.2; the reason is in the header and the refusal log.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauthlib.oauth2.rfc6749 import errors

from apps.api.access import REALM
from apps.api.errors import JSON, PLAIN
from apps.api.reasons import Reason
from apps.credentials.oauth2 import parameters
from apps.credentials.oauth2.parameters import MalformedError, Parameters
from apps.credentials.oauth2.server import GRANTS, Server
from apps.credentials.oauth2.validator import Validator
from apps.credentials.refusals import refusal_log

Create = Callable[..., tuple[dict[str, str], str | None, int]]

BASIC = f'Basic realm="{REALM}"'


@csrf_exempt
@require_POST
def issue_tokens(request: HttpRequest) -> HttpResponse:
    """Return tokens for a code, a password, a refresh token, or the client itself (RFC 6749,
    section 3.2)."""
    return _answer_post(request, parameters.TOKEN, Server.create_token_response)


@csrf_exempt
@require_POST
def revoke_token(request: HttpRequest) -> HttpResponse:
    """Revoke a token of the calling client, and everything that belongs to it (RFC 7009)."""
    return _answer_post(request, parameters.INSPECT, Server.create_revocation_response)


@csrf_exempt
@require_POST
def introspect_token(request: HttpRequest) -> HttpResponse:
    """Return a description of a token of the calling client (RFC 7662)."""
    return _answer_post(request, parameters.INSPECT, Server.create_introspect_response)


def _answer_post(request: HttpRequest, known: frozenset[str], create: Create) -> HttpResponse:
    validator = Validator(request)
    try:
        sent = parameters.of_post(request, known)
        _check_parameters(sent, known)
        body, status = _create_response(create, validator, sent)
    except MalformedError as error:
        body, status = errors.InvalidRequestError(str(error)).json, error.status
        validator.reason = error.reason
        refusal_log.record_refusal(request, error.reason)
    except errors.OAuth2Error as error:
        body, status = error.json, error.status_code
    _record_reason(validator, status, body)
    return _build_response(body, status, validator.retry_after)


def _check_parameters(sent: Parameters, known: frozenset[str]) -> None:
    if sent.repeated:
        names = ", ".join(sorted(sent.repeated))
        raise errors.InvalidRequestError(f"Sent more than once: {names}.")
    if "grant_type" not in known:
        return
    if "grant_type" not in sent.values:
        raise errors.InvalidRequestError("The parameter grant_type is missing.")
    if sent.values["grant_type"] not in GRANTS:
        raise errors.UnsupportedGrantTypeError(Reason.GRANT_UNSUPPORTED.sentence)


def _create_response(
    create: Create, validator: Validator, sent: Parameters
) -> tuple[str | None, int]:
    """Return oauthlib's response.

    It is one transaction. A refusal does not undo it, because it may have revoked tokens.
    """
    with transaction.atomic():
        _, body, status = create(Server(validator), validator.asked.path, "POST", sent.form(), {})
    return body, status


_OF_ERROR = {
    "invalid_scope": Reason.SCOPE_NOT_ALLOWED,
    "unsupported_grant_type": Reason.GRANT_UNSUPPORTED,
}


def _record_reason(validator: Validator, status: int, body: str | None) -> None:
    """Note the reason of a refusal that the library raised."""
    if status < 400 or validator.reason is not None:
        return
    error = json.loads(body or "{}").get("error", "")
    reason = _OF_ERROR.get(error, Reason.REQUEST_MALFORMED)
    refusal_log.record_refusal(validator.asked, reason)


def _build_response(body: str | None, status: int, retry_after: int | None) -> HttpResponse:
    response = HttpResponse(body or "", status=status, content_type=JSON if body else PLAIN)
    response["Cache-Control"], response["Pragma"] = "no-store", "no-cache"
    if status == 401:
        response["WWW-Authenticate"] = BASIC
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
