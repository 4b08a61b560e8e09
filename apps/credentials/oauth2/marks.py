"""Forced failures at the token endpoint of OAuth 2, for a client or its owner.

Failures that concern a request with a token change nothing here. So a program whose tokens always
expire gets new ones. But revoked tokens cannot be refreshed.
"""

from __future__ import annotations

from typing import Any

from oauthlib.oauth2.rfc6749 import errors

from apps.api.reasons import Reason
from apps.credentials.models import Client, Mark
from apps.credentials.refusals import marks
from apps.credentials.refusals.responses import WAIT

_ALWAYS: dict[Reason, tuple[type[errors.OAuth2Error], int]] = {
    Reason.RATE_LIMITED: (errors.TemporarilyUnavailableError, 429),
    Reason.UNAVAILABLE: (errors.TemporarilyUnavailableError, 503),
    Reason.UNKNOWN_KEY: (errors.InvalidClientError, 400),
    Reason.INACTIVE_USER: (errors.UnauthorizedClientError, 400),
}
_OF_GRANT = {
    ("password", Reason.WRONG_PASSWORD): (errors.InvalidGrantError, 400),
    ("refresh_token", Reason.REVOKED_TOKEN): (errors.InvalidGrantError, 400),
    ("refresh_token", Reason.UNKNOWN_TOKEN): (errors.InvalidGrantError, 400),
}


def obey(validator: Any, client: Client, request: Any) -> None:
    """Raise the forced failure, if there is one, in the shape of RFC 6749, section 5.2."""
    if not marks.are_obeyed():
        return
    texts = client.mark, *Mark.objects.filter(user=client.user_id).values_list("text", flat=True)
    reason = next((marks.ORDERED[text] for text in texts if text in marks.ORDERED), None)
    if reason is None:
        return
    found = _ALWAYS.get(reason) or _OF_GRANT.get((str(request.grant_type), reason))
    if found is not None:
        kind, status = found
        if kind is errors.TemporarilyUnavailableError:
            validator.retry_after = WAIT
        raise validator.refusal(kind, reason, request, status)
