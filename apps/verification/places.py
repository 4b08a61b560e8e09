"""Where a server is."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


class PlaceError(Exception):
    """A base URL that is malformed."""


@dataclass(frozen=True)
class ServerPlace:
    """The address of a server, and the path in front of `/api/`, such as `/~t1`."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def root(self) -> str:
        """The base URL without a final slash, as clients send it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"

    def url(self, target: str) -> str:
        """Return the URL of a path with its query."""
        return f"{self.root}{target}"

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


def parse_place(text: str) -> ServerPlace:
    """Return the place of a base URL, with or without `/api/` at its end.

    Raise PlaceError if it is no http or https URL, or has a user, a query or a fragment.
    """
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError as error:
        raise PlaceError(f"{text!r} is malformed: {error}") from error
    if found.scheme not in PORTS or not found.hostname:
        raise PlaceError(f"{text!r} is no URL that begins with https:// or http://")
    if found.query or found.fragment or "@" in found.netloc:
        raise PlaceError("A base URL has no user, no query and no fragment.")
    if not (found.path + found.hostname).isascii() or not found.path.isprintable():
        raise PlaceError("A base URL has ASCII letters only.")
    prefix = found.path.rstrip("/").removesuffix("/api")
    return ServerPlace(found.scheme, found.hostname, port or PORTS[found.scheme], prefix)


def is_same_server(place: ServerPlace, other: ServerPlace) -> bool:
    """Return whether a redirect leads to the server itself: the same host and port, or from the
    usual port of http to that of https."""
    if (place.host, place.port, place.scheme) == (other.host, other.port, other.scheme):
        return True
    usual = ("http", 80, "https", 443)
    return place.host == other.host and usual == (
        place.scheme,
        place.port,
        other.scheme,
        other.port,
    )
