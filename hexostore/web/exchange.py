"""One request and its response: the body is awaited, the application run, and its pieces sent."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from hexostore.web import refusals
from hexostore.web.observer import ObservedRequest
from hexostore.web.refusals import WebRefusal
from hexostore.web.reply import Fields, WebReply, begin_reply
from hexostore.web.wanted import wants_body
from hexostore.web.wire_faults import reset_connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from hexostore.web.connection import Connection
    from hexostore.web.observer import Observer
    from hexostore.web.request import WebRequest
    from hexostore.web.wire_faults import WireFault

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"

T = TypeVar("T")


class BrokenReply(Exception):
    """The application sent another number of bytes than it announced."""


class Exchange:
    """Everything between a request and the end of its response.

    All its work runs in one context, whichever threads do it.
    """

    def __init__(self, connection: Connection, request: WebRequest) -> None:
        self.connection, self.request = connection, request
        self.server = connection.server
        self.has_begun = False  # to answer
        self._context: Context = copy_context()
        self._path = request.path
        self._status, self._sent = "", 0  # what observers are told
        self._fields: Fields = []

    async def run(self) -> None:
        """Answer the request. Raise ConnectionError if the client is gone."""
        if self.server.observer is None:
            await self._answer()
        else:
            await self._answer_observed(self.server.observer)

    async def _answer_observed(self, observer: Observer) -> None:
        began = perf_counter()
        observer.begin()
        try:
            await self._answer()
        except ConnectionError:
            raise
        except Exception:
            self._status = self._status or "500"  # which the connection sends
            raise
        finally:
            observer.end(self._outcome(perf_counter() - began))

    def _outcome(self, seconds: float) -> ObservedRequest:
        request = self.request
        received = request.size + request.body.received
        known = request.method, self._path, self._status, self._fields
        return ObservedRequest(*known, received, self._sent, seconds)

    async def _answer(self) -> None:
        try:
            refusal = self.request.refusal or await self._await_body()
            if refusal is not None:
                await self.refuse(refusal)
                return
            reply = await self._in_thread(self._begin_reply)
        finally:
            self.connection.forget_body(self.request)
        await self._send_reply(reply)

    def _begin_reply(self) -> WebReply:
        """Run the application, unless the client left while others had their turn."""
        connection = self.connection
        if connection.lost:
            raise ConnectionResetError("The client is gone.")
        environ = self.request.environ(connection.scheme, connection.client, connection.port)
        return begin_reply(self.server.application, environ)

    async def _await_body(self) -> WebRefusal | None:
        """Wait for the body, if somebody wants it. Return the refusal if it does not arrive."""
        body = self.request.body
        if body.complete:
            return None
        if not wants_body(self.request):
            self.connection.ignore_body(self.request)
            return None
        if self.request.expects_continue and not body.received:
            await self._send(CONTINUE)
        if await self.connection.receive_body(self.request):
            return None
        self.connection.ignore_body(self.request)
        return refusals.no_room() if body.has_no_room else refusals.late_request("body")

    async def refuse(self, refusal: WebRefusal) -> None:
        """Answer without the application, and close."""
        self.request.keep_alive = False
        self.has_begun = True
        text = refusal.body()
        fields = [*refusal.fields(), ("Content-Length", str(len(text)))]
        head = self._make_head(f"{refusal.status.value} {refusal.status.phrase}", fields)
        await self._send(head, b"" if self.request.method == "HEAD" else text)

    async def _send(self, *parts: bytes, held: int = 0) -> None:
        self._sent += sum(map(len, parts))
        await self.connection.send(*parts, held=held)

    def _make_head(self, status: str, fields: Fields) -> bytes:
        self._status, self._fields = status, fields
        lines = [f"HTTP/1.1 {status}\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in fields]
        if not self.request.keep_alive or self.server.is_leaving():
            self.request.keep_alive = False
            lines.append("Connection: close\r\n")
        if not any(name == "Date" for name, _ in fields):  # which a sandbox's own clock tells
            lines.append(self.server.date)
        lines.append("\r\n")
        return "".join(lines).encode("latin-1")

    async def _send_reply(self, reply: WebReply) -> None:
        fault = reply.fault
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.needs_whole and reply.is_whole:
            await self._send_faulty(reply, fault)
            return
        if reply.is_whole:
            self.has_begun = True
            await self._send(self._make_head(reply.status, reply.fields), reply.first)
            return
        try:
            await self._send_pieces(reply)
        finally:
            await self._in_thread(reply.close)

    async def _send_faulty(self, reply: WebReply, fault: WireFault) -> None:
        """Send a whole reply as a fault wants it. The connection then ends without a word of it."""
        self.has_begun = True
        if self.connection.lost:
            raise ConnectionResetError("The client is gone.")
        head = self._make_head(reply.status, fault.announce(reply.fields))
        if fault.ends_connection:
            self.request.keep_alive = False
        if fault.reset:
            reset_connection(self.connection.transport)
        if fault.sends_nothing:
            return
        await self._send(head)
        async for piece in fault.pieces(reply.first):
            await self._send(piece)

    async def _send_pieces(self, reply: WebReply) -> None:
        """Send one piece after the other. Each is made when the one before is on its way.

        Without a length they are sent in chunks or, to a client of HTTP/1.0, up to the end of the
        connection.
        """
        in_chunks = reply.length is None and self.request.version == "1.1"
        fields = [*reply.fields, ("Transfer-Encoding", "chunked")] if in_chunks else reply.fields
        if reply.length is None and not in_chunks:
            self.request.keep_alive = False
        self.has_begun = True
        await self._send(self._make_head(reply.status, fields))
        sent, held = 0, self.connection.limits.stream
        piece: bytes | None = reply.first
        while piece is not None:
            sent += len(piece)
            if reply.length is not None and sent > reply.length:
                raise BrokenReply(f"more than {reply.length} bytes")
            if piece and in_chunks:
                await self._send(b"%x\r\n" % len(piece), piece, b"\r\n", held=held)
            elif piece:
                await self._send(piece, held=held)
            piece = await self._in_thread(reply.next_piece)
        if reply.length not in {None, sent}:
            raise BrokenReply(f"{sent} of {reply.length} bytes")
        if in_chunks:
            await self._send(_LAST_CHUNK)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        work_in_context = partial(self._context.run, work, *arguments)
        return await self.server.threads.run(self._path, work_in_context)
