"""A proxy in front of S3 that spoils chosen answers."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = "500", "503", "reset", "half", "wrong", "hang", "slow", "late 500"
_PIECE = 1000


@dataclass
class Faults:
    """Which of the next requests fail, by their method; `forever` is for all others.

    `seen` has the methods and paths of all requests.
    """

    endpoint: str = ""
    next: dict[str, deque[str]] = field(default_factory=dict)
    forever: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def plan(self, method: str, *faults: str) -> None:
        """Have the next requests of a method fail so, and those after them succeed."""
        self.next[method] = deque(faults)

    def of(self, method: str, path: str) -> str | None:
        """Return the fault of a request that has just come."""
        self.seen.append((method, path))
        planned = self.next.get(method)
        return planned.popleft() if planned else self.forever.get(method)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Faults
    port: int

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.faults.of(self.command, self.path)
        if fault in {"500", "503"}:
            self._send(int(fault), {}, b"<Error><Code>InternalError</Code></Error>")
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif fault == "hang":
            self.faults.let_go.wait(60)
            self.close_connection = True
        else:
            self._pass_on(body, fault)

    def _pass_on(self, body: bytes, fault: str | None) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            found = answer.read()
        finally:
            upstream.close()
        if fault == "late 500":  # what was asked for is done all the same
            self._send(500, {}, b"<Error><Code>InternalError</Code></Error>")
            return
        headers = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() not in {"content-length", "transfer-encoding", "connection", "date"}
        }
        length = int(answer.headers.get("Content-Length") or len(found))
        self._send(answer.status, headers, found, length, fault)

    def _send(
        self,
        status: int,
        headers: dict[str, str],
        body: bytes,
        length: int | None = None,
        fault: str | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if fault == "half":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "wrong":
            self.wfile.write(bytes(byte ^ 1 for byte in body))
        elif fault == "slow":
            for at in range(0, len(body), _PIECE):
                self.wfile.write(body[at : at + _PIECE])
                self.wfile.flush()
        else:
            self.wfile.write(body)

    def __getattr__(self, name: str) -> Any:
        """Answer requests of every method, which the base class looks for as `do_GET`."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def faulty_proxy(port: int) -> Iterator[Faults]:
    """Serve a proxy in front of the S3 at a port of this machine."""
    faults = Faults()
    handler = type("Handler", (_Handler,), {"faults": faults, "port": port})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    faults.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield faults
    finally:
        faults.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
