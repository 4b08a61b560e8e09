"""Which sandbox a request is for.

It is named, in this order, by a prefix of the path (`/~NAME/api/…`), a header, the host
(`NAME.localhost`), a key, client or token that belongs to it, or the login
(`name+NAME@example.com`). A login only names a sandbox that there is, because such addresses exist.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection

from django.http import HttpRequest
from django.http.request import split_domain_port

from apps.control.credential_owners import find_owner
from apps.control.names import MAIN
from apps.credentials.basic.authentication import parse_pair
from hexostore.sandbox_prefix import split_prefix

HEADER = "X-HexoStore-Sandbox"

_META = "HTTP_X_HEXOSTORE_SANDBOX"
_SUFFIX = ".localhost"
_TAG = re.compile(r"\+([a-z0-9-]+)(?=@|$)")


def take_prefix(request: HttpRequest) -> str | None:
    """Remove the prefix from the path of a request, and return the name in it; None if there is
    none.

    META keeps the path as sent, since signatures cover it.
    """
    name, rest = split_prefix(request.path_info)
    if name is not None:
        request.path_info = request.path = rest
    return name


def find_name(request: HttpRequest, known: Collection[str]) -> str:
    """Return the name of the sandbox that a request is for, after `take_prefix` found none."""
    ways: tuple[Callable[[HttpRequest, Collection[str]], str | None], ...] = (
        _by_header,
        _by_host,
        _by_credentials,
        _by_login,
    )
    found = (way(request, known) for way in ways)
    return next((name for name in found if name is not None), MAIN)


def _by_header(request: HttpRequest, _known: Collection[str]) -> str | None:
    return request.META.get(_META)


def _by_host(request: HttpRequest, _known: Collection[str]) -> str | None:
    host, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
    return host.removesuffix(_SUFFIX) if host.endswith(_SUFFIX) else None


def _by_credentials(request: HttpRequest, known: Collection[str]) -> str | None:
    return find_owner(request) if len(known) > 1 else None


def _by_login(request: HttpRequest, known: Collection[str]) -> str | None:
    """Return the sandbox in a Basic login, and take it out of the header."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header.partition(" ")[0].lower() != "basic" or len(known) == 1:
        return None
    login, password = parse_pair(header) or ("", "")
    tag = _TAG.search(login)
    if tag is None or tag[1] not in known:
        return None
    pair = f"{login[: tag.start()]}{login[tag.end() :]}:{password}"
    request.META["HTTP_AUTHORIZATION"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    vars(request).pop("headers", None)  # which keeps the login if somebody has read a header
    return tag[1]
