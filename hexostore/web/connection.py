"""A client's connection: requests come in, and their responses go out, one after the other.

Only the event loop runs this code. Whatever a client has to do has a deadline. The server calls
`sweep` on each connection once a second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from hexostore.web import refusals
from hexostore.web.exchange import Exchange
from hexostore.web.request import WebRequest, escape_letters
from hexostore.web.stage import Stage

if TYPE_CHECKING:
    from hexostore.web.refusals import WebRefusal
    from hexostore.web.server import WebServer


class Connection(asyncio.Protocol):
    """The protocol of one connection, and the callbacks of its parser."""

    transport: asyncio.Transport

    def __init__(self, server: WebServer, scheme: str) -> None:
        self.server, self.scheme, self.limits = server, scheme, server.limits
        self.client, self.port = "", 0
        self.stage = Stage.HEAD
        self.since = server.now()
        self.deadline: float | None = self.since + self.limits.idle_seconds
        self.lost = False
        self._parser = httptools.HttpRequestParser(self)
        self._deaf = False
        self._ignored = 0
        self._last_words: WebRefusal | None = None
        self._head_bytes = 0
        self._ended_within = False  # whether a request ended within what came last
        self._target_as_sent = b""
        self._owed = 0  # bytes of a body that the parser does not see
        self._can_continue = True  # after an offer to upgrade
        self._coming: WebRequest | None = None  # of which something is missing
        self._answered: Exchange | None = None
        self._waiting: deque[WebRequest] = deque()
        self._drained: asyncio.Future[None] | None = None
        self._undrained = 0

    # Methods of the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own kind of one
        self.client = str((transport.get_extra_info("peername") or ("",))[0])
        self.port = int((transport.get_extra_info("sockname") or ("", 0))[1])
        self.server.admit(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = self._deaf = True
        self.deadline = None
        self.server.forget(self)
        answered = self._answered.request if self._answered is not None else None
        for request in (self._coming, answered, *self._waiting):
            if request is not None:
                request.body.wake_waiting(complete=False)
                if request is not answered:  # which a thread may read, and its exchange forgets
                    self.forget_body(request)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._ignore_bytes(len(data))
            return
        if self._owed:
            data = self._take_owed(data)
        if self._coming is None and not data.isascii():
            data, self._target_as_sent = escape_letters(data)
        self._ended_within = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            raise
        except httptools.HttpParserUpgrade as offer:
            self._decline_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._give_up(refusals.malformed_request())
        else:
            self._measure_head(len(data))

    def _decline_upgrade(self, rest: bytes) -> None:
        """Continue with HTTP/1.1, whatever else the client offers to speak (RFC 9110, 7.8).

        The parser has stopped after the head. A body of known length and further requests follow.
        """
        if not self._can_continue:
            self._deaf = True  # what follows cannot be read; the request is answered
            return
        self._parser = httptools.HttpRequestParser(self)
        if rest:
            self.data_received(rest)

    def _note_offer(self, request: WebRequest) -> None:
        length = request.body.length
        self._can_continue = request.method != "CONNECT" and length is not None
        self._owed = length or 0

    def _take_owed(self, data: bytes) -> bytes:
        """Take what belongs to the body of a request that offered an upgrade; return the rest."""
        body, rest = data[: self._owed], data[self._owed :]
        self._owed -= len(body)
        self.on_body(body)
        if not self._owed:
            self._complete_request()
        return rest

    def eof_received(self) -> bool:
        """Return whether to keep open what the client has half closed, so that it gets its
        response.

        TLS knows no half-closed connections.
        """
        if self.stage in {Stage.WORK, Stage.WRITE} and self._answered is not None:
            self._deaf = True
            self._answered.request.keep_alive = False
            return self.scheme == "http"
        return False

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()
        self._undrained = self.transport.get_write_buffer_size()
        if self.stage is Stage.WORK:
            self._wait_for(Stage.WRITE, self.limits.write_seconds)

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
        self.server.answers.free(self)
        if self.stage is Stage.WRITE:
            self._mark_working()

    # Callbacks of the parser.

    def on_message_begin(self) -> None:
        self._coming = WebRequest(self.limits)
        self._head_bytes = 0
        if self.stage is Stage.HEAD:
            self._wait_for(Stage.HEAD, self.limits.head_seconds)

    def on_url(self, target: bytes) -> None:
        assert self._coming is not None
        self._coming.add_target(target)

    def on_header(self, name: bytes, value: bytes) -> None:
        assert self._coming is not None
        self._coming.add_header(name, value)

    def on_headers_complete(self) -> None:
        request = self._coming
        assert request is not None
        if self._target_as_sent:
            request.target, self._target_as_sent = self._target_as_sent, b""
        request.complete_head(
            self._parser.get_method().decode(),
            self._parser.get_http_version(),
            keep_alive=self._parser.should_keep_alive(),
        )
        if self._answered is None:
            self._begin_request(request)
        elif len(self._waiting) < self.limits.pipelined:
            self._waiting.append(request)
            self.transport.pause_reading()  # until it is its turn
        else:
            self._give_up(
                refusals.malformed_request("Too many requests are waiting on this connection.")
            )

    def on_body(self, data: bytes) -> None:
        request = self._coming
        assert request is not None
        request.body.add(data)
        if request.body.spooled and not request.body.unwanted:
            self.server.bodies.keep(self, request.body.spooled)
        if self.stage is Stage.BODY:
            self._extend_body_deadline(request)

    def on_message_complete(self) -> None:
        assert self._coming is not None
        if self._parser.should_upgrade():  # then this is the end of the head
            self._note_offer(self._coming)
        if not self._owed:
            self._complete_request()

    def _complete_request(self) -> None:
        self._ended_within = True
        assert self._coming is not None
        self._coming.body.end()
        self._coming = None

    # Methods for the exchange.

    async def send(self, *parts: bytes, held: int = 0) -> None:
        """Write, and wait while more is waiting than the system's buffers take.

        `held` are bytes that wait with it elsewhere. Raise ConnectionError if the client is gone,
        or reads nothing in time.
        """
        size = self.limits.write_at_once
        if sum(map(len, parts)) <= size:
            await self._write_part(b"".join(parts), size + held)
            return
        for part in parts:
            for begin in range(0, len(part), size):
                await self._write_part(memoryview(part)[begin : begin + size], len(part) + held)

    async def _write_part(self, data: bytes | memoryview, kept: int) -> None:
        """Write one part, and wait if the system's buffers are full; `kept` bytes wait with it."""
        if not self.lost:
            self.transport.write(data)
        if self._drained is not None:
            self.server.answers.keep(self, kept)
            await self._drained
        if self.lost:
            raise ConnectionResetError("The client is gone.")

    async def receive_body(self, request: WebRequest) -> bool:
        """Wait until the body is there.

        Return False if it does not arrive in time. Raise ConnectionError if the client is gone.
        """
        request.body.arrived = asyncio.get_running_loop().create_future()
        self._wait_for(Stage.BODY, 0)
        self._extend_body_deadline(request)
        self.transport.resume_reading()
        is_complete = await request.body.arrived
        if self.lost:
            raise ConnectionResetError("The client is gone.")
        self._mark_working()
        return is_complete

    def ignore_body(self, request: WebRequest) -> None:
        """Stop reading the body before the request is answered, and close afterwards."""
        request.body.drop_content()
        request.keep_alive = False
        self.transport.pause_reading()

    def forget_body(self, request: WebRequest) -> None:
        """Keep nothing of a body any more."""
        request.body.close()
        self.server.bodies.free(self)

    # Methods for the server.

    def sweep(self, now: float) -> None:
        """Check whether the deadline of the client has passed."""
        if self.deadline is None or now < self.deadline:
            return
        if self.stage is Stage.HEAD and self._coming is not None:
            self._give_up(refusals.late_request("head"))
        elif self.stage is Stage.HEAD:
            self.close()
        elif self.stage is Stage.BODY and self._answered is not None:
            self._answered.request.body.wake_waiting(complete=False)
        elif self.stage is not Stage.WRITE or not self._has_taken_some():
            self.abort()

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn."""
        return self.stage is not Stage.WORK

    def shut(self) -> None:
        """Close now, or when the current request is answered."""
        if self._answered is None or self.stage is Stage.BODY:
            self.close()

    def close(self) -> None:
        """Close when the client has read everything, with a deadline."""
        self._deaf = True
        self._wait_for(Stage.CLOSING, self.limits.write_seconds)
        self.transport.close()

    def abort(self) -> None:
        """Close at once. What was not read yet is lost."""
        self.deadline = None
        self.transport.abort()

    def _wait_for(self, stage: Stage, seconds: float) -> None:
        self.stage, self.since = stage, self.server.now()
        self.deadline = self.since + seconds

    def _mark_working(self) -> None:
        self.stage, self.deadline = Stage.WORK, None

    def _begin_request(self, request: WebRequest) -> None:
        self._mark_working()
        self._answered = Exchange(self, request)
        task = self.server.start(self._answered.run())
        task.add_done_callback(self._finish_exchange)

    def _finish_exchange(self, task: asyncio.Task[None]) -> None:
        """Continue after an exchange: with the next request, or to the end of the connection."""
        exchange = self._answered
        assert exchange is not None
        self._answered = None
        error = None if task.cancelled() else task.exception()
        if self.lost:
            self.server.report(None if isinstance(error, ConnectionError) else error)
        elif error is not None or task.cancelled():
            self.server.report(error)
            self._break_off(exchange)
        elif not exchange.request.keep_alive or self.server.stopping:
            self._end_request(exchange.request)
        elif self._waiting:
            self._begin_request(self._waiting.popleft())
        elif self._last_words is not None:
            self._give_up(self._last_words)
        elif self._deaf:
            self._end_request(exchange.request)
        else:
            self._listen_for_next()

    def _listen_for_next(self) -> None:
        """Wait for the next request, of which a part may have arrived."""
        limits = self.limits
        seconds = limits.head_seconds if self._coming is not None else limits.idle_seconds
        self._wait_for(Stage.HEAD, seconds)
        self.transport.resume_reading()

    def _break_off(self, exchange: Exchange) -> None:
        """End a failed exchange: with 500, or so that nobody mistakes a part for the whole."""
        if exchange.has_begun:
            self.abort() if exchange.request.version == "1.0" else self.close()
        else:
            self._give_up(refusals.failed_application())

    def _end_request(self, request: WebRequest) -> None:
        if request.body.complete and not self._deaf:
            self.close()
        else:
            self._linger_until_closed()

    def _give_up(self, refusal: WebRefusal) -> None:
        """Stop reading, and refuse what arrived, after everything before it is answered."""
        self._deaf = True
        if self._answered is not None:
            self._last_words = refusal
            return
        self.server.note_refusal(refusal)
        text = refusal.body()
        fields = [*refusal.fields(), ("Content-Length", str(len(text))), ("Connection", "close")]
        lines = [f"{name}: {value}\r\n" for name, value in fields]
        status = f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}\r\n"
        self.transport.write("".join([status, *lines, "\r\n"]).encode() + text)
        self._linger_until_closed()

    def _linger_until_closed(self) -> None:
        """Close when the client has, but read for a while what it still sends.

        Closing with unread bytes would reset the connection, and the response would be lost.
        """
        self._deaf = True
        self._wait_for(Stage.CLOSING, self.limits.linger_seconds)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()

    def _ignore_bytes(self, size: int) -> None:
        self._ignored += size
        if self._ignored > self.limits.linger:
            self.abort()

    def _measure_head(self, size: int) -> None:
        if self._ended_within:
            return  # the parser does not tell how much of it is of the next head
        self._head_bytes += size
        coming = self._coming
        if coming is not None and not coming.method and self._head_bytes > self.limits.head:
            self._give_up(refusals.long_head(self.limits.head))

    def _extend_body_deadline(self, request: WebRequest) -> None:
        """Give a body that arrives steadily the time it needs."""
        earned = request.body.received / self.limits.body_rate
        self.deadline = self.since + self.limits.body_seconds + earned

    def _has_taken_some(self) -> bool:
        """Return whether the client read enough since the last check. It then gets the same time
        again."""
        left = self.transport.get_write_buffer_size()
        if self._undrained - left < self.limits.write_least:
            return False
        self._undrained = left
        self._wait_for(Stage.WRITE, self.limits.write_seconds)
        return True
