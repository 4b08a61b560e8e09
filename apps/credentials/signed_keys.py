"""The client whose key signed a request (seed 002, "API Key identification")."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from apps.api.access import Scheme
from apps.credentials import marks, signatures
from apps.credentials.journal import MASK, fit
from apps.credentials.models import Client
from apps.credentials.reasons import Reason
from apps.credentials.refusals import refusal
from apps.credentials.signatures import Signed
from apps.credentials.statements import first_user
from hexostore import clock
from hexostore.middleware import without_secrets


def client(request: HttpRequest) -> Client | None:
    """The client with its owner at hand; None for a request without any of the headers.

    Raises Unauthorized for a signature that is wrong, too old or incomplete.
    """
    sent = signatures.signed(request)
    if sent is None:
        return None
    found = None if "\0" in sent.key else _client_called(sent.key)
    urls = signatures.urls_as_sent(request)
    right = sent.is_by(found.client_secret if found else "", urls)
    reason = _fault(sent, found, right=right)
    if reason is not None:
        shown = _shown(sent, urls)
        raise refusal(request, reason, Scheme.KEY, client=found, **shown)
    return found


def _fault(sent: Signed, found: Client | None, *, right: bool) -> Reason | None:
    if not (sent.timestamp and sent.key and sent.signature):
        return Reason.HEADER_MISSING
    if found is None:
        return Reason.UNKNOWN_KEY
    if sent.seconds() is None:
        return Reason.TIMESTAMP_MALFORMED
    if not right:
        return Reason.SIGNATURE_MISMATCH
    if not sent.is_fresh():
        return Reason.TIMESTAMP_OUTSIDE_WINDOW
    return None if found.status == Client.Status.APIKEY else Reason.KEY_NOT_APIKEY


def _shown(sent: Signed, urls: tuple[str, ...]) -> dict[str, Any]:
    """What came beside what the server signed, one text for each spelling of the URL. The
    signature that it computed is not shown: whoever reads the journal could send it."""
    received = {"timestamp": sent.timestamp, "key": sent.key, "signature": sent.signature}
    return {
        "received": {name: fit(text) for name, text in received.items()},
        "expected": {
            "signed": [fit(f"{MASK}{sent.timestamp}{without_secrets(url)}", 2000) for url in urls],
            "digest": "SHA-1, 40 hexadecimal digits",
            "server_time": int(clock.now().timestamp()),
        },
    }


def _client_called(key: str) -> Client | None:
    """The client with that public key."""
    users, clients = get_user_model(), Client._meta.db_table
    column, join = marks.of_users()
    user = first_user(
        "SELECT u.*, c.id AS client_pk, c.secret AS client_secret, c.status AS client_status, "  # noqa: S608
        f"c.mark AS client_mark{column} "
        f"FROM {users._meta.db_table} u JOIN {clients} c ON c.user_id = u.id {join} "
        "WHERE c.client_id = %s",
        [key],
    )
    if user is None:
        return None
    return Client.of_row(
        user,
        id=user.client_pk,
        client_id=key,
        client_secret=user.client_secret,
        status=user.client_status,
        mark=user.client_mark,
    )
