"""HTTP/1.1 as the web server speaks it: what it takes, refuses, hands over and sends."""

from __future__ import annotations

import contextvars
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hexostore import tls
from hexostore.web.limits import WebLimits
from tests.hexostore.served_web import (
    HOST,
    PATIENCE,
    TICK,
    Answer,
    Web,
    body_of,
    head,
    rest,
    status,
    web,
)


@pytest.mark.parametrize(
    "sent",
    [
        b"bogus\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/1.1\nHost: x\n\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
        b"GET /livez#top HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://me@x/livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"FOO /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT a.b:443 HTTP/1.1\r\nHost: a.b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        head("POST", "/api/label/", "Content-Length: 4", "Transfer-Encoding: chunked")
        + b"0\r\n\r\n",
        head("POST", "/api/label/", "Content-Length: 4", "Content-Length: 5") + b"12345",
        head("POST", "/api/label/", "Content-Length: +4") + b"1234",
        head("POST", "/api/label/", "Content-Length : 4") + b"1234",
    ],
)
def test_what_is_no_request(sent: bytes) -> None:
    with web() as served:
        answer = served.ask(sent)
        assert (status(answer), served.seen) == (400, [])
        assert b'{"error": ' in answer


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 500_000,
        b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_long_heads(sent: bytes) -> None:
    with web() as served:
        assert (status(served.ask(sent)), served.seen) == (431, [])


OFFER = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"


@pytest.mark.parametrize("pieces", [1, 3])
def test_an_offer_to_upgrade_is_declined_and_the_body_read(pieces: int) -> None:
    """As Java's HttpClient and curl --http2 send it with the first request (RFC 9110, 7.8)."""
    first = head("POST", "/api/label/", *OFFER, "Content-Length: 4") + b"body"
    second = head("POST", "/api/label/", "Content-Length: 6", "Connection: close") + b"second"
    sent = head("GET", "/livez", *OFFER) + first + second
    size = len(sent) // pieces + 1
    with web() as served, served.connect() as client:
        for begin in range(0, len(sent), size):
            client.sendall(sent[begin : begin + size])
            served.turn(2)
        answers = rest(client)
    assert answers.count(b"HTTP/1.1 200") == 3
    assert [seen["body"] for seen in served.seen] == [b"", b"body", b"second"]


def test_an_offer_with_a_body_of_unknown_length_is_the_end_of_a_connection() -> None:
    sent = head("POST", "/api/label/", *OFFER, "Transfer-Encoding: chunked") + b"0\r\n\r\n"
    with web() as served:
        answer = served.ask(sent + head("GET", "/hidden/"))
        assert answer.count(b"HTTP/1.1 ") == 1
        assert "/hidden/" not in [seen["PATH_INFO"] for seen in served.seen]


def test_many_offers_at_once_are_as_many_requests_as_others() -> None:
    with web() as served:
        answer = served.ask(head("GET", "/livez", *OFFER) * 600)
        assert b"Too many requests are waiting" in answer


def test_a_second_request_hidden_in_a_body_is_not_answered() -> None:
    hidden = head("GET", "/hidden/")
    with web() as served:
        lines = f"Content-Length: {len(hidden)}", "Connection: close"
        assert body_of(served.ask(head("POST", "/api/label/", *lines) + hidden)) == hidden
        assert [each["PATH_INFO"] for each in served.seen] == ["/api/label/"]


def test_a_header_with_an_underscore_never_stands_for_another() -> None:
    with web() as served:
        served.ask(
            head(
                "GET", "/livez", "X_Forwarded_For: 1.2.3.4", "X_HEXOAPIKEY: k", "Connection: close"
            )
        )
        assert not {"HTTP_X_FORWARDED_FOR", "HTTP_X_HEXOAPIKEY"} & set(served.seen[0])


def test_repeated_headers_are_joined() -> None:
    with web() as served:
        lines = "X-Forwarded-For: a", "X-Forwarded-For: b", "Cookie: a=1", "Cookie: b=2"
        served.ask(head("GET", "/livez", *lines, "Connection: close"))
        assert served.seen[0]["HTTP_X_FORWARDED_FOR"] == "a,b"
        assert served.seen[0]["HTTP_COOKIE"] == "a=1; b=2"


@pytest.mark.parametrize("target", ["/api/%72ecord/?a=%2C", "/api/\u00e9?search=\u00e9", "//api/x"])
def test_the_target_is_handed_over_as_it_was_sent(target: str) -> None:
    with web() as served:
        served.ask(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert served.seen[0]["RAW_URI"] == target.encode().decode("latin-1")
        assert served.seen[0]["QUERY_STRING"] == target.encode().decode("latin-1").partition("?")[2]


def test_a_target_with_an_origin_counts_more_than_the_header() -> None:
    with web() as served:
        served.ask(
            b"GET http://other.example/livez?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        found = served.seen[0]
        assert (found["HTTP_HOST"], found["PATH_INFO"]) == ("other.example", "/livez")
        assert found["QUERY_STRING"] == "a=1"


def test_http_1_0_without_host() -> None:
    with web() as served:
        assert status(served.ask(b"GET /livez HTTP/1.0\r\n\r\n")) == 200
        assert served.seen[0]["SERVER_NAME"] == "localhost"


def test_requests_in_one_go_are_answered_in_order() -> None:
    with web() as served:
        one = [head("POST", "/api/label/", "Content-Length: 1") + b"%d" % n for n in range(8)]
        last = head("POST", "/api/label/", "Content-Length: 1", "Connection: close") + b"8"
        answer = served.ask(b"".join([*one, last]))
        bodies = [part[:1] for part in answer.split(b"\r\n\r\n")[1:]]
        assert bodies == [b"%d" % n for n in range(9)]


def test_a_long_body_does_not_count_for_the_head_that_follows_it() -> None:
    body = b"x" * 100_000
    first = head("POST", "/api/label/", f"Content-Length: {len(body)}") + body
    next_head = head("GET", "/livez", "Connection: close")
    with web() as served, served.connect() as client:
        client.sendall(first + next_head[:-2])
        while not served.seen:
            client.recv(65_536)
        client.sendall(next_head[-2:])
        assert rest(client).count(b"HTTP/1.1 200 OK") == 1
    assert [each["PATH_INFO"] for each in served.seen] == ["/api/label/", "/livez"]


@pytest.mark.parametrize("size", [1_000, 200_000])
def test_a_body_stays_whole_for_the_thread_when_its_client_leaves(size: int) -> None:
    at_work, gone = threading.Event(), threading.Event()

    def wait() -> None:
        at_work.set()
        assert gone.wait(PATIENCE)

    with web() as served:
        served.before_body = wait
        sent = head("POST", "/api/label/", f"Content-Length: {size}") + b"x" * size
        with served.send(sent) as client:
            assert at_work.wait(PATIENCE)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert served.server is not None
        while served.server._connections:
            threading.Event().wait(TICK)
        gone.set()
    assert [len(each["body"]) for each in served.seen] == [size]


def test_too_many_in_one_go() -> None:
    with web(WebLimits(pipelined=3)) as served:
        answer = served.ask(head("GET", "/livez") * 50)
        assert answer.count(b"HTTP/1.1 200 OK") == 4
        assert b"Too many requests are waiting" in answer


def test_a_connection_is_kept_open() -> None:
    with web() as served, served.connect() as client:
        for _ in range(3):
            client.sendall(head("GET", "/livez"))
            assert status(client.recv(65_536)) == 200


def test_files_may_be_longer_than_other_bodies() -> None:
    limits = WebLimits(body=10, file=100, file_paths=frozenset({"/api/label"}))
    with web(limits) as served:
        for path, size in (
            ("/api/label/", 100),
            ("//api/label", 100),
            ("/api/%6cabel/", 100),
            ("/api/label/", 101),
            ("/api/label/1/", 11),
            ("/api/range/", 11),
        ):
            lines = f"Content-Length: {size}", "Connection: close"
            served.ask(head("POST", path, *lines) + b"x" * size)
        assert [len(each["body"]) for each in served.seen] == [100, 100, 100, 0, 0, 0]


def test_a_client_is_told_to_go_on() -> None:
    with web() as served, served.connect() as client:
        client.sendall(head("POST", "/api/label/", "Content-Length: 2", "Expect: 100-continue"))
        assert client.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert body_of(client.recv(65_536)) == b"{}"


def pieces_of(*given: bytes, fields: tuple[tuple[str, str], ...] = (), code: str = "200 OK") -> Any:
    def answer(_environ: dict[str, Any]) -> Answer:
        return code, list(fields), iter(given)

    return answer


def test_pieces_of_unknown_length_go_in_chunks() -> None:
    with web() as served:
        served.answers["/a"] = pieces_of(b"ab", b"", b"cde")
        answer = served.get("/a")
        assert b"\r\nTransfer-Encoding: chunked\r\n" in answer
        assert body_of(answer) == b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"


def test_to_a_client_of_1_0_they_go_to_the_end_of_the_connection() -> None:
    with web() as served:
        served.answers["/a"] = pieces_of(b"ab", b"cde")
        answer = served.ask(b"GET /a HTTP/1.0\r\n\r\n")
        assert (b"chunked" in answer, body_of(answer)) == (False, b"abcde")


@pytest.mark.parametrize("sent", [(b"ab",), (b"ab", b"cdefg")])
def test_another_length_than_announced_is_never_taken_for_the_whole(
    sent: tuple[bytes, ...],
) -> None:
    with web() as served:
        served.answers["/a"] = pieces_of(*sent, fields=(("Content-Length", "4"),))
        answer = served.ask(head("GET", "/a") * 2)
        assert (answer.count(b"HTTP/1.1"), len(body_of(answer)) < 4) == (1, True)


def test_an_application_that_breaks_is_a_500() -> None:
    def breaks(_environ: dict[str, Any]) -> Answer:
        raise ValueError("broken")

    with web() as served:
        served.answers["/a"] = breaks
        answer = served.get("/a")
        assert (status(answer), b"broken" in answer) == (500, False)
        assert status(served.get("/livez")) == 200


@pytest.mark.parametrize(
    ("method", "code", "told"),
    [
        ("HEAD", "200 OK", True),
        ("GET", "204 No Content", False),
        ("GET", "304 Not Modified", False),
    ],
)
def test_answers_without_a_body(method: str, code: str, told: bool) -> None:
    made, closed = [], threading.Event()

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            made.append(1)
            yield b"abc"

        def close(self) -> None:
            closed.set()

    def answer(_environ: dict[str, Any]) -> Answer:
        return code, [("Content-Length", "3")], Body()

    with web() as served:
        served.answers["/a"] = answer
        found = served.ask(head(method, "/a") + head("GET", "/livez", "Connection: close"))
        first, _, second = found.partition(b"\r\n\r\n")
        assert (b"Content-Length: 3" in first, status(second)) == (told, 200)
        assert (made, closed.is_set()) == ([], True)


def test_all_of_a_request_runs_in_one_context() -> None:
    carried: contextvars.ContextVar[str] = contextvars.ContextVar("carried", default="nothing")

    def pieces() -> Iterator[bytes]:
        yield b"1"
        yield carried.get().encode()

    def answer(environ: dict[str, Any]) -> Answer:
        if environ["QUERY_STRING"]:
            carried.set(environ["QUERY_STRING"])
        return "200 OK", [], pieces()

    with web(threads=4) as served:
        served.answers["/a"] = answer
        assert b"mine" in served.get("/a?mine")
        assert b"nothing" in served.get("/a")


def served_certificate(served: Web) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(served.connect()) as client:
        client.sendall(head("GET", "/livez", "Connection: close"))
        assert status(rest(client)) == 200
        return client.getpeercert(binary_form=True) or b""


def test_a_renewed_certificate_is_served_without_a_restart(tmp_path: Path) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    with web(certificates=files) as served:
        first = served_certificate(served)
        assert served_certificate(served) == first
        tls.ensure_certificates(tmp_path, ["renewed.hexoskin.com"])
        while served_certificate(served) == first:  # until the server has looked
            pass


def test_tls_takes_in_what_still_comes(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    files = tls.ensure_certificates(tmp_path, [])
    with web(certificates=files) as served, context.wrap_socket(served.connect()) as client:
        client.sendall(head("POST", "/nowhere/", "Content-Length: 500000"))
        client.sendall(bytes(300_000))
        assert status(client.recv(65_536)) == 200


def test_plain_http_on_the_port_of_https(tmp_path: Path) -> None:
    with web(certificates=tls.ensure_certificates(tmp_path, [])) as served:
        assert b"HTTP/1.1 200" not in served.get("/livez")
        assert served_certificate(served)


def test_a_client_that_half_closes_gets_its_answer() -> None:
    with web() as served, served.connect() as client:
        client.sendall(head("GET", "/livez"))
        client.shutdown(1)
        assert status(rest(client)) == 200
        assert served.seen[0]["REMOTE_ADDR"] == HOST
