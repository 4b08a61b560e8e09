"""The WSGI application's response to a request, made in a thread piece by piece (PEP 3333)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.db import close_old_connections

from hexostore.web.request import Environ
from hexostore.web.wire_faults import WireFault, find_fault

Fields = list[tuple[str, str]]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_BODYLESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


@dataclass
class WebReply:
    """Status and headers of a response, its `first` piece, and what makes the others.

    `length` is the size in the headers, None if it is unknown. A reply that `is_whole` has only the
    first piece, and is already closed. `fault` is what a test wants to happen to it.
    """

    status: str = ""
    fields: Fields = field(default_factory=list)
    length: int | None = None
    first: bytes = b""
    is_whole: bool = True
    has_body: bool = True
    fault: WireFault | None = None
    _rest: Iterator[bytes] = field(default_factory=lambda: iter(()))
    _closing: ExitStack = field(default_factory=ExitStack)

    def start(self, status: str, fields: Fields, exc_info: object = None) -> Callable[..., None]:
        """Take status and headers, like `start_response` of WSGI."""
        self.status, self.fields = status, fields
        lengths = [value for name, value in fields if name.lower() == "content-length"]
        self.length = int(lengths[0]) if lengths else None
        return _refuse_write

    def next_piece(self) -> bytes | None:
        """Make the next piece; None after the last one.

        Each may be made by another thread than the one before, on that thread's connection to
        the database, which may have been lost meanwhile.
        """
        close_old_connections()
        return next(self._rest, None)

    def close(self) -> None:
        """Close what the response was made from. Call this once, however it ended."""
        self._closing.close()


def _refuse_write(_data: bytes) -> None:
    raise NotImplementedError("Applications yield their pieces.")


def begin_reply(application: Application, environ: Environ) -> WebReply:
    """Run the application up to the first piece of its answer."""
    reply = WebReply()
    with ExitStack() as closing:
        pieces = application(environ, reply.start)
        if hasattr(pieces, "close"):
            closing.callback(pieces.close)
        reply.fault = find_fault(environ)
        is_bodyless = int(reply.status[:3]) in _BODYLESS
        reply.has_body = not is_bodyless and environ["REQUEST_METHOD"] != "HEAD"
        if is_bodyless:
            reply.fields = [each for each in reply.fields if each[0].lower() != "content-length"]
        if reply.has_body:
            _take_first(reply, pieces)
        if not reply.is_whole:
            reply._closing = closing.pop_all()
    return reply


def _take_first(reply: WebReply, pieces: Iterable[bytes]) -> None:
    """Take the first piece, or all of them if they are ready."""
    reply._rest = iter(pieces)
    if getattr(pieces, "streaming", True):  # all but an HttpResponse of Django
        reply.first = next(reply._rest, b"")
        reply.is_whole = reply.length == len(reply.first)
        return
    reply.first = b"".join(reply._rest)
    if reply.length is None:
        reply.length = len(reply.first)
        reply.fields.append(("Content-Length", str(reply.length)))
