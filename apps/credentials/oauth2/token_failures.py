"""What the token endpoint of OAuth2 answers to a client with a forced failure, or to its owner's.

Failures of a request by a token change nothing here, so that a program whose tokens always
expire gets new ones; but those that were revoked cannot be refreshed.
"""

from __future__ import annotations

from typing import Any

from oauthlib.oauth2.rfc6749 import errors

from apps.api.reasons import Reason
from apps.credentials.models import Client, ForcedFailure
from apps.credentials.refusals import forced_failures
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


def raise_forced(validator: Any, client: Client, request: Any) -> None:
    """Raise the refusal that is forced, if one is, in the shape of RFC 6749, section 5.2."""
    if not forced_failures.are_obeyed():
        return
    of_owner = ForcedFailure.objects.filter(user=client.user_id).values_list("failure", flat=True)
    known = forced_failures.FAILURES
    forced = client.forced_failure, *of_owner
    reason = next((known[name] for name in forced if name in known), None)
    if reason is None:
        return
    found = _ALWAYS.get(reason) or _OF_GRANT.get((str(request.grant_type), reason))
    if found is not None:
        kind, status = found
        if kind is errors.TemporarilyUnavailableError:
            validator.retry_after = WAIT
        raise validator.refusal(kind, reason, request, status)
