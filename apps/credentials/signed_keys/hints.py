"""Hints for wrong signatures, found by trying the usual mistakes.

Only the sandbox does that. Elsewhere it would reveal secrets to strangers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import isfinite
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest

from apps.api.reasons import Reason
from apps.credentials.models import LONGEST_SECRET, Client
from apps.credentials.refusals.refusal_log import MASK
from apps.credentials.signed_keys.signatures import NAMES, SignatureHeaders
from hexostore import clock

REAL_HOST = "api.hexoskin.com"
LONGEST_URL = 4000
"""Longer URLs are not tried, because each needs some hundred digests."""

_MISMATCH = Reason.SIGNATURE_MISMATCH

Digest = Callable[[str, str], str]


@dataclass(frozen=True)
class Mistake:
    """What a signature was made of, instead of the correct parts: some parts of `_right`."""

    said: str
    parts: Mapping[str, Any] = field(default_factory=dict)


def are_given() -> bool:
    """Return whether this server gives hints."""
    return bool(settings.HEXOSTORE_PROFILE == "sandbox")


def holder_of(secret: str) -> Client | None:
    """Return the client whose secret was sent in place of its public key."""
    fits = 0 < len(secret) <= LONGEST_SECRET and "\0" not in secret
    return Client.objects.filter(client_secret=secret).first() if fits else None


def mask_secret(text: str, client: Client | None) -> str:
    """Return the text without the secret of the client."""
    return text.replace(client.secret, MASK) if client and client.secret else text


def printable_url(url: str) -> str:
    """Return a printable form of a URL, whose bytes may not be text."""
    return url.encode(errors="replace").decode()


def find_hint(
    request: HttpRequest, sent: SignatureHeaders, reason: Reason, client: Client | None, url: str
) -> str | None:
    """Return a sentence about the mistake, or None if no usual mistake explains it.

    `client` is the client whose key was sent, or whose secret was sent in its place. `url` is what
    should have been signed.
    """
    if reason is Reason.HEADER_MISSING:
        return _about_names(request, sent)
    if reason is Reason.TIMESTAMP_OUTSIDE_WINDOW:
        return _about_time(sent)
    if client is None:
        return None
    if reason is Reason.UNKNOWN_KEY:
        return "X-HEXOAPIKEY contains the secret; it must contain the public key (client_id)."
    return _about_signature(request, sent, client, url) if reason is _MISMATCH else None


def _about_names(request: HttpRequest, sent: SignatureHeaders) -> str:
    """Return which headers are missing, and which came instead.

    Some published examples misspell one as X-HEXOSAPISIGNATURE (behaviour 4).
    """
    there = (sent.timestamp, sent.key, sent.signature)
    missing = [name for name, text in zip(NAMES, there, strict=True) if not text]
    known = {name.upper() for name in (*NAMES, "X-HexoAPIVersion")}
    others = [
        name.upper()
        for name in request.headers
        if name.upper().startswith("X-HEXO") and name.upper() not in known
    ]
    text = f"{' and '.join(missing)}: missing."
    return f"{text} {' and '.join(others)[:200]}: not a header of a signed key." if others else text


_OTHER_UNITS = {256: "ticks of 1/256 s", 1000: "milliseconds", 10**6: "microseconds"}
"""The units that programs take for seconds, by how many of them are in one."""


def _about_time(sent: SignatureHeaders) -> str | None:
    """Return what a timestamp outside the window could mean."""
    seconds = sent.seconds()
    window = settings.HEXOSTORE_SIGNATURE_WINDOW
    if seconds is None or not isfinite(seconds):
        return None
    now = clock.now().timestamp()
    for unit, said in _OTHER_UNITS.items():
        if abs(seconds / unit - now) <= window:
            return f"The timestamp is in {said}; it must be in seconds."
    off = seconds - now
    if abs(off) <= window or abs(off) > 10**9:
        return None
    side = "ahead of" if off > 0 else "behind"
    zone = " Was local time taken for UTC?" if _is_a_zone(off, window) else ""
    return f"The timestamp is {abs(round(off))} seconds {side} the server.{zone}"


def _is_a_zone(off: float, window: float) -> bool:
    quarters = round(off / 900)
    beside = abs(off - quarters * 900)
    return 0 < abs(quarters) <= 14 * 4 and beside <= min(window, 60)


def _about_signature(request: HttpRequest, sent: SignatureHeaders, client: Client, url: str) -> str:
    """Return how the received signature was made, with one mistake or with two."""
    if sent.signature == client.secret:
        return "X-HEXOAPISIGNATURE contains the secret; it must contain the signature."
    right = {
        "order": "{secret}{timestamp}{url}",
        "secret": client.secret,
        "timestamp": sent.timestamp,
        "method": request.method,
        "url": url,
        "digest": _hex_digest("sha1"),
    }
    mistakes = [*_of_the_url(url), *_of_the_rest(client), *_of_the_time(sent)]
    for made in _at_most_two(mistakes if len(url) <= LONGEST_URL else []):
        parts = dict(right)
        for mistake in made:
            parts |= mistake.parts
        if _guess_signature(parts).lower() == sent.signature.lower():
            return f"The signature was made {' and '.join(each.said for each in made)}."
    return "No common mistake explains the signature; is the secret correct?"


def _at_most_two(mistakes: list[Mistake]) -> Iterator[tuple[Mistake, ...]]:
    """Yield each mistake, and each pair of mistakes that concern different parts."""
    yield from ((each,) for each in mistakes)
    for one, other in combinations(mistakes, 2):
        if one.parts.keys().isdisjoint(other.parts):
            yield one, other


def _guess_signature(parts: Mapping[str, Any]) -> str:
    digest: Digest = parts["digest"]
    return digest(parts["secret"], parts["order"].format_map(parts))


def _of_the_url(url: str) -> Iterator[Mistake]:
    """Yield what else could have been signed in place of a URL."""
    seen = {url}
    for said, other in _spell_urls(url):
        if other not in seen:
            seen.add(other)
            yield Mistake(said, {"url": other})


def _spell_urls(url: str) -> Iterable[tuple[str, str]]:
    parts = urlsplit(url)
    path, end = parts.path, f"?{parts.query}" if parts.query else ""
    origin = f"{parts.scheme}://{parts.netloc}"
    other = "http" if parts.scheme == "https" else "https"
    slashed = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    ordered = "&".join(sorted(parts.query.split("&")))
    host = re.sub(r":\d+$", "", parts.netloc)
    return (
        ("without the query of the URL", f"{origin}{path}"),
        (f"with {other} in place of {parts.scheme}", f"{other}://{parts.netloc}{path}{end}"),
        ("without the port", f"{parts.scheme}://{host}{path}{end}"),
        (f"for the host {REAL_HOST}", f"{parts.scheme}://{REAL_HOST}{path}{end}"),
        ("with the parameters sorted", f"{origin}{path}?{ordered}"),
        ("with the path decoded", f"{origin}{unquote(path)}{end}"),
        ("with path and query decoded", unquote(url)),
        ("with %20 in place of +", url.replace("+", "%20")),
        ("with + in place of %20", url.replace("%20", "+")),
        ("with %2C in place of the comma", f"{origin}{path}{end.replace(',', '%2C')}"),
        ("with the comma in place of %2C", url.replace("%2C", ",").replace("%2c", ",")),
        ("with the final slash of the path left out or added", f"{origin}{slashed}{end}"),
        ("without scheme and host", f"{path}{end}"),
        ("without scheme, host and query", path),
        ("without the scheme", f"{parts.netloc}{path}{end}"),
        ("with the URL in small letters", url.lower()),
        ("without the URL", ""),
    )


def _of_the_rest(client: Client) -> Iterator[Mistake]:
    """Yield mistakes with the other parts."""
    yield Mistake("with the public key in place of the secret", {"secret": client.client_id})
    yield Mistake("without the secret", {"secret": ""})
    yield Mistake("with a line break after the secret", {"secret": f"{client.secret}\n"})
    for said, order in (
        ("as secret, URL, timestamp", "{secret}{url}{timestamp}"),
        ("as timestamp, secret, URL", "{timestamp}{secret}{url}"),
        ("as timestamp, URL, secret", "{timestamp}{url}{secret}"),
        ("as URL, timestamp, secret", "{url}{timestamp}{secret}"),
        ("without the timestamp", "{secret}{url}"),
        ("with the method before the URL", "{secret}{timestamp}{method}{url}"),
    ):
        yield Mistake(said, {"order": order})
    yield Mistake("as HMAC, not as plain SHA-1", {"order": "{timestamp}{url}", "digest": _hmac_hex})
    yield Mistake("as HMAC of all three, not as plain SHA-1", {"digest": _hmac_hex})
    for name in ("md5", "sha256", "sha512"):
        yield Mistake(f"with {name.upper()} in place of SHA-1", {"digest": _hex_digest(name)})
    yield Mistake("in Base64 in place of hexadecimal digits", {"digest": _base64_digest})


def _of_the_time(sent: SignatureHeaders) -> Iterator[Mistake]:
    seconds = sent.seconds()
    if seconds is None or not abs(seconds) < 10**15:
        return
    spellings: dict[str, int | float] = {
        "in ticks of 1/256 s": int(seconds * 256),
        "in milliseconds": int(seconds * 1000),
        "without its fraction": int(seconds),
        "as a decimal number": seconds,
        "in seconds, not the one that was sent": int(seconds / 256),
    }
    for said, number in spellings.items():
        text = str(number)
        if text != sent.timestamp:
            yield Mistake(f"with the timestamp {said}", {"timestamp": text})


def _hex_digest(name: str) -> Digest:
    def digest(_: str, text: str) -> str:
        return hashlib.new(name, _to_bytes(text), usedforsecurity=False).hexdigest()

    return digest


def _hmac_hex(secret: str, text: str) -> str:
    return hmac.new(_to_bytes(secret), _to_bytes(text), "sha1").hexdigest()


def _base64_digest(_: str, text: str) -> str:
    digest = hashlib.sha1(_to_bytes(text), usedforsecurity=False).digest()
    return b64encode(digest).decode()


def _to_bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
