"""`/_sandbox/tokens`: the OAuth 2 access tokens of a sandbox."""

from __future__ import annotations

from django.http import HttpRequest

from apps.sandbox import access_tokens
from apps.sandbox.plane.replies import Members, PlaneError, takes

LARGEST = 2**63 - 1


def list_tokens(_request: HttpRequest) -> object:
    """GET /_sandbox/tokens: the newest first, never in full."""
    return {"tokens": access_tokens.list_tokens()}


@takes(token=str, id=int, user=str, client=str)
def end_tokens(_request: HttpRequest, sent: Members) -> object:
    """POST /_sandbox/tokens/end: some tokens expire now."""
    if not any(sent.values()):
        raise PlaneError("Say which tokens: token, id, user or client.")
    if "\0" in "".join(each for each in sent.values() if isinstance(each, str)):
        raise PlaneError("A name must not have a NUL character.")
    key = sent.pop("id", None)
    if key is not None and not 0 < key <= LARGEST:
        raise PlaneError(f"id must be 1 to {LARGEST}.")
    ended = access_tokens.end_tokens(key=key, **sent)
    if not ended:
        raise PlaneError("There is no such token that has not expired.", 404)
    return {"ended": ended}
