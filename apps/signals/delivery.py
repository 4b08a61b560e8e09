"""How an answer of data travels: whole, in part, as its headers only, or not at all (304).

A format gives a Delivery; what HTTP adds to it (ETag, HEAD, byte ranges, the name of the file)
is here, once for all formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.request import Request

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Delivery:
    """A body that is known but not made yet.

    `body` makes it anew with every call: as a list where it is ready at once, else as pieces of
    which none is read before its turn. `length` is its size in bytes where that is known
    beforehand. `filename` is what browsers save it as.
    """

    media_type: str
    body: Callable[[], Iterable[bytes]]
    length: int | None = None
    filename: str | None = None


def deliver(delivery: Delivery, version: str | None, request: Request) -> HttpResponseBase:
    """The answer to a GET or HEAD.

    With a `version` it has an ETag, and If-None-Match gets 304 before anything is read. One
    byte range of a body of known length and version gets 206, or 416 if nothing lies in it;
    other forms of Range are answered with the whole, as RFC 9110 section 14.2 allows.
    """
    etag = quote_etag(f"{version}-{delivery.media_type}") if version else None
    known = get_conditional_response(request._request, etag=etag) if etag else None
    response: HttpResponseBase = known or _made(delivery, etag, request)
    if etag:
        response["ETag"] = etag
    return response


def _made(delivery: Delivery, etag: str | None, request: Request) -> HttpResponseBase:
    part = None
    if etag and delivery.length is not None:
        part = _asked_part(delivery.length, etag, request)
    if part is not None and not part:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{delivery.length}"})
    response = _response(delivery, part, request.method == "HEAD")
    if etag and delivery.length is not None:
        response["Accept-Ranges"] = "bytes"
    if delivery.filename:
        response["Content-Disposition"] = f'attachment; filename="{delivery.filename}"'
    return response


def _asked_part(length: int, etag: str, request: Request) -> range | None:
    """The bytes asked for; None for all of them, an empty range for none that exist."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not found or not any(found.groups()) or request.method != "GET":
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, length - int(last)), length)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(length, int(last) + 1 if last else length))


def _response(delivery: Delivery, part: range | None, head: bool) -> HttpResponseBase:
    status, length = 200, delivery.length
    if part is not None:
        status, length = 206, len(part)
    if head:
        response: HttpResponseBase = HttpResponse(content_type=delivery.media_type)
    elif part is not None:
        body = _between(delivery.body(), part)
        response = StreamingHttpResponse(body, content_type=delivery.media_type, status=status)
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{delivery.length}"
    else:
        response = _whole(delivery)
    if length is not None:
        response["Content-Length"] = str(length)
    return response


def _whole(delivery: Delivery) -> HttpResponseBase:
    """What is ready goes as one piece, with its length."""
    body = delivery.body()
    if isinstance(body, list):
        return HttpResponse(b"".join(body), content_type=delivery.media_type)
    return StreamingHttpResponse(body, content_type=delivery.media_type)


def _between(body: Iterable[bytes], part: range) -> Iterator[bytes]:
    """What of a body lies at the places of `part`; made from its beginning, and no further."""
    place = 0
    for piece in body:
        first, stop = max(part.start - place, 0), min(part.stop - place, len(piece))
        if first < stop:
            yield piece[first:stop]
        place += len(piece)
        if place >= part.stop:
            return
