"""A proxy for clients with a fixed https://api.hexoskin.com. It leads *.hexoskin.com to this store.

CONNECT (RFC 9110 9.3.6) becomes a tunnel to the https server. A plain request for an http:// URL
(RFC 9112 3.2.2) goes to the http server. Everything else is refused, so that no client reaches the
real service or anybody else through it.
"""

import asyncio
import logging
import re
import signal
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from hexostore.web.listening import bracket_host, listen_on

HTTP, HTTPS = 80, 443

_log = logging.getLogger("hexostore.proxy")

_REQUEST_LINE = re.compile(r"([A-Z]{1,32}) ([\x21-\x7e]+) HTTP/1\.[01]")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
_AUTHORITY = re.compile(r"(?:(?:[a-z0-9-]{1,63}\.){1,8}hexoskin\.com):(\d{1,5})", re.IGNORECASE)
_URL = re.compile(r"http://([^/?#@]*)((?:[/?][^#]*)?)", re.IGNORECASE)
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "te"}
_BLOCK = 65_536


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{bracket_host(self.host)}:{self.port}"


@dataclass(frozen=True)
class ProxyLimits:
    """What one client may use, in numbers, bytes and seconds."""

    connections: int = 128
    head: int = 32_768
    head_seconds: float = 10
    connect_seconds: float = 10
    idle_seconds: float = 300
    farewell_seconds: float = 2


class ProxyRefusal(Exception):
    """A response of the proxy's own."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True)
class ProxyRequest:
    """What a client requested: the port of hexoskin.com, and the head to send on, if any."""

    shown: str
    port: int
    head: bytes = b""


def parse_head(head: bytes) -> ProxyRequest:
    """Return the request in a head.

    Raise Refusal: 400 for a head that is not a request to a proxy, 403 for any other host or port.
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    fields = [_FIELD.fullmatch(each) for each in lines]
    if line is None or not all(fields):
        raise ProxyRefusal(HTTPStatus.BAD_REQUEST, "This is not a valid HTTP/1.1 request.")
    if line[1] == "CONNECT":
        return ProxyRequest(f"CONNECT {line[2]}", _parse_port(line[2]))
    url = _URL.fullmatch(line[2])
    if url is None:
        raise ProxyRefusal(
            HTTPStatus.BAD_REQUEST, "This is a proxy, not the API: set HTTPS_PROXY to it."
        )
    authority = url[1] if ":" in url[1] else f"{url[1]}:{HTTP}"
    if _parse_port(authority) != HTTP:
        raise _refuse_elsewhere(authority)
    path = url[2] if url[2].startswith("/") else f"/{url[2]}"
    kept = _to_send_on([(field[1], field[2]) for field in fields if field])
    text = "\r\n".join([f"{line[1]} {path} HTTP/1.1", f"Host: {url[1]}", *kept, "", ""])
    return ProxyRequest(f"{line[1]} http://{authority}", HTTP, text.encode("latin-1"))


def _parse_port(authority: str) -> int:
    """Return 80 or 443 for a name under hexoskin.com."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None or int(found[1]) not in {HTTP, HTTPS}:
        raise _refuse_elsewhere(authority)
    return int(found[1])


def _refuse_elsewhere(authority: str) -> ProxyRefusal:
    asked = authority.rpartition("@")[2][:100]  # without a password, and not without end
    text = f"This proxy only forwards to ports 443 and 80 of *.hexoskin.com, not to {asked}."
    return ProxyRefusal(HTTPStatus.FORBIDDEN, text)


def _to_send_on(fields: list[tuple[str, str]]) -> list[str]:
    """Return the fields without those for the proxy (RFC 9110 7.6.1), and with one request per
    connection.

    The next request may name another host.
    """
    named = {
        option.strip().lower()
        for name, value in fields
        if name.lower() == "connection"
        for option in value.split(",")
    }
    dropped = _HOP_BY_HOP | named | {"host"}
    kept = [f"{name}:{value}" for name, value in fields if name.lower() not in dropped]
    return [*kept, "Connection: close"]


class Proxy:
    """Serves clients; `ways` maps each port of hexoskin.com to a server."""

    def __init__(self, ways: dict[int, Address], limits: ProxyLimits | None = None) -> None:
        self.ways, self.limits = ways, limits or ProxyLimits()
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, at: Address) -> asyncio.Server:
        """Begin to serve at an address; port 0 means any free one.

        Raise PortTaken, and ListenError if the address does not belong to this machine.
        """
        taken = listen_on(at.host, at.port, "--port")
        return await asyncio.start_server(self._accept_client, sock=taken, limit=self.limits.head)

    async def stop(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept_client(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve_client(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_client(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection from its head to its end."""
        try:
            await self._answer_request(reader, writer)
        except ProxyRefusal as refusal:
            _log.info("%d: %s", refusal.status, ascii(str(refusal)))
            await self._send_refusal(reader, writer, refusal)
        except OSError:
            pass  # the client went away
        finally:
            await self._close_writer(writer)

    async def _answer_request(self, reader: StreamReader, writer: StreamWriter) -> None:
        if len(self._tasks) > self.limits.connections:
            raise ProxyRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.")
        head = await self._read_head(reader)
        if not head:
            return
        request = parse_head(head)
        there = self.ways[request.port]
        answers, sends = await self._connect_to(there)
        _log.info("%s -> %s", request.shown, there)
        try:
            if request.head:
                sends.write(request.head)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._relay_bytes((reader, sends), (answers, writer))
        finally:
            await self._close_writer(sends)

    async def _read_head(self, reader: StreamReader) -> bytes:
        """Return the head of a request; b"" if the client closes before it is complete."""
        try:
            async with asyncio.timeout(self.limits.head_seconds):
                return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        except asyncio.LimitOverrunError as error:
            text = f"The head of a request is limited to {self.limits.head} bytes."
            raise ProxyRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text) from error
        except TimeoutError as error:
            text = "The head of a request took too long."
            raise ProxyRefusal(HTTPStatus.REQUEST_TIMEOUT, text) from error

    async def _connect_to(self, there: Address) -> tuple[StreamReader, StreamWriter]:
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                return await asyncio.open_connection(there.host, there.port, limit=_BLOCK)
        except OSError as error:
            text = f"No server is listening at {there}; start it with: hexostore serve"
            raise ProxyRefusal(HTTPStatus.BAD_GATEWAY, text) from error

    async def _relay_bytes(self, *ways: tuple[StreamReader, StreamWriter]) -> None:
        """Pass on bytes both ways until both have ended, one is broken, or neither sends any."""
        loop = asyncio.get_running_loop()
        idle = self.limits.idle_seconds

        async def pump(reader: StreamReader, writer: StreamWriter) -> None:
            while block := await reader.read(_BLOCK):
                writer.write(block)
                await writer.drain()  # not more is read than the other side takes
                silence.reschedule(loop.time() + idle)
            writer.write_eof()

        try:
            async with asyncio.timeout(idle) as silence, asyncio.TaskGroup() as both:
                for reader, writer in ways:
                    both.create_task(pump(reader, writer))
        except* OSError:
            pass  # reset by one side, or silent for too long: the caller closes both

    async def _send_refusal(
        self, reader: StreamReader, writer: StreamWriter, refusal: ProxyRefusal
    ) -> None:
        """Send the refusal, and read what the client is still sending.

        Closing with unread bytes would reset the connection, and the response would be lost.
        """
        body = f"{refusal.text}\n".encode()
        head = (
            f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\n"
        )
        try:
            async with asyncio.timeout(self.limits.farewell_seconds):
                writer.write(head.encode() + body)
                writer.write_eof()
                while await reader.read(_BLOCK):
                    pass
        except OSError:
            pass  # too slow, or gone

    async def _close_writer(self, writer: StreamWriter) -> None:
        """Close when everything is sent, or at once if the other side does not read it."""
        writer.close()
        try:
            async with asyncio.timeout(self.limits.farewell_seconds):
                await writer.wait_closed()
        except OSError:
            writer.transport.abort()


async def run_proxy(proxy: Proxy, at: Address, on_ready: Callable[[Address], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` gets the address. It raises the errors of
    `listen`."""
    stopping = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    server = await proxy.listen(at)
    on_ready(Address(at.host, server.sockets[0].getsockname()[1]))
    await stopping.wait()
    server.close()
    await proxy.stop()
