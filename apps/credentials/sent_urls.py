"""The URL of a request as the client wrote it. That is what the client has signed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from django.http import HttpRequest

_PORTS = {"http": ":80", "https": ":443"}
_WITH_PORT = re.compile(r":\d*$")
_ORIGIN = re.compile(r"^[a-z]+://[^/?]*", re.IGNORECASE)  # which a request by proxy begins with
_USUAL = "/:;@!$&'()*+,=~"  # what HTTP libraries leave as it is in a path
_ESCAPE = re.compile("%[0-9A-F]{2}")


def urls_as_sent(request: HttpRequest) -> Iterator[str]:
    """Yield the URL as the client wrote it, raw, in every spelling that is equally likely.

    HTTP libraries send or leave out the default port of the scheme, whatever the URL says, and
    write the host in lower case. If the server passes on the raw target, nothing else is uncertain.
    Other servers decode the path, so it is unknown which characters were escaped, and the usual
    variants are all yielded. Behind a proxy, scheme and host are the forwarded ones
    (hexostore/middleware.py). Bytes that are not UTF-8 are surrogates (PEP 383).
    """
    targets = tuple(_possible_targets(request.META))
    for host in _possible_hosts(request.get_host(), _PORTS[str(request.scheme)]):
        for target in targets:
            yield f"{request.scheme}://{host}{target}"


def _possible_hosts(sent: str, port: str) -> Iterator[str]:
    yield sent
    if sent.endswith(port):
        yield sent.removesuffix(port)
    elif not _WITH_PORT.search(sent):
        yield f"{sent}{port}"
    if sent != sent.lower():
        yield sent.lower()


def _possible_targets(meta: Mapping[str, str]) -> Iterator[str]:
    raw = meta.get("RAW_URI") or meta.get("REQUEST_URI")
    if raw:
        yield _decode_text(_ORIGIN.sub("", raw))
        return
    path = meta.get("PATH_INFO", "")  # which Django has decoded from UTF-8
    query = _decode_text(meta.get("QUERY_STRING", ""))
    end = f"?{query}" if query else ""
    usual = quote(path, safe=_USUAL)
    yield f"{usual}{end}"
    escaped = _ESCAPE.sub(lambda found: found[0].lower(), usual)
    as_letters = "".join(map(_quote_ascii, path))
    for spelling in {quote(path), escaped, as_letters} - {usual}:
        yield f"{spelling}{end}"


def _quote_ascii(letter: str) -> str:
    return letter if letter > "\x7f" else quote(letter, safe=_USUAL)


def _decode_text(raw: str) -> str:
    """Return the bytes that a WSGI server passes on as Latin-1 (PEP 3333), decoded as UTF-8."""
    return raw.encode("latin-1", "replace").decode(errors="surrogateescape")
