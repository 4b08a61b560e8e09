"""The signed-key scheme: SHA-1 over secret, timestamp and URL.

See API reference, API Key identification, and wire 1.1.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from hexostore import clock

NAMES = ("X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE")


def compute_signature(secret: str, timestamp: str, url: str) -> str:
    """Return the hex SHA-1 of key, timestamp (Unix seconds as sent) and URL, in this order."""
    signed = f"{secret}{timestamp}{url}".encode(errors="surrogateescape")
    return hashlib.sha1(signed, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class SignatureHeaders:
    """The three headers of a signed request."""

    timestamp: str
    key: str
    signature: str

    def seconds(self) -> float | None:
        """Return the timestamp as a number; None if it is malformed."""
        try:
            return float(self.timestamp)
        except ValueError:
            return None

    def is_fresh(self) -> bool:
        """Return whether the timestamp is within the window around the server's clock."""
        sent, window = self.seconds(), settings.HEXOSTORE_SIGNATURE_WINDOW
        return sent is not None and abs(clock.now().timestamp() - sent) <= window

    def is_by(self, secret: str, urls: Iterable[str]) -> bool:
        """Return whether the holder of the secret signed one of the URLs. The comparison takes
        constant time."""
        sent = self.signature.lower().encode()
        return any(
            hmac.compare_digest(compute_signature(secret, self.timestamp, url).encode(), sent)
            for url in urls
        )


def signature_headers(request: HttpRequest) -> SignatureHeaders | None:
    """Return the headers of a request, "" for a missing one; None if all are missing."""
    sent = [request.headers.get(name, "").strip() for name in NAMES]
    return SignatureHeaders(*sent) if any(sent) else None
