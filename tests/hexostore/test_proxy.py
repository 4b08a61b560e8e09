"""The proxy that leads *.hexoskin.com to a local server: what it sends on, refuses and limits."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

import pytest

from hexostore.proxy import HTTP, HTTPS, Address, Proxy, ProxyLimits, ProxyRefusal, parse_head
from hexostore.web.listening import PortTaken

CONNECT = b"CONNECT api.hexoskin.com:443 HTTP/1.1\r\nHost: api.hexoskin.com:443\r\n\r\n"
LOOPBACK = "127.0.0.1"

Session = Callable[[StreamReader, StreamWriter], Awaitable[None]]


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def refused(sent: bytes) -> int:
    with pytest.raises(ProxyRefusal) as caught:
        parse_head(sent)
    return caught.value.status.value


@pytest.mark.parametrize(
    ("authority", "port"),
    [
        ("api.hexoskin.com:443", HTTPS),
        ("API.Hexoskin.COM:443", HTTPS),
        ("a.b.hexoskin.com:443", HTTPS),
        ("api.hexoskin.com:80", HTTP),
    ],
)
def test_connect_to_hexoskin(authority: str, port: int) -> None:
    assert parse_head(head(f"CONNECT {authority} HTTP/1.1")).port == port


@pytest.mark.parametrize(
    "authority",
    [
        "evil-hexoskin.com:443",
        "evilhexoskin.com:443",
        "hexoskin.com:443",
        ".hexoskin.com:443",
        "hexoskin.com.evil:443",
        "api.hexoskin.com.evil:443",
        "api.hexoskin.com.:443",
        "api.hexoskin.com",
        "api.hexoskin.com:",
        "api.hexoskin.com:22",
        "api.hexoskin.com:4433",
        "api.hexoskin.com:443:443",
        "user@api.hexoskin.com:443",
        "api.hexoskin.com:443@evil.com:443",
        "evil.com/api.hexoskin.com:443",
        "evil.com#.hexoskin.com:443",
        "evil.com%00.hexoskin.com:443",
        "127.0.0.1:443",
        "127.0.0.1:8888",
        "localhost:8888",
        "2130706433:443",
        "[::1]:443",
        "169.254.169.254:80",
    ],
)
def test_connect_to_anything_else_is_forbidden(authority: str) -> None:
    assert refused(head(f"CONNECT {authority} HTTP/1.1")) == 403


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"\x05\x01\x00\r\n\r\n",
        head("CONNECT api.hexoskin.com:443"),
        head("CONNECT api.hexoskin.com:443 HTTP/2.0"),
        head("connect api.hexoskin.com:443 HTTP/1.1"),
        head("CONNECT  api.hexoskin.com:443 HTTP/1.1"),
        head("CONNECT api.h\u00e9xoskin.com:443 HTTP/1.1"),
        head("CONNECT api.hexoskin.com:443 HTTP/1.1", "no colon"),
        head("CONNECT api.hexoskin.com:443 HTTP/1.1", "Host : x"),
        head("CONNECT api.hexoskin.com:443 HTTP/1.1", "A: 1", " folded"),
        head("GET / HTTP/1.1", "Host: api.hexoskin.com"),
        head("GET https://api.hexoskin.com/ HTTP/1.1"),
        head("GET ftp://api.hexoskin.com/ HTTP/1.1"),
        head("GET http://api.hexoskin.com/ HTTP/1.1", "A: 1\nB: 2"),
        head("GET http://api.hexoskin.com/ HTTP/1.1", "A: 1\rB: 2"),
        head("GET http://api.hexoskin.com/ HTTP/1.1", "A: \0"),
        head("GET http://api.hexoskin.com@evil.com/ HTTP/1.1"),
        head("GET http://api.hexoskin.com/#part HTTP/1.1"),
    ],
)
def test_what_is_no_request_to_a_proxy(sent: bytes) -> None:
    assert refused(sent) == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://evil-hexoskin.com/",
        "http://hexoskin.com.evil/",
        "http://api.hexoskin.com:8000/",
        "http://api.hexoskin.com:443/",
        "http://127.0.0.1:8000/",
        "http://user:secret@api.hexoskin.com/",
        "http:///api/",
    ],
)
def test_urls_elsewhere(url: str) -> None:
    assert refused(head(f"GET {url} HTTP/1.1")) in {400, 403}


def test_a_password_in_an_authority_is_not_repeated() -> None:
    with pytest.raises(ProxyRefusal) as caught:
        parse_head(head("CONNECT me:hunter2@evil.com:443 HTTP/1.1"))
    assert "hunter2" not in str(caught.value)
    assert "evil.com:443" in str(caught.value)


def test_a_plain_request_is_sent_on_for_itself_alone() -> None:
    request = parse_head(
        head(
            "POST http://api.hexoskin.com/api/range/?a=%20b HTTP/1.1",
            "Host: evil.com",
            "Authorization: Basic eA==",
            "Proxy-Authorization: Basic eQ==",
            "Connection: keep-alive, X-Hop",
            "X-Hop: 1",
            "Content-Length: 2",
        )
    )
    assert request.port == HTTP
    assert request.head == head(
        "POST /api/range/?a=%20b HTTP/1.1",
        "Host: api.hexoskin.com",
        "Authorization: Basic eA==",
        "Content-Length: 2",
        "Connection: close",
    )


@pytest.mark.parametrize(("end", "path"), [("", "/"), ("?a=1", "/?a=1"), ("//a", "//a")])
def test_the_path_of_a_url(end: str, path: str) -> None:
    request = parse_head(head(f"GET http://api.hexoskin.com{end} HTTP/1.0"))
    assert request.head.startswith(f"GET {path} HTTP/1.1\r\n".encode())


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    """Says back what it hears and, when the other side has ended, says so."""
    while block := await reader.read(1024):
        writer.write(block)
        await writer.drain()
    writer.write(b" the end")
    writer.close()


async def silent(reader: StreamReader, _writer: StreamWriter) -> None:
    """Never reads and never says anything."""
    await asyncio.get_running_loop().create_future()


def through(session: Session, server: Session = echo, limits: ProxyLimits | None = None) -> None:
    """Runs a client's session with a proxy in front of `server`."""

    async def whole() -> None:
        behind = await asyncio.start_server(server, LOOPBACK, 0)
        there = Address(LOOPBACK, behind.sockets[0].getsockname()[1])
        proxy = Proxy({HTTPS: there, HTTP: there}, limits)
        front = await proxy.listen(Address(LOOPBACK, 0))
        async with asyncio.timeout(30):
            reader, writer = await asyncio.open_connection(*front.sockets[0].getsockname())
            try:
                await session(reader, writer)
            finally:
                writer.close()
        front.close()
        behind.close()
        await proxy.stop()

    asyncio.run(whole())


async def opened(reader: StreamReader, writer: StreamWriter, early: bytes = b"") -> None:
    """Has a tunnel opened."""
    writer.write(CONNECT + early)
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_a_tunnel_carries_bytes_and_half_closes() -> None:
    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        await opened(reader, writer, early=b"\x16\x03early")
        assert await reader.readexactly(7) == b"\x16\x03early"
        writer.write(b"\r\n\r\nGET http://evil.com/ HTTP/1.1\r\n\r\n")
        writer.write_eof()
        assert await reader.read() == b"\r\n\r\nGET http://evil.com/ HTTP/1.1\r\n\r\n the end"

    through(session)


def test_a_long_transfer_arrives_whole() -> None:
    block = bytes(range(256)) * 4096

    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        await opened(reader, writer)

        async def send() -> None:
            for _ in range(16):
                writer.write(block)
                await writer.drain()
            writer.write_eof()

        sending = asyncio.create_task(send())
        assert await reader.readexactly(16 * len(block)) == 16 * block
        await sending

    through(session)


def test_what_the_other_side_does_not_take_is_not_read() -> None:
    """Sending stops when the buffers of the system are full, for the proxy keeps no more."""
    taken = 0

    async def flood(writer: StreamWriter) -> None:
        nonlocal taken
        while True:
            writer.write(bytes(65_536))
            await writer.drain()
            taken += 65_536

    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        await opened(reader, writer)
        with pytest.raises(ConnectionError):
            await flood(writer)

    through(session, silent, ProxyLimits(idle_seconds=0.5, farewell_seconds=0.1))
    assert taken < 64 << 20


def test_silence_ends_a_tunnel() -> None:
    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        await opened(reader, writer)
        assert await reader.read() == b""

    through(session, silent, ProxyLimits(idle_seconds=0.1, farewell_seconds=0.1))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT evil.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT api.hexoskin.com:443 HTTP/1.1\r\n", 408),
        (b"CONNECT api.hexoskin.com:443 HTTP/1.1\r\nA: " + bytes(400_000), 431),
    ],
)
def test_refusals_are_short_plain_answers(sent: bytes, status: int) -> None:
    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(sent)
        answer = await reader.read()
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n" in answer
        assert answer.endswith(b".\n")

    through(session, limits=ProxyLimits(head_seconds=0.2, farewell_seconds=0.2))


def test_a_client_that_leaves_early_gets_nothing() -> None:
    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"CONNECT api.hex")
        writer.write_eof()
        assert await reader.read() == b""

    through(session)


def test_one_connection_too_many() -> None:
    async def session(reader: StreamReader, writer: StreamWriter) -> None:
        await opened(reader, writer)
        address = writer.get_extra_info("peername")
        other, others = await asyncio.open_connection(*address)
        assert (await other.read()).startswith(b"HTTP/1.1 503 ")
        others.close()

    through(session, limits=ProxyLimits(connections=1, farewell_seconds=0.1))


def test_nothing_behind_it_is_a_502_that_says_what_to_do() -> None:
    async def whole() -> bytes:
        unused = await asyncio.start_server(echo, LOOPBACK, 0)
        nobody = Address(LOOPBACK, unused.sockets[0].getsockname()[1])
        unused.close()
        proxy = Proxy({HTTPS: nobody, HTTP: nobody})
        front = await proxy.listen(Address(LOOPBACK, 0))
        reader, writer = await asyncio.open_connection(*front.sockets[0].getsockname())
        writer.write(CONNECT)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        front.close()
        await proxy.stop()
        return answer

    answer = asyncio.run(whole())
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"start it with: hexostore serve" in answer


def test_stopping_ends_open_tunnels() -> None:
    async def whole() -> bytes:
        behind = await asyncio.start_server(echo, LOOPBACK, 0)
        there = Address(LOOPBACK, behind.sockets[0].getsockname()[1])
        proxy = Proxy({HTTPS: there, HTTP: there})
        front = await proxy.listen(Address(LOOPBACK, 0))
        reader, writer = await asyncio.open_connection(*front.sockets[0].getsockname())
        await opened(reader, writer)
        front.close()
        await proxy.stop()
        rest = await reader.read()
        writer.close()
        behind.close()
        return rest

    assert asyncio.run(whole()) == b""


def test_a_taken_port() -> None:
    async def whole() -> None:
        other = await asyncio.start_server(echo, LOOPBACK, 0)
        taken = Address(LOOPBACK, other.sockets[0].getsockname()[1])
        try:
            await Proxy({}).listen(taken)
        finally:
            other.close()

    with pytest.raises(PortTaken, match="--port"):
        asyncio.run(whole())
