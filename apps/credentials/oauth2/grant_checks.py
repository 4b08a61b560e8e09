"""What a code or a token that was sent is good for, and why it is of no use."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

from oauth2_provider.models import (
    get_refresh_token_model,
)
from oauth2_provider.settings import oauth2_settings

from apps.api.reasons import Reason
from apps.credentials import redirects
from apps.credentials.models import Client, Granted
from hexostore import clock


def only_redirect(client: Client) -> str | None:
    """Return the redirect URI of a client that has exactly one, else None."""
    registered = [
        uri for uri in client.redirect_uris.split() if redirects.redirect_fault(uri) is None
    ]
    return registered[0] if len(registered) == 1 else None


def fault_of_code(found: Any, request: Any) -> Reason | None:
    if found.expires <= clock.now():
        return Reason.CODE_EXPIRED
    if not found.user.is_active:
        return Reason.INACTIVE_USER
    asked_with = found.redirect_uri or only_redirect(request.client)
    may_lack = not found.redirect_uri and request.redirect_uri is None
    if not may_lack and request.redirect_uri != asked_with:
        return Reason.CODE_REDIRECT_MISMATCH
    return None if _fits(found, request.code_verifier) else Reason.PKCE_MISMATCH


def _fits(found: Any, verifier: str | None) -> bool:
    """Return whether the verifier matches the challenge (RFC 7636, section 4.6).

    A verifier without a challenge is refused too, because somebody has removed the challenge (RFC
    9700, section 4.8.2).
    """
    if not found.code_challenge or verifier is None:
        return not found.code_challenge and verifier is None
    sent = verifier.encode(errors="replace")
    if found.code_challenge_method == "S256":
        sent = base64.urlsafe_b64encode(hashlib.sha256(sent).digest()).rstrip(b"=")
    return hmac.compare_digest(sent, found.code_challenge.encode())


def fault_of_refresh(found: Any) -> Reason | None:
    """Return why a refresh token cannot be used. If it was used twice, its family is revoked."""
    if found is None:
        return Reason.REFRESH_UNKNOWN
    if found.revoked is not None:
        return _why_revoked(found)
    if found.access_token is None:
        return Reason.REVOKED_TOKEN
    lifetime = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    if found.access_token.expires + lifetime <= clock.now():
        return Reason.REFRESH_UNKNOWN
    return None if found.user.is_active else Reason.INACTIVE_USER


def _why_revoked(found: Any) -> Reason:
    rows = get_refresh_token_model()
    if not rows.objects.filter(token_family=found.token_family, pk__gt=found.pk).exists():
        return Reason.REVOKED_TOKEN
    rows.revoke_family(found.token_family)
    return Reason.REFRESH_REUSED


def granted_scopes(found: Any) -> str:
    """Return the scopes of a refresh token."""
    granted = Granted.objects.filter(refresh_token=found).first()
    return granted.scopes if granted else str(found.access_token.scope)


def claims(row: Any, access: Any) -> dict[str, Any] | None:
    user = row.user or row.application.user
    if not user.is_active:
        return None
    claims = {
        "scope": access.scope if row is access else granted_scopes(row),
        "client_id": row.application.client_id,
        "username": user.get_username(),
        "sub": str(user.pk),
        "iat": int(row.created.timestamp()),
    }
    if row is access:
        return {**claims, "token_type": "Bearer", "exp": int(access.expires.timestamp())}
    return claims
