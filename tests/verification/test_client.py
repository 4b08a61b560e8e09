"""The client of a verification: it only reads, keeps its limits, and outlives bad servers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from threading import Event, Thread
from typing import Any

import pytest

from apps.verification import client as reading
from apps.verification.answers import NO_JSON, ServerAnswer, VerifyRequest, hide_tokens
from apps.verification.client import (
    AskingLimits,
    EnoughAsked,
    NoAnswer,
    ReadingClient,
    ServerGone,
    tls_context,
)
from apps.verification.comparing import show_value
from apps.verification.examined import ExaminedServer
from apps.verification.logins import STRANGER, BearerLogin, PasswordLogin, SignedKeyLogin
from apps.verification.places import PlaceError, parse_place
from tests.live import Live
from tests.verification.damaged import serving

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
LOGIN = PasswordLogin("mia@example.com", "geheim")


@contextmanager
def speaking(*answers: bytes, endless: bytes = b"") -> Iterator[str]:
    """The base URL of a server that says these bytes, one lot for each connection, and then sends
    `endless` again and again, or nothing, until the client goes."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = Event()

    def serve() -> None:
        with suppress(OSError):
            for answer in answers:
                connected, _ = listener.accept()
                with connected, suppress(OSError):
                    connected.recv(65_536)
                    connected.sendall(answer)
                    while endless and not done.wait(0.02):
                        connected.sendall(endless)

    thread = Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def client(base: str, pauses: list[float] | None = None, **limits: Any) -> ReadingClient:
    noted: list[float] = [] if pauses is None else pauses
    return ReadingClient(parse_place(base), AskingLimits(**limits), pause=noted.append)


def ask(base: str, **limits: Any) -> ServerAnswer:
    return client(base, **limits).send(VerifyRequest("/api/"))


def test_only_reading_methods_are_sent() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "get"):
        with pytest.raises(ValueError, match="more than reading"):
            client("http://127.0.0.1:9").send(VerifyRequest("/api/", method=method))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "closed connection"),
        (b"Hello\r\n\r\n", "Hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk|IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "headers"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", "header line"),
    ],
)
def test_broken_answers_are_none(answer: bytes, why: str) -> None:
    with speaking(answer) as base, pytest.raises(NoAnswer, match=why) as told:
        ask(base)
    assert told.value.command == f"curl -s -i {base}/api/"


@pytest.mark.parametrize(
    ("begun", "endless"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"A"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    ],
)
def test_a_server_that_drips_is_left(begun: bytes, endless: bytes) -> None:
    with speaking(begun, endless=endless) as base, pytest.raises(NoAnswer, match="within") as told:
        ask(base, seconds=0.3)
    assert told.value.late


def test_a_silent_server_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
            ask(base, seconds=0.2)


def test_a_long_answer_is_left() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with speaking(head, endless=b"x" * 65_536) as base, pytest.raises(NoAnswer, match="longer"):
        ask(base, size=100_000)


def test_a_closed_connection_is_opened_again() -> None:
    with speaking(OK, OK) as base:
        asking = client(base)
        assert [asking.send(VerifyRequest("/api/")).json for _ in range(2)] == [{}, {}]
        asking.close()


def test_a_server_that_is_gone_is_told_after_a_few_tries() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    asking = client(base)
    for _ in range(reading.LOST_IN_A_ROW - 1):
        with pytest.raises(NoAnswer):
            asking.send(VerifyRequest("/api/"))
    with pytest.raises(ServerGone, match=f"No answer from {base}"):
        asking.send(VerifyRequest("/api/"))


@pytest.mark.parametrize(("wait", "pauses"), [("7", [7]), ("0", [0]), ("soon", [])])
def test_a_busy_server_is_asked_again_when_it_says(wait: str, pauses: list[float]) -> None:
    busy = f"HTTP/1.1 429 Busy\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n".encode()
    with speaking(busy, OK) as base:
        noted: list[float] = []
        asking = client(base, noted)
        assert asking.send(VerifyRequest("/api/")).status == (200 if pauses else 429)
        asking.close()
    assert noted == pauses


def test_a_server_that_is_busy_for_long_is_left() -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"
    with speaking(busy) as base, pytest.raises(ServerGone, match="86400 s"):
        ask(base)


def test_requests_are_counted_and_apart() -> None:
    pauses: list[float] = []
    with speaking(OK, OK) as base:
        asking = client(base, pauses, requests=2, delay=0.5)
        for _ in range(2):
            asking.send(VerifyRequest("/api/"))
        with pytest.raises(EnoughAsked, match="2 requests"):
            asking.send(VerifyRequest("/api/"))
        asking.close()
    assert (asking.asked, pauses) == (2, [0.5])


def redirecting(target: Callable[[str], str]) -> type[BaseHTTPRequestHandler]:
    """A server that redirects `/api/` to what the function makes of its own address, and is the
    service below `/moved`."""

    class Handler(BaseHTTPRequestHandler):
        seen: list[tuple[str, str | None]] = []

        def do_GET(self) -> None:
            self.seen.append((self.path, self.headers.get("Authorization")))
            moved = self.path.startswith("/moved")
            self.send_response_only(200 if moved else 301)
            host, port = self.connection.getsockname()[:2]
            if not moved:
                self.send_header("Location", target(f"http://{host}:{port}"))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"objects": [], "meta": {}}' if moved else b"")

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    return Handler


def test_no_login_goes_to_another_server() -> None:
    """Not to another port of the same host either."""
    elsewhere = redirecting(lambda own: own)
    with serving(elsewhere) as other, serving(redirecting(lambda _: f"{other}/api/")) as base:
        examined = ExaminedServer(client(base), LOGIN)
        with pytest.raises(ServerGone, match="another place"):
            examined.enter()
    assert vars(elsewhere)["seen"] == []


def test_a_redirect_to_the_server_itself_is_followed() -> None:
    with serving(redirecting(lambda own: f"{own}/moved/api/")) as base:
        examined = ExaminedServer(client(base), LOGIN)
        examined.enter()
        examined.client.close()
    assert examined.client.place.root == f"{base}/moved"


@pytest.mark.parametrize("target", ["", "ftp://127.0.0.1/", "http://[::1/", "/login?next=/api/"])
def test_a_redirect_to_nowhere_is_told(target: str) -> None:
    with serving(redirecting(lambda _: target)) as base, pytest.raises(ServerGone, match="redirec"):
        ExaminedServer(client(base), LOGIN).enter()


def test_what_is_no_api_is_told() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>Hello</h1>"
    with speaking(page, page) as base, pytest.raises(ServerGone, match="no Hexoskin API"):
        ExaminedServer(client(base), LOGIN).enter()


def test_certificates_are_checked(live: Live) -> None:
    place = parse_place(live.https)
    with pytest.raises(NoAnswer, match=r"CERTIFICATE_VERIFY_FAILED|certificate"):
        ReadingClient(place).send(VerifyRequest("/api/"))
    for context in (tls_context(ca=str(live.ca)), tls_context(insecure=True)):
        asking = ReadingClient(place, tls=context)
        assert asking.send(VerifyRequest("/api/")).status == 200
        asking.close()


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("https://api.example.com/api/", "https://api.example.com"),
        ("https://api.example.com:443", "https://api.example.com"),
        ("http://127.0.0.1:8000/~t1/api", "http://127.0.0.1:8000/~t1"),
        ("http://[::1]:8000/~t1/", "http://[::1]:8000/~t1"),
    ],
)
def test_base_urls(text: str, root: str) -> None:
    place = parse_place(text)
    assert place.root == root
    assert place.is_local == ("example" not in text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "api.example.com", "ftp://a.b/", "http://", "http://a:b/", "http://[::1/"),
        *("http://me:secret@a.b/", "http://a.b/?q=1", "http://a.b/#x", "http://a.b/é/"),
    ],
)
def test_malformed_base_urls(text: str) -> None:
    with pytest.raises(PlaceError):
        parse_place(text)


def test_commands_have_no_secrets() -> None:
    place = parse_place("https://api.example.com")
    logins = STRANGER, LOGIN, BearerLogin("geheim"), SignedKeyLogin("key", "geheim", LOGIN)
    shown = [VerifyRequest("/api/", each).as_curl(place) for each in logins]
    assert "geheim" not in " ".join(shown)
    assert shown[1] == 'curl -s -i -u "$LOGIN" https://api.example.com/api/'
    told = VerifyRequest("/api/?a=1", LOGIN, "HEAD", {"Accept": "text/csv"}).as_curl(place)
    assert told == (
        "curl -s -i -I -u \"$LOGIN\" -H 'Accept: text/csv' 'https://api.example.com/api/?a=1'"
    )
    assert hide_tokens("/api/share/abc/ /api/share/schema/ /api/share/?limit=1") == (
        "/api/share/.../ /api/share/schema/ /api/share/?limit=1"
    )


def test_values_are_shown_without_secrets() -> None:
    rows = [{"client_id": "me", "secret": "geheim"}, {"token": "geheim", "data": {"password": "x"}}]
    assert show_value(rows) == (
        '[{"client_id": "me", "secret": "..."}, {"token": "...", "data": {"password": "..."}}]'
    )
    assert show_value("é" * 1000) == f'"{"é" * 299}...'


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b"[" * 100_000, b"\xff", b"<p>"])
def test_bodies_that_are_no_json(text: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)
    with speaking(answer) as base:
        told = ask(base)
    assert told.json is NO_JSON
    assert (told.objects, told.meta) == ([], {})
