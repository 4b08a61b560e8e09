"""The signed-key scheme: SHA-1 over secret, timestamp and URL.

See API reference, API Key identification, and wire 1.1.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from hexostore import clock

NAMES = ("X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE")

_PORTS = {"http": ":80", "https": ":443"}
_WITH_PORT = re.compile(r":\d*$")
_ORIGIN = re.compile(r"^[a-z]+://[^/?]*", re.IGNORECASE)  # which a request by proxy begins with
_USUAL = "/:;@!$&'()*+,=~"  # what HTTP libraries leave as it is in a path
_ESCAPE = re.compile("%[0-9A-F]{2}")


def signature(secret: str, timestamp: str, url: str) -> str:
    """Hex SHA-1 of key, timestamp (unix seconds as sent) and URL, in this order."""
    signed = f"{secret}{timestamp}{url}".encode(errors="surrogateescape")
    return hashlib.sha1(signed, usedforsecurity=False).hexdigest()


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

    def is_by(self, secret: str, urls: Iterable[str]) -> bool:
        """Whether the holder of the secret signed one of the URLs; compares in constant time."""
        sent = self.signature.lower().encode()
        return any(
            hmac.compare_digest(signature(secret, self.timestamp, url).encode(), sent)
            for url in urls
        )


def signed(request: HttpRequest) -> Signed | None:
    """The headers of a request, "" for a missing one; None if all are missing."""
    sent = [request.headers.get(name, "").strip() for name in NAMES]
    return Signed(*sent) if any(sent) else None


def urls_as_sent(request: HttpRequest) -> Iterator[str]:
    """The URL as the client wrote it, raw, in every spelling that is as likely as the first.

    HTTP libraries send the port of the scheme or leave it out, whatever stands in the URL, and
    write the host in small letters. Servers that hand over the raw target leave nothing else to
    guess. Others decode the path: which of its letters were escaped is then not known, and the
    usual ways are all given. Behind a proxy scheme and host are the forwarded ones
    (hexostore/middleware.py). Letters that are not UTF-8 are surrogates (PEP 383).
    """
    targets = tuple(_targets(request.META))
    for host in _hosts(request.get_host(), _PORTS[str(request.scheme)]):
        for target in targets:
            yield f"{request.scheme}://{host}{target}"


def _hosts(sent: str, port: str) -> Iterator[str]:
    yield sent
    if sent.endswith(port):
        yield sent.removesuffix(port)
    elif not _WITH_PORT.search(sent):
        yield f"{sent}{port}"
    if sent != sent.lower():
        yield sent.lower()


def _targets(meta: Mapping[str, str]) -> Iterator[str]:
    raw = meta.get("RAW_URI") or meta.get("REQUEST_URI")
    if raw:
        yield _text(_ORIGIN.sub("", raw))
        return
    path = meta.get("PATH_INFO", "")  # which Django has decoded from UTF-8
    query = _text(meta.get("QUERY_STRING", ""))
    end = f"?{query}" if query else ""
    usual = quote(path, safe=_USUAL)
    yield f"{usual}{end}"
    escaped = _ESCAPE.sub(lambda found: found[0].lower(), usual)
    as_letters = "".join(each if each > "\x7f" else quote(each, safe=_USUAL) for each in path)
    for spelling in {quote(path), escaped, as_letters} - {usual}:
        yield f"{spelling}{end}"


def _text(raw: str) -> str:
    """The bytes that a WSGI server hands over as Latin-1 (PEP 3333), as UTF-8."""
    return raw.encode("latin-1", "replace").decode(errors="surrogateescape")
