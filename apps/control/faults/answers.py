"""The answers that a fault gives in place of the application."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from apps.api.access import Scheme
from apps.api.errors import (
    CANNED,
    CHALLENGE,
    JSON,
    PLAIN,
    ServerError,
    TooManyRequests,
    Unavailable,
)
from apps.api.reasons import Reason
from apps.control.faults.actions import FaultAction
from apps.control.faults.callers import scheme_word
from apps.credentials.refusals.responses import WAIT, refuse_credentials

TEXT = "text/plain; charset=utf-8"

_SCHEMES = {"basic": Scheme.BASIC, "bearer": Scheme.BEARER, "oauth": Scheme.OAUTH1}


def make_answer(request: HttpRequest, action: FaultAction) -> HttpResponse:
    """Return the answer of a fault, in the form that the real one has if the rule has no body."""
    answer = _usual_answer(request, action)
    if isinstance(action.body, str):
        answer.content, answer["Content-Type"] = action.body, TEXT
    elif action.body is not None:
        answer.content, answer["Content-Type"] = json.dumps(action.body), JSON
    answer._has_been_logged = True  # type: ignore[attr-defined]  # as an error of the program
    if action.retry_after is not None:
        answer["Retry-After"] = str(action.retry_after)
    return answer


def _usual_answer(request: HttpRequest, action: FaultAction) -> HttpResponse:
    """Return the answer without what the rule says of its body and headers."""
    if action.reason is not None:
        refusal = refuse_credentials(request, action.reason, _scheme_of(request), ordered=True)
        return refusal.response(request)
    status = action.status or 200
    if status == 429:
        return TooManyRequests(WAIT, reason=Reason.RATE_LIMITED).response(request)
    if status == 503:
        return Unavailable(WAIT, reason=Reason.UNAVAILABLE).response(request)
    if status == 500:
        return ServerError().response(request)
    answer = HttpResponse(status=status, content_type=PLAIN)
    if status == 401:
        answer["WWW-Authenticate"] = CHALLENGE
    elif status > 500:
        answer.content, answer["Content-Type"] = json.dumps(CANNED), JSON
    return answer


def _scheme_of(request: HttpRequest) -> Scheme:
    """Return the scheme of the credentials that a request carries."""
    usual = Scheme.KEY if "HTTP_X_HEXOAPIKEY" in request.META else Scheme.NONE
    return _SCHEMES.get(scheme_word(request), usual)
