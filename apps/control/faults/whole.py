"""Answers as a whole, which are otherwise made piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.http.response import HttpResponseBase

MOST_BYTES = 64 * 2**20
"""The longest answer that faults work on. A longer one is broken off here."""


class TooLong(Exception):
    """An answer is longer than MOST_BYTES."""


@dataclass(frozen=True)
class ChangedAnswer:
    """What a fault puts in place of the body of an answer, and headers that it sets."""

    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def put_into(self, response: HttpResponse) -> None:
        """Change an answer, with its length if it announces one.

        Nobody may take it for the true one later, so it has no ETag.
        """
        response.content = self.content
        for name in ("ETag", "Accept-Ranges"):
            response.headers.pop(name, None)
        if "Content-Length" in response:
            response["Content-Length"] = str(len(self.content))
        for name, value in self.headers.items():
            response[name] = value


def make_whole(response: HttpResponseBase) -> HttpResponse:
    """Return the same answer with its body in memory. Raise TooLong."""
    if isinstance(response, HttpResponse):
        return response
    pieces, size = [], 0
    try:
        for piece in response:
            size += len(piece)
            if size > MOST_BYTES:
                raise TooLong
            pieces.append(piece)
    finally:
        for close in response._resource_closers:  # type: ignore[attr-defined]
            close()
    found = HttpResponse(b"".join(pieces), status=response.status_code)
    found.headers = response.headers
    found.cookies = response.cookies
    return found
