"""The proxy command against odd targets and heads that never end."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from tests.chaos.store import Store
from tests.pressure.odd import LOGIN, exchange, status_of
from tests.pressure.outcome import Outcome, scaled

UNFINISHED = 140
_GOOD = (
    f"GET http://api.hexoskin.com/api/account/ HTTP/1.1\r\nAuthorization: {LOGIN}\r\n\r\n".encode()
)
AUTHORITIES = (
    "evil-hexoskin.com:443",
    "evilhexoskin.com:443",
    "hexoskin.com.evil:443",
    ".hexoskin.com:443",
    "api.hexoskin.com.:443",
    "api.hexoskin.com",
    "api.hexoskin.com:22",
    "api.hexoskin.com:443:443",
    "user@api.hexoskin.com:443",
    "api.hexoskin.com:443@evil.com:443",
    "evil.com#.hexoskin.com:443",
    "evil.com%00.hexoskin.com:443",
    "127.0.0.1:443",
    "localhost:8888",
    "2130706433:443",
    "0:443",
    "[::1]:443",
    "[::ffff:127.0.0.1]:443",
    "169.254.169.254:80",
    "\u0430pi.hexoskin.com:443",
)
URLS = (
    "http://evil-hexoskin.com/",
    "http://api.hexoskin.com:8000/",
    "http://127.0.0.1/",
    "file:///etc/passwd",
    "http://user:secret@api.hexoskin.com/",
    "http:///api/",
    "https://api.hexoskin.com/",
    "/api/account/",
    "http://api.hexoskin.com@evil.com/",
    "gopher://api.hexoskin.com/",
    "http://api.hexoskin.com\\@evil.com/",
)


def attack_proxy(store: Store, scale: float) -> Outcome:
    """Ask the proxy for what it must not reach; a success or a dead proxy is a finding."""
    outcome = Outcome()
    with served_proxy(store) as port:
        for sent in odd_requests():
            outcome.tried += 1
            status = status_of(exchange(port, sent))
            if not 400 <= status < 500:
                outcome.find(f"{status} to {sent[:100]!r}")
        number = scaled(UNFINISHED, scale)
        outcome.tried += number
        with held_heads(port, number):
            status = status_of(exchange(port, _GOOD))
        if status != 200:
            outcome.find(f"{status} beside {number} unfinished heads")
    return outcome


def odd_requests() -> Iterator[bytes]:
    """Give requests that a proxy for one service has to refuse."""
    for authority in AUTHORITIES:
        yield f"CONNECT {authority} HTTP/1.1\r\n\r\n".encode()
    for url in URLS:
        yield f"GET {url} HTTP/1.1\r\nHost: api.hexoskin.com\r\n\r\n".encode()


@contextmanager
def held_heads(port: int, number: int) -> Iterator[None]:
    """Hold connections open whose heads are not complete."""
    with ExitStack() as held:
        for _ in range(number):
            client = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.sendall(b"GET http://api.hexoskin.com/ HTTP/1.1\r\nA: ")
        yield


@contextmanager
def served_proxy(store: Store) -> Iterator[int]:
    """Run the proxy command before the store and give its port."""
    ways = "--to", f"127.0.0.1:{store.https_port}", "--http-to", f"127.0.0.1:{store.port}"
    process = store.popen("proxy", "--port", "0", *ways, "--json")
    try:
        assert process.stdout is not None
        port = urlsplit(json.loads(process.stdout.readline())["proxy"]).port
        assert port is not None
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
