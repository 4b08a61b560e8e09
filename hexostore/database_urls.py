"""What the URL of a database says, for the settings.

A URL may contain a password, so no error about one shows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

CONNECT_SECONDS = 3
"""How long one of several database servers may take to accept a connection."""

_BETWEEN_URLS = re.compile(r"[\s,]+(?=postgres(?:ql)?://)")
PARTS = {
    "NAME": "dbname",
    "USER": "user",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}
"""What the driver calls what Django's settings name."""


def split_urls(urls: str) -> list[str]:
    """Return URLs that blanks or commas separate. A URL may contain commas, between hosts."""
    return [url for url in _BETWEEN_URLS.split(urls.strip(" ,\n")) if url]


def parse_url(url: str, variable: str) -> dict[str, Any]:
    """Return server, user, database and options of a URL, under the names of Django's settings.

    Raise ImproperlyConfigured, which names `variable`, for a malformed URL, one without a database,
    and one with several hosts that does not ask for the primary among them. A connection tries such
    hosts in turn (PostgreSQL, libpq, Specifying Multiple Hosts).
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(f"{variable} does not begin with postgresql://")
    given = _parameters(url, variable)
    entry = {name: str(given.pop(part, "")) for name, part in PARTS.items()}
    if not all(port.isdecimal() for port in entry["PORT"].split(",") if port):
        raise ImproperlyConfigured(f"{variable} is malformed: its port is not a number")
    if not entry["NAME"]:
        raise ImproperlyConfigured(f"{variable} names no database")
    if "," in entry["HOST"]:
        _require_primary(given, variable)
        given = {"connect_timeout": CONNECT_SECONDS, **given}
    return {**entry, "OPTIONS": given}


def _parameters(url: str, variable: str) -> dict[str, Any]:
    """Return what the driver reads in a URL, or raise ImproperlyConfigured.

    A user or a password with an @ of its own is refused, since the driver would take what follows
    for the host, and show it in the error of a connection.
    """
    if urlsplit(url).netloc.count("@") > 1:
        raise ImproperlyConfigured(
            f"{variable} is malformed: an @ in its user or password is written %40"
        )
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError:
        raise ImproperlyConfigured(
            f"{variable} is malformed: a parameter after ? is none of PostgreSQL's, or a "
            "character is not written as % and two digits"
        ) from None


def _require_primary(options: Mapping[str, Any], variable: str) -> None:
    if options.get("target_session_attrs") not in {"read-write", "primary"}:
        raise ImproperlyConfigured(
            f"{variable} names several hosts; add ?target_session_attrs=read-write, "
            "so that the primary is found among them."
        )
