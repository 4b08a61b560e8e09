"""Raw HTTP: framing that servers and proxies read differently."""

from __future__ import annotations

import re

from tests.chaos.store import Store
from tests.pressure.odd import LOGIN, exchange, status_of
from tests.pressure.outcome import Outcome

_HEAD = b"Host: 127.0.0.1\r\nConnection: close\r\n"
_AUTH = f"Authorization: {LOGIN}\r\n".encode()
_HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_LENGTH = b"Content-Length: %d\r\n"


def _get(headers: bytes, path: bytes = b"/livez") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + headers + b"\r\n"


def _post(headers: bytes, body: bytes) -> bytes:
    start = b"POST /api/label/ HTTP/1.1\r\nContent-Type: application/json\r\n"
    return start + _AUTH + _HEAD + headers + b"\r\n" + body


_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_END = b"0\r\n\r\n"
CASES: dict[str, bytes] = {
    "length and chunks": _post(_LENGTH % 5 + _CHUNKED, _END + _HIDDEN),
    "chunks and length": _post(_CHUNKED + _LENGTH % 5, _END + _HIDDEN),
    "two lengths": _post(_LENGTH % 2 + _LENGTH % 47, b"{}" + _HIDDEN),
    "length with a sign": _post(b"Content-Length: +2\r\n", b"{}" + _HIDDEN),
    "length in hex": _post(b"Content-Length: 0x2\r\n", b"{}"),
    "negative length": _post(b"Content-Length: -1\r\n", b"{}"),
    "huge length": _post(b"Content-Length: 99999999999999999999\r\n", b""),
    "odd encoding": _post(b"Transfer-Encoding: xchunked\r\n" + _LENGTH % 2, b"{}"),
    "bad chunk size": _post(_CHUNKED, b"zz\r\n{}\r\n" + _END),
    "huge chunk size": _post(_CHUNKED, b"f" * 40 + b"\r\n{}"),
    "two hosts": _get(_HEAD + b"Host: other\r\n"),
    "no host": _get(b"Connection: close\r\n"),
    "folded header": _get(_HEAD + b"X-A: b\r\n c\r\n"),
    "space before colon": _get(_HEAD + b"X-A : b\r\n"),
    "NUL in a header": _get(_HEAD + b"X-A: b\0c\r\n"),
    "bare feed": b"GET /livez HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n",
    "bare return": _get(_HEAD + b"X-A: b\rX-C: d\r\n"),
    "NUL in the path": _get(_HEAD, b"/api/\0/"),
    "absolute path": _get(_HEAD, b"http://other.example/livez"),
    "no path": _get(_HEAD, b"*"),
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "HTTP/1.0": b"GET /livez HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
    "HTTP/9.9": b"GET /livez HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
    "200 headers": _get(_HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(200))),
    "500 KB of a header": _get(_HEAD + b"X-A: " + b"b" * 500_000 + b"\r\n"),
    "100 KB of a path": _get(_HEAD, b"/" + b"a" * 100_000),
}


def attack_raw(store: Store, scale: float) -> Outcome:
    """Send each case; a server error, a second answer or a traceback is a finding."""
    outcome = Outcome()
    for name, sent in CASES.items():
        outcome.tried += 1
        # what is no whole request leaves the server waiting: silence is an answer here
        received = exchange(store.port, sent, patience=2.0)
        if wrong := judge_answer(received):
            outcome.find(f"{name}: {wrong}")
    if not store.answers():
        outcome.find("the store does not answer afterwards")
    for line in store.new_tracebacks():
        outcome.find(f"traceback: {line}")
    return outcome


_STATUS_LINE = re.compile(rb"^HTTP/1\.[01] \d{3} ", re.MULTILINE)


def judge_answer(received: bytes) -> str:
    """Return what is wrong with all that one connection gave back, empty for nothing."""
    if len(_STATUS_LINE.findall(received)) > 1:
        return f"two answers: {received[:80]!r}"
    status = status_of(received)
    return f"answers {status}" if status >= 500 and status not in {501, 505} else ""
