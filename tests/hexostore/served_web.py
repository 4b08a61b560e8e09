"""The web server on a port of its own in this process, for tests over sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop

from hexostore.tls import Certificates
from hexostore.web.limits import WebLimits
from hexostore.web.listening import Listener, listen_on
from hexostore.web.observer import Observer
from hexostore.web.server import WebServer
from hexostore.web.threads import Threads
from hexostore.web.worker import Door

PATIENCE = 30.0
HOST = "127.0.0.1"
TICK = 0.02

Answer = tuple[str, list[tuple[str, str]], Iterable[bytes]]


@dataclass
class Web:
    """A running server; `answers` by path says what its application does, `seen` what it got.

    `before_body` is called in the thread of a request before its body is read.
    """

    port: int = 0
    server: WebServer | None = None
    loop: asyncio.AbstractEventLoop | None = None
    answers: dict[str, Callable[[dict[str, Any]], Answer]] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    before_body: Callable[[], None] = lambda: None

    def application(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer by the table, else with the body that came."""
        self.before_body()
        body = environ["wsgi.input"].read()
        self.seen.append({**environ, "body": body})
        answer = self.answers.get(environ["PATH_INFO"])
        if answer is None:
            start_response("200 OK", [("Content-Length", str(len(body)))])
            return [body]
        status, fields, pieces = answer(environ)
        start_response(status, fields)
        return pieces

    def connect(self, *, small: bool = False) -> socket.socket:
        """A client; a `small` one has next to no room for an answer."""
        client = socket.socket()
        if small:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect((HOST, self.port))
        return client

    def send(self, sent: bytes) -> socket.socket:
        """A client that has sent something."""
        client = self.connect()
        client.sendall(sent)
        return client

    def ask(self, sent: bytes) -> bytes:
        """All that comes back until the server closes."""
        with self.send(sent) as client:
            return rest(client)

    def turn(self, times: int) -> None:
        """Wait until the loop has gone round so often: what clients have sent is read then."""
        assert self.loop is not None
        for _ in range(times):
            turned = threading.Event()
            self.loop.call_soon_threadsafe(turned.set)
            assert turned.wait(PATIENCE)

    def get(self, path: str) -> bytes:
        """The whole answer to a GET."""
        return self.ask(head("GET", path, "Connection: close"))


def head(method: str, path: str, *lines: str) -> bytes:
    """A request without its body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {HOST}", *lines, "", ""]).encode()


def rest(client: socket.socket) -> bytes:
    """What comes until the end of the connection, reset or not."""
    found = b""
    try:
        while block := client.recv(65_536):
            found += block
    except ConnectionResetError:
        pass
    return found


def status(answer: bytes) -> int:
    """The status of an answer."""
    assert answer, "no answer"
    return int(answer.split(None, 2)[1])


def body_of(answer: bytes) -> bytes:
    """What comes after the head of an answer."""
    return answer.partition(b"\r\n\r\n")[2]


@contextmanager
def web(
    limits: WebLimits | None = None,
    threads: int = 1,
    certificates: Certificates | None = None,
    observer: Observer | None = None,
) -> Iterator[Web]:
    """A server that looks after its deadlines all the time."""
    served, ready = Web(), threading.Event()

    async def main() -> None:
        listener = Listener(listen_on(HOST, 0, "--port"), HOST, certificates)
        server = WebServer(served.application, Threads(threads), limits or WebLimits(), observer)
        door, stopping = Door(server, listener), asyncio.Event()
        served.port, served.server = listener.port, server
        served.loop, served.stop = asyncio.get_running_loop(), stopping  # type: ignore[attr-defined]
        ready.set()
        while not stopping.is_set():
            await asyncio.sleep(TICK)
            server.tick()
            door.tick()
        door.shut()
        await server.stop()
        server.threads.stop()

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield served
    finally:
        assert served.loop is not None
        served.loop.call_soon_threadsafe(served.stop.set)  # type: ignore[attr-defined]
        thread.join()
