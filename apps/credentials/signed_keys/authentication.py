"""The client whose key signed a request (API reference, API Key identification)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from apps.api.access import Scheme
from apps.api.methods import SAFE
from apps.api.reasons import Reason
from apps.credentials import beside_users
from apps.credentials.models import Client
from apps.credentials.oauth1 import nonces
from apps.credentials.refusals import refusal_log
from apps.credentials.refusals.refusal_log import MASK, shorten_text
from apps.credentials.refusals.responses import refuse_credentials
from apps.credentials.sent_urls import urls_as_sent
from apps.credentials.signed_keys import hints, replays, signatures
from apps.credentials.signed_keys.signatures import SignatureHeaders
from apps.credentials.user_rows import fetch_user, user_columns
from hexostore import clock
from hexostore.middleware import without_secrets

REPEATED = "signature_used_before"
"""What the answer to a request says whose signature came before (`add_remark`)."""


def authenticate_key(request: HttpRequest) -> Client | None:
    """Return the client with its owner; None for a request without any of the headers.

    Raise Unauthorized for a signature that is wrong, too old or incomplete.
    """
    sent = signatures.signature_headers(request)
    if sent is None:
        return None
    found = None if "\0" in sent.key else _client_called(sent.key)
    right = sent.is_by(found.client_secret if found else "", urls_as_sent(request))
    reason = _key_fault(sent, found, right=right)
    if reason is not None:
        raise refuse_credentials(
            request, reason, Scheme.KEY, client=found, **_show_signing(request, sent, found, reason)
        )
    if hints.are_given() and replays.was_seen(sent.key, sent.signature):
        refusal_log.add_remark(request, REPEATED)
    return found


def use_up(request: HttpRequest, client: Client) -> None:
    """Refuse a change by a key alone whose signature was used before, on a public server.

    The scheme signs neither method nor body. So anybody who saw a request could send another change
    to the same URL within the window. With a login in addition, they would need the password. The
    sandbox behaves like the real service.
    """
    sent = signatures.signature_headers(request)
    if sent is None or settings.HEXOSTORE_PROFILE != "public":
        return
    second = int(sent.seconds() or 0)
    is_first = nonces.use_nonce(client.client_id, "", second, sent.signature.lower())
    if not is_first and request.method not in SAFE:
        user = client.user
        raise refuse_credentials(
            request, Reason.SIGNATURE_USED, Scheme.KEY, user=user, client=client
        )


def _key_fault(sent: SignatureHeaders, found: Client | None, *, right: bool) -> Reason | None:
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


def _show_signing(
    request: HttpRequest, sent: SignatureHeaders, found: Client | None, reason: Reason
) -> dict[str, Any]:
    """Return what came beside what the server signed, one text for each spelling of the URL, and
    the mistake that explains it, if one does. The signature that the server computed is not shown:
    whoever reads the refusal log could send it."""
    if not hints.are_given():
        return {}
    urls = list(urls_as_sent(request))
    holder = found or hints.holder_of(sent.key)
    received = {"timestamp": sent.timestamp, "key": sent.key, "signature": sent.signature}
    masked = {name: hints.mask_secret(text, holder) for name, text in received.items()}
    printable = [hints.printable_url(without_secrets(url)) for url in urls]
    signed = [f"{MASK}{sent.timestamp}{url}" for url in printable]
    expected = {
        "signed": [shorten_text(text, 2000) for text in signed],
        "digest": "SHA-1, 40 hexadecimal digits",
        "server_time": int(clock.now().timestamp()),
    }
    shown: dict[str, Any] = {
        "received": {name: shorten_text(text) for name, text in masked.items()},
        "expected": expected,
    }
    hint = hints.find_hint(request, sent, reason, holder, urls[0])
    return {**shown, "hint": hint} if hint else shown


def _client_called(key: str) -> Client | None:
    """Return the client with that public key."""
    users, clients = get_user_model(), Client._meta.db_table
    column, join = beside_users.join_facts()
    user = fetch_user(
        f"SELECT {user_columns()}, "  # noqa: S608
        "c.id AS client_pk, c.secret AS client_secret, c.status AS client_status, "
        f"c.forced_failure AS client_failure{column} "
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
        forced_failure=user.client_failure,
    )
