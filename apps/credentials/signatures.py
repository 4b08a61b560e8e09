"""The signed-key scheme: SHA-1 over secret, timestamp and URL (seed 002, "API Key
identification"; contract, wire.md section 1.1)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from hexostore import clock

NAMES = ("X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE")


def signature(secret: str, timestamp: str, url: str) -> str:
    """Hex SHA-1 of key, timestamp (unix seconds as sent) and URL, in this order."""
    return hashlib.sha1(f"{secret}{timestamp}{url}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Signed:
    """The three headers of a signed request."""

    timestamp: str
    key: str
    signature: str

    def is_fresh(self) -> bool:
        """Whether the timestamp is within the window around the server's clock."""
        try:
            sent = float(self.timestamp)
        except ValueError:
            return False
        return abs(clock.now().timestamp() - sent) <= settings.HEXOSTORE_SIGNATURE_WINDOW

    def is_by(self, secret: str, url: str) -> bool:
        """Whether the holder of the secret signed this URL; compares in constant time."""
        expected = signature(secret, self.timestamp, url)
        return hmac.compare_digest(expected.encode(), self.signature.lower().encode())


def signed(request: HttpRequest) -> Signed | None:
    """The headers of a request, "" for a missing one; None if all are missing."""
    sent = [request.headers.get(name, "").strip() for name in NAMES]
    return Signed(*sent) if any(sent) else None


def url_as_sent(request: HttpRequest) -> str:
    """Scheme, host and raw path with query, exactly as the client wrote them.

    Behind a proxy scheme and host are the forwarded ones (hexostore/middleware.py).
    """
    query = request.META.get("QUERY_STRING", "").encode("latin-1").decode(errors="replace")
    raw = request.META.get("RAW_URI") or request.META.get("REQUEST_URI")
    if not raw:
        raw = quote(request.path, safe="/:;@!$&'()*+,=~-._%") + (f"?{query}" if query else "")
    return f"{request.scheme}://{request.get_host()}{raw}"
