"""Refusals on the wire: status, body and challenge, by reason and scheme.

A wrong login is 401 with an empty body. A wrong key or signature is 401 with the JSON that
published clients look for (wire 1.6). A malformed request is 400 with the sentence of its reason.
Every 401 carries the challenge of the scheme that the request used.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.api.access import REALM, Scheme
from apps.api.errors import (
    CHALLENGE,
    ApiError,
    Forbidden,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from apps.api.reasons import Reason
from apps.credentials.refusals import refusal_log

SIGNATURE_FAILED = {"error": "API signature failed."}

WAIT = 60
"""The Retry-After of a forced failure, in seconds."""


def refuse_credentials(
    request: HttpRequest,
    reason: Reason,
    scheme: Scheme = Scheme.NONE,
    *,
    user: Any = None,
    client: Any = None,
    **shown: Any,
) -> ApiError:
    """Return the exception to raise, its reason recorded with what is known and `shown`."""
    refusal_log.record_refusal(request, reason, scheme=scheme, user=user, client=client, **shown)
    if reason.status == 400:
        return ApiError({"error": reason.sentence}, reason=reason)
    if reason.status == 403:
        return Forbidden(reason.sentence, reason=reason)
    if reason.status == 429:
        return TooManyRequests(WAIT, reason=reason)
    if reason.status == 503:
        return Unavailable(WAIT, reason=reason)
    body = SIGNATURE_FAILED if scheme in {Scheme.KEY, Scheme.OAUTH1} else ""
    return Unauthorized(body, reason=reason, challenge=challenge_for(scheme, reason))


def challenge_for(scheme: Scheme, reason: Reason) -> str:
    """Return the WWW-Authenticate header for a request with that scheme."""
    if scheme is Scheme.OAUTH1:
        return f'OAuth realm="{REALM}"'
    if scheme is not Scheme.BEARER:
        return CHALLENGE
    if reason is Reason.TOKEN_IN_QUERY:  # a way we do not take: no error code (RFC 6750, 3.1)
        return f'Bearer realm="{REALM}"'
    described = f'error="invalid_token", error_description="{reason.sentence}"'
    return f'Bearer realm="{REALM}", {described}'
