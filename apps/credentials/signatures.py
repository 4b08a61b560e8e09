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

    def seconds(self) -> float | None:
        """The timestamp as a number; None if it is none."""
        try:
            return float(self.timestamp)
        except ValueError:
            return None

    def is_fresh(self) -> bool:
        """Whether the timestamp is within the window around the server's clock."""
        sent, window = self.seconds(), settings.HEXOSTORE_SIGNATURE_WINDOW
        return sent is not None and abs(clock.now().timestamp() - sent) <= window

    def is_by(self, secret: str, urls: tuple[str, ...]) -> bool:
        """Whether the holder of the secret signed one of the URLs; compares in constant time."""
        sent = self.signature.lower().encode()
        expected = [signature(secret, self.timestamp, url).encode() for url in urls]
        return any(hmac.compare_digest(one, sent) for one in expected)


def signed(request: HttpRequest) -> Signed | None:
    """The headers of a request, "" for a missing one; None if all are missing."""
    sent = [request.headers.get(name, "").strip() for name in NAMES]
    return Signed(*sent) if any(sent) else None


def urls_as_sent(request: HttpRequest) -> tuple[str, ...]:
    """Scheme, host and raw path with query as the client wrote them, in every likely spelling.

    Some servers hand over the raw target. Others decode the path: which of its letters were
    escaped is then not known, and the usual and the strict way are both given. Behind a proxy
    scheme and host are the forwarded ones (hexostore/middleware.py).
    """
    start, meta = f"{request.scheme}://{request.get_host()}", request.META
    raw = meta.get("RAW_URI") or meta.get("REQUEST_URI")
    if raw:
        return (f"{start}{raw}",)
    path = meta.get("PATH_INFO", "")  # which Django has decoded from UTF-8
    query = meta.get("QUERY_STRING", "").encode("latin-1").decode(errors="replace")
    end = f"?{query}" if query else ""
    return tuple(f"{start}{quote(path, safe=safe)}{end}" for safe in ("/:;@!$&'()*+,=~", "/"))
