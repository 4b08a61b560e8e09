"""Clients that are slow or stall hold neither a thread nor others up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hexostore.web.limits import WebLimits
from tests.hexostore.served_web import PATIENCE, TICK, Answer, Web, body_of, head, rest, status, web

CROWD = 40
LONG = 8 * 2**20


class Pieces:
    """An endless answer, that tells when it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield bytes(65_536)

    def close(self) -> None:
        self.closed.set()


def endless(made: list[Pieces]) -> Any:
    def answer(_environ: dict[str, Any]) -> Answer:
        made.append(Pieces())
        return "200 OK", [], made[-1]

    return answer


def whole(_environ: dict[str, Any]) -> Answer:
    return "200 OK", [("Content-Length", str(LONG))], [bytes(LONG)]


def is_served(served: Web) -> bool:
    return status(served.get("/api/user/")) == 200


def test_slow_bodies_hold_no_thread() -> None:
    with web() as served:
        asked = head("POST", "/api/label/", "Content-Length: 10") + b"{"
        clients = [served.send(asked) for _ in range(CROWD)]
        assert is_served(served)
        clients[0].sendall(b"123456789")
        assert status(clients[0].recv(65_536)) == 200
        for client in clients:
            client.close()


def test_a_body_that_does_not_come_is_a_408() -> None:
    with web(WebLimits(body_seconds=0.1)) as served:
        answer = served.ask(head("POST", "/api/label/", "Content-Length: 10") + b"{")
        assert status(answer) == 408
        assert body_of(answer) == b'{"error": "The body of the request did not arrive in time."}'
        assert b"\r\nX-HexoStore: mock\r\n" in answer
        assert served.seen == []


def test_a_body_that_comes_steadily_earns_time() -> None:
    with web(WebLimits(body_seconds=0.01, body_rate=1)) as served:  # a second for each byte
        asked = head("POST", "/api/label/", "Content-Length: 100", "Connection: close")
        client = served.send(asked + b"x" * 50)
        threading.Event().wait(10 * TICK)  # several looks at the deadline
        client.sendall(b"x" * 50)
        assert body_of(rest(client)) == b"x" * 100
        client.close()


@pytest.mark.parametrize(
    "asked",
    [
        head("GET", "/livez", "Content-Length: 1000"),
        head("POST", "/readyz", "Content-Length: 1000"),
        head("GET", "/api/label/", "Content-Length: 1000"),
        head("HEAD", "/api/label/", "Content-Length: 1000"),
        head("OPTIONS", "/api/label/", "Content-Length: 1000"),
        head("POST", "/nowhere/", "Content-Length: 1000"),
        head("POST", "/nowhere/", "Content-Length: 1000", "Expect: 100-continue"),
        head("POST", "/api/label/", "Content-Length: 99999999"),
        head("POST", "/api/label/", "Transfer-Encoding: chunked"),
    ],
)
def test_nobody_waits_for_a_body_that_nobody_wants(asked: bytes) -> None:
    with web(WebLimits(body_seconds=600)) as served:
        client = served.send(asked)
        assert status(client.recv(65_536)) == 200
        assert [each["body"] for each in served.seen] == [b""]
        client.sendall(b"x" * 500_000)  # what still comes is taken in, so that the answer arrives
        client.close()


@pytest.mark.parametrize(
    "line", ["X-HTTP-Method-Override: PATCH", "Content-Type: application/x-www-form-urlencoded"]
)
def test_a_get_that_stands_for_more_has_a_body(line: str) -> None:
    with web() as served:
        client = served.send(head("GET", "/api/label/", "Content-Length: 2", line))
        client.sendall(b"{}")
        assert body_of(client.recv(65_536)) == b"{}"
        client.close()


def test_stalled_readers_hold_no_thread_and_are_ended() -> None:
    made: list[Pieces] = []
    with web(WebLimits(write_seconds=0.3)) as served:
        served.answers["/api/data/"] = endless(made)
        clients = [served.connect(small=True) for _ in range(CROWD)]
        for client in clients:
            client.sendall(head("GET", "/api/data/"))
        assert is_served(served)
        for client in clients:
            assert client.recv(1)  # each has got an answer
        assert len(made) == CROWD
        assert all(each.closed.wait(PATIENCE) for each in made)
        for client in clients:
            client.close()


def test_a_reader_that_leaves_ends_its_answer() -> None:
    made: list[Pieces] = []
    with web() as served:
        served.answers["/api/data/"] = endless(made)
        client = served.send(head("GET", "/api/data/"))
        assert client.recv(1)
        client.close()
        assert made[0].closed.wait(PATIENCE)


def test_answers_that_nobody_takes_do_not_pile_up() -> None:
    """Who has waited longest without taking anything makes room for the next."""
    with web(WebLimits(waiting_answers=4 * LONG)) as served:
        served.answers["/api/data/"] = whole
        clients = []
        for _ in range(12):
            clients.append(served.connect(small=True))
            clients[-1].sendall(head("GET", "/api/data/", "Connection: close"))
            assert clients[-1].recv(1)
        assert served.server is not None
        assert served.server.answers.used <= 4 * LONG
        assert len(rest(clients[0])) < LONG
        assert len(rest(clients[-1])) > LONG - 1
        for client in clients:
            client.close()


def test_an_answer_that_is_longer_than_all_that_wait_may_be_arrives() -> None:
    with web(WebLimits(waiting_answers=LONG // 4)) as served:
        served.answers["/api/data/"] = whole
        client = served.connect(small=True)
        client.sendall(head("GET", "/api/data/"))
        assert client.recv(1)
        assert served.server is not None
        assert served.server.answers.used <= LONG // 4
        assert len(rest(client)) > LONG - 1
        client.close()


def await_next_moment(served: Web) -> None:
    """Turn the loop until its clock, which counts milliseconds, has moved on."""
    assert served.server is not None
    before = served.server.now()
    while served.server.now() == before:
        served.turn(1)


def test_one_connection_too_many_ends_the_one_that_waits_longest() -> None:
    with web(WebLimits(connections=3)) as served:
        waiting = []
        for _ in range(3):
            waiting.append(served.send(b"GET /livez"))
            served.turn(20)
            await_next_moment(served)
        assert status(served.get("/livez")) == 200
        assert rest(waiting[0]) == b""
        for client in waiting:
            client.close()


def test_a_crowd_that_keeps_the_application_busy_keeps_nobody_out() -> None:
    gate = threading.Event()

    def stuck(_environ: dict[str, Any]) -> Answer:
        gate.wait(PATIENCE)
        return "200 OK", [], [b""]

    with web(WebLimits(connections=3)) as served:
        served.answers["/api/data/"] = stuck
        busy = [served.send(head("GET", "/api/data/")) for _ in range(3)]
        while served.server is None or len(served.server._exchanges) < 3:
            threading.Event().wait(TICK)
        assert status(served.get("/livez")) == 200
        gate.set()
        for client in busy:
            client.shutdown(socket.SHUT_WR)
        assert sorted(len(rest(client)) > 0 for client in busy) == [False, True, True]


def test_a_head_that_does_not_come_is_a_408() -> None:
    with web(WebLimits(head_seconds=0.1)) as served:
        assert status(served.ask(b"GET /livez HTTP/1.1\r\nHo")) == 408


def test_an_idle_connection_is_closed() -> None:
    with web(WebLimits(idle_seconds=0.1)) as served:
        assert served.ask(b"") == b""
        answer = served.ask(head("GET", "/livez"))
        assert answer.count(b"HTTP/1.1 200 OK") == 1


def test_probes_never_wait_behind_requests() -> None:
    gate = threading.Event()

    def stuck(_environ: dict[str, Any]) -> Answer:
        gate.wait(PATIENCE)
        return "200 OK", [], [b""]

    with web() as served:
        served.answers["/api/data/"] = stuck
        client = served.send(head("GET", "/api/data/"))
        assert status(served.get("/livez")) == status(served.get("/readyz")) == 200
        gate.set()
        assert status(client.recv(65_536)) == 200
        client.close()


def test_one_resource_never_holds_all_threads() -> None:
    gate = threading.Event()

    def stuck(_environ: dict[str, Any]) -> Answer:
        gate.wait(PATIENCE)
        return "200 OK", [], [b""]

    with web(threads=2) as served:
        served.answers["/api/data/"] = served.answers["/api/v1/data/"] = stuck
        paths = "/api/data/", "/api/v1/data/"
        clients = [served.send(head("GET", path)) for path in paths * 5]
        assert is_served(served)
        gate.set()
        assert [status(client.recv(65_536)) for client in clients] == [200] * 10
        for client in clients:
            client.close()


def test_a_long_body_comes_whole() -> None:
    with web() as served:
        sent = bytes(range(256)) * 8000
        lines = f"Content-Length: {len(sent)}", "Connection: close"
        assert body_of(served.ask(head("POST", "/api/label/", *lines) + sent)) == sent
        assert served.server is not None
        assert served.server.bodies.used == 0


def test_bodies_that_do_not_come_do_not_fill_the_disk() -> None:
    with web(WebLimits(waiting_bodies=250_000)) as served:
        asked = head("POST", "/api/label/", "Content-Length: 200000") + bytes(100_000)
        clients = [served.send(asked) for _ in range(4)]
        assert rest(clients[0]) == b""  # which came first
        clients[-1].sendall(bytes(100_000))
        assert status(clients[-1].recv(65_536)) == 200
        for client in clients:
            client.close()


def test_a_running_request_ends_before_the_server_does() -> None:
    gate, begun = threading.Event(), threading.Event()

    def slow(_environ: dict[str, Any]) -> Answer:
        begun.set()
        gate.wait(PATIENCE)
        return "200 OK", [("Content-Length", "4")], [b"done"]

    with web() as served:
        served.answers["/api/data/"] = slow
        client = served.send(head("GET", "/api/data/"))
        assert begun.wait(PATIENCE)
        threading.Timer(0.2, gate.set).start()
    answer = rest(client)
    assert body_of(answer) == b"done"
    assert b"\r\nConnection: close\r\n" in answer
    client.close()
