"""A program on the developer's own machine that waits for the answer of the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from urllib.parse import parse_qs, urlsplit


@dataclass
class Receiver:
    """A server on the loopback that keeps what it is asked for."""

    port: int = 0
    asked: Queue[str] = field(default_factory=Queue)

    @property
    def uri(self) -> str:
        """Where the store may send people."""
        return f"http://127.0.0.1:{self.port}/done"

    def received(self) -> dict[str, str]:
        """The query of the next request for `uri`; queue.Empty if none comes."""
        while True:
            parts = urlsplit(self.asked.get(timeout=20))
            if parts.path == "/done":
                return {name: values[0] for name, values in parse_qs(parts.query).items()}


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            receiver.asked.put(self.path)
            body = b"<!doctype html><title>Done</title><h1>Done</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()
