"""Redirect URIs of OAuth: which ones a client may register, and which ones match.

Allowed are https, custom schemes of apps, and in the sandbox plain http to the developer's own
machine (API reference, OAuth General considerations; RFC 8252, section 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

LONGEST = 1000

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

NEVER = frozenset(
    {
        "about",
        "blob",
        "chrome",
        "content",
        "data",
        "file",
        "filesystem",
        "ftp",
        "intent",
        "jar",
        "javascript",
        "mailto",
        "resource",
        "tel",
        "vbscript",
        "view-source",
        "ws",
        "wss",
    }
)
"""Schemes that browsers handle themselves, or that lead to no app."""

_URI = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+", re.ASCII)
_LOOPBACK_IP = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?((?:[/?].*)?)", re.ASCII)


def redirect_fault(uri: str) -> str | None:
    """Return why people may not be sent to `uri`, as the end of a sentence; None if they may."""
    if len(uri) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not _URI.fullmatch(uri):  # a fragment is forbidden by RFC 6749, section 3.1.2
        return "is not an absolute URI, or has a fragment"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "has an invalid host"
    return _fault_of(parts, host)


def _fault_of(parts: SplitResult, host: str | None) -> str | None:
    if "@" in parts.netloc:
        return "names a user"
    if parts.scheme == "http":
        own = host in LOOPBACK and settings.HEXOSTORE_PROFILE == "sandbox"
        return None if own else "is plain http; use https"
    if parts.scheme == "https":
        return None if host else "has no host"
    return (
        f"has the scheme {parts.scheme}, which does not belong to an app"
        if parts.scheme in NEVER
        else None
    )


def schemes_of(registered: Iterable[str]) -> list[str]:
    """Return the schemes of the registered URIs."""
    usable = [uri for uri in registered if redirect_fault(uri) is None]
    return sorted({urlsplit(uri).scheme for uri in usable})


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Return whether `uri` equals a registered one, character by character (RFC 6749, section
    3.1.2.3).

    Only the port of a loopback address may differ, because an app uses any free port (RFC 8252,
    section 7.3). "localhost" is a name and must match exactly (section 8.3).
    """
    if redirect_fault(uri) is not None:
        return False
    return any(uri == each or _is_twin(uri, each) for each in registered)


def _is_twin(uri: str, registered: str) -> bool:
    one = _LOOPBACK_IP.fullmatch(uri)
    other = _LOOPBACK_IP.fullmatch(registered)
    if one is None or other is None:
        return False
    return one.groups() == other.groups()
