"""What a writer concludes from an answer, or from none."""

from __future__ import annotations

import socket
from threading import Thread

import pytest
import requests

from tests.chaos.traffic import SILENCE, UNSENT, Answer, Fate, Traffic, send
from tests.live import free_port


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (202, Fate.DONE),
        (404, Fate.REFUSED),
        (UNSENT, Fate.REFUSED),
        (408, Fate.UNKNOWN),
        (500, Fate.UNKNOWN),
        (503, Fate.UNKNOWN),
        (SILENCE, Fate.UNKNOWN),
    ],
)
def test_fates(status: int, fate: Fate) -> None:
    assert Answer(status).fate is fate


def test_nobody_listens() -> None:
    answer = send(requests.Session(), "POST", f"http://127.0.0.1:{free_port()}/", {})
    assert answer == Answer(UNSENT)


def test_a_server_that_takes_the_request_and_dies() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_and_close() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)

        thread = Thread(target=take_and_close)
        thread.start()
        port = server.getsockname()[1]
        answer = send(requests.Session(), "POST", f"http://127.0.0.1:{port}/", {})
        thread.join()
    assert answer == Answer(SILENCE)


def test_unexpected_refusals_are_kept_and_failures_counted() -> None:
    traffic = Traffic()
    for status in (200, 404, 401, 500, 503, SILENCE):
        traffic.note(Answer(status), f"GET {status}", (404,))
    assert [text.split(":")[0] for text in traffic.unexpected] == ["GET 401"]
    assert traffic.statuses[500] == 1


def test_a_closed_gate_holds_operations_back() -> None:
    traffic, passed = Traffic(), []

    def pass_gate() -> None:
        with traffic.operation():
            passed.append(1)

    traffic.close()
    thread = Thread(target=pass_gate)
    thread.start()
    assert passed == []
    traffic.open()
    thread.join()
    assert passed == [1]
