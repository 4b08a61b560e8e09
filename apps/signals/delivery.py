"""How a data response is sent: completely, in part, headers only, or not at all (304).

A format makes a Delivery. What HTTP adds to it (ETag, HEAD, byte ranges, the file name) is here,
once for all formats.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.request import Request

from apps.signals.storage.objects.failures import DamagedObject
from apps.signals.storage.reader import Gone
from hexostore.outages import Outage

log = logging.getLogger("hexostore.data")

_RANGE = re.compile(r"bytes=([0-9]{0,100})-([0-9]{0,100})", re.IGNORECASE)
"""One range of bytes, with numbers that Python converts at once. Other forms may be ignored."""

Length = int | None


@dataclass(frozen=True)
class Delivery:
    """A body that is known but not made yet.

    `body` makes it again with every call: as a list if it is ready at once, else as pieces that are
    made one by one. `length` is its size in bytes if known beforehand, or a function that finds it.
    `filename` is what browsers save it as. `variant` stands for what the bytes depend on besides
    the media type and the version of the plan.
    """

    media_type: str
    body: Callable[[], Iterable[bytes]]
    length: Length | Callable[[], Length] = None
    filename: str | None = None
    variant: str = ""

    def size(self) -> Length:
        """Return the size in bytes; None if it is unknown before the body is made."""
        return self.length() if callable(self.length) else self.length


def deliver(delivery: Delivery, version: str | None, request: Request) -> HttpResponseBase:
    """Return the response to a GET or HEAD.

    With a `version` it has an ETag, and If-None-Match gets 304 before anything is read. One byte
    range of a body with known length and version gets 206, or 416 if it is empty. Other forms of
    Range get the whole body, as RFC 9110 section 14.2 allows.
    """
    etag = _etag(delivery, version) if version else None
    known = get_conditional_response(request._request, etag=etag) if etag else None
    response: HttpResponseBase = known or _made(delivery, etag, request)
    if etag:
        response["ETag"] = etag
    return response


def _etag(delivery: Delivery, version: str) -> str:
    parts = version, delivery.variant, delivery.media_type
    given = [part for part in parts if part]
    return quote_etag("-".join(given))


def _made(delivery: Delivery, etag: str | None, request: Request) -> HttpResponseBase:
    # Of a body of 1,000 bytes, `Range: bytes=200-299` gets 206 with `Content-Range: bytes
    # 200-299/1000`. If nobody knows its length beforehand, it is sent whole.
    head = request.method == "HEAD"
    body = () if head else delivery.body()
    length = sum(map(len, body)) if isinstance(body, list) else delivery.size()
    part = None
    if etag and length is not None and not head:
        part = _asked_part(length, etag, request)
    response = _filled(delivery.media_type, body, part)
    if part is not None:
        where = f"{part.start}-{part.stop - 1}" if part else "*"
        response["Content-Range"] = f"bytes {where}/{length}"
    if length is not None:
        response["Content-Length"] = str(length if part is None else len(part))
    if etag and length is not None:
        response["Accept-Ranges"] = "bytes"
    if delivery.filename:
        response["Content-Disposition"] = f'attachment; filename="{delivery.filename}"'
    return response


def _asked_part(length: int, etag: str, request: Request) -> range | None:
    """Return the requested bytes; None for all of them, an empty range if none of them exist."""
    # Of 1,000 bytes, `bytes=-100` means 900 to 999, and `bytes=200-299` means 200 to 299.
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not found or not any(found.groups()):
        return None
    if request.headers.get("If-Range", etag).strip() != etag:
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, length - int(last)), length)
    if not last:
        return range(int(first), length)
    if int(last) < int(first):
        return None
    return range(int(first), min(length, int(last) + 1))


def _filled(media_type: str, body: Iterable[bytes], part: range | None) -> HttpResponseBase:
    """Return the response with the part of the body. A ready body is sent as one piece."""
    if part is not None and not part:
        return HttpResponse(status=416)
    status = 200 if part is None else 206
    if isinstance(body, list):
        whole = b"".join(body)
        content = whole if part is None else whole[part.start : part.stop]
        return HttpResponse(content, content_type=media_type, status=status)
    pieces = _told(_begun(body if part is None else _between(body, part)))
    return StreamingHttpResponse(pieces, content_type=media_type, status=status)


def _begun(body: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the body. The first piece is made at once, so that its errors can still be answered."""
    pieces = iter(body)
    return chain([next(pieces, b"")], pieces)


def _told(body: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the body, and log what breaks it off, because the headers are already sent.

    The connection is dropped, so that the client does not mistake the part for the whole.
    """
    try:
        yield from body
    except Gone as gone:
        log.error("broke off an answer of data: %s changed while it was read", gone)
        raise
    except (Outage, DamagedObject) as error:
        log.error("broke off an answer of data: %s", error)
        raise


def _between(body: Iterable[bytes], part: range) -> Iterator[bytes]:
    """Yield the bytes of a body in `part`. The body is made from its beginning up to their end."""
    # Of two pieces of 10 bytes, range(5, 15) has the last 5 of the first and the first 5 of the
    # second.
    place = 0
    for piece in body:
        first = max(part.start - place, 0)
        stop = min(part.stop - place, len(piece))
        if first < stop:
            yield piece[first:stop]
        place += len(piece)
        if place >= part.stop:
            return
