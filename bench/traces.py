"""Requests that are traced for a collector against the same ones that are not, over HTTP.

Processes of our web server run side by side on one store and take turns: two without traces, one
that sends all of them, one that sends one in twenty. What is printed is CPU per request and the
ratio.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from bench.harness import basic, cpu_in_turn, demo_store, show
from bench.observing import LOGIN, PATHS, ROUNDS, TIMES, spent_by
from bench.served import Served, served

SAMPLED = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.05",
}


def main() -> None:
    """Print the comparison."""
    with demo_store(), collector() as url, ExitStack() as stack:
        servers = {}
        for name, variables in (
            ("not traced, 1", {}),
            ("not traced, 2", {}),
            ("traced", {"OTEL_EXPORTER_OTLP_ENDPOINT": url}),
            ("one in twenty traced", {"OTEL_EXPORTER_OTLP_ENDPOINT": url} | SAMPLED),
        ):
            os.environ.update(variables)
            servers[name] = stack.enter_context(served("hexostore.wsgi:application"))
            for each in variables:
                del os.environ[each]
        for path in PATHS.values():
            _compare(path, servers)


def _compare(path: str, servers: dict[str, Served]) -> None:
    headers = basic(*LOGIN)
    works = {
        name: lambda server=server: server.get(path, headers) for name, server in servers.items()
    }
    spent = cpu_in_turn(works, ROUNDS, TIMES, lambda: sum(map(spent_by, servers.values())))
    show(path, spent, "not traced, 1")


@contextmanager
def collector() -> Iterator[str]:
    """What takes traces and throws them away; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    main()
