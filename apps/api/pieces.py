"""Responses that are made while they are sent, so that no long one lies in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import cast

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from hexostore.database.copies import Reading, current_reading, reading_block

PIECE = 2**18
"""The least characters of a piece, but for the last."""


def send_texts(texts: Iterable[str], content_type: str) -> HttpResponseBase:
    """Return the response with these texts one after the other: as a whole with its length if it
    is one piece, else piece by piece. The first piece is made at once, so that its errors can
    still be answered."""
    pieces = _gather(texts)
    first, second = next(pieces, b""), next(pieces, None)
    if second is None:
        return HttpResponse(first, content_type=content_type)
    return StreamingHttpResponse(chain((first, second), pieces), content_type=content_type)


def read_on(response: StreamingHttpResponse) -> None:
    """Have a response that is made while it is sent go on reading from the copy of the database
    that its beginning was read from."""
    reading = current_reading()
    if reading is not None:
        response.streaming_content = _read_on(
            reading, cast("Iterator[bytes]", response.streaming_content)
        )


def _read_on(reading: Reading, pieces: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with reading_block(reading):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _gather(texts: Iterable[str]) -> Iterator[bytes]:
    gathered: list[str] = []
    size = 0
    for text in texts:
        gathered.append(text)
        size += len(text)
        if size >= PIECE:
            yield "".join(gathered).encode()
            gathered, size = [], 0
    if gathered:
        yield "".join(gathered).encode()
