"""Which client sends a request to the endpoints of OAuth 2, and whether it proves that.

A client proves itself by Basic credentials, or by the parameters `client_id` and `client_secret`
(RFC 6749, section 2.3.1). Wrong Basic credentials are 401 with a challenge, as section 5.2 demands.
Everything else is 400, even a client that does not use OAuth 2, because the published client only
falls back to its signed key after a 400 (wire 1.7).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import unquote_plus

from apps.api.reasons import Reason
from apps.credentials.basic import authentication as basic_login
from apps.credentials.models import Client

Pair = tuple[str, str]


@dataclass(frozen=True)
class Proof:
    """The client, or the `reason` why there is none. `basic` says that it sent Basic
    credentials."""

    client: Client | None
    reason: Reason | None
    basic: bool


def prove_client(header: str, client_id: str | None, secret: str | None) -> Proof:
    """Return the client that the Authorization header or the parameters prove."""
    sent = client_id or "", secret or ""
    is_basic = header[:6].lower() == "basic "
    if not is_basic and not all(sent):
        return _no_proof(
            Reason.UNSUPPORTED_SCHEME if header else Reason.NO_CREDENTIALS, basic=bool(header)
        )
    if not is_basic:
        return _check_spellings([sent], basic=False)
    pair = basic_login.parse_pair(header)
    if pair is None:
        return _no_proof(Reason.MALFORMED_AUTHORIZATION, basic=True)
    # Clients that follow section 2.3.1 of RFC 6749 form-encode both values; others do not.
    spellings = [pair, (unquote_plus(pair[0]), unquote_plus(pair[1]))]
    if _is_contradicted(spellings, client_id, secret):
        return _no_proof(Reason.REQUEST_MALFORMED, basic=False)
    return _check_spellings(spellings, basic=True)


def _is_contradicted(spellings: list[Pair], client_id: str | None, secret: str | None) -> bool:
    """Return whether the parameters contradict the credentials in the header (RFC 6749, section
    2.3)."""
    return all(
        client_id not in {None, name} or secret not in {None, password}
        for name, password in spellings
    )


def _check_spellings(spellings: list[Pair], *, basic: bool) -> Proof:
    found = None
    for name, secret in spellings:
        client = find_client(name)
        if client and secret and hmac.compare_digest(client.secret.encode(), _to_bytes(secret)):
            return Proof(client, None, basic)
        found = found or client
    return Proof(found, Reason.WRONG_SECRET if found else Reason.UNKNOWN_CLIENT, basic)


def find_client(client_id: str) -> Client | None:
    """Return the client with that public key, with its owner."""
    if len(client_id) > 100 or not client_id.isprintable():
        return None
    return (
        Client.objects.select_related("user", "default_realm").filter(client_id=client_id).first()
    )


def _no_proof(reason: Reason, *, basic: bool) -> Proof:
    return Proof(None, reason, basic)


def _to_bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
