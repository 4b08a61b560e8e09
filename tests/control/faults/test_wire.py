"""Faults that the web server makes, seen by requests, by curl and on a raw socket."""

from __future__ import annotations

import subprocess
from contextlib import closing

import pytest
import requests

from apps.control.faults.actions import FaultAction, LogNormal
from tests.control.faults.conftest import RECORDS, FaultySandbox
from tests.control.test_served_sandboxes import LOGIN

NEVER = 300_000
"""A delay in milliseconds that no test waits for."""

CURL_EMPTY, CURL_PARTIAL, CURL_TIMEOUT, CURL_RECEIVE = 52, 18, 28, 56


def curl(faulty: FaultySandbox, *options: str) -> tuple[int, bytes]:
    """Return the exit status of curl for a list of records, and what it prints."""
    login = ":".join(LOGIN)
    command = ["curl", "-s", "-u", login, *options, faulty.base + RECORDS]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout


def receive(faulty: FaultySandbox) -> bytes:
    """Return everything that comes on a raw connection until the server ends it."""
    with closing(faulty.send_raw()) as raw:
        return b"".join(iter(lambda: raw.recv(65536), b""))


@pytest.mark.parametrize("drop", ["request", "before"])
class TestNothingComes:
    """The connection is closed without an answer."""

    def test_requests(self, faulty: FaultySandbox, drop: str) -> None:
        key = faulty.add({"drop": drop}, times=1)
        with pytest.raises(requests.ConnectionError, match="closed connection without response"):
            faulty.get()
        assert faulty.counts(key) == (1, 1)
        assert faulty.get().status_code == 200

    def test_curl(self, faulty: FaultySandbox, drop: str) -> None:
        faulty.add({"drop": drop})
        assert curl(faulty) == (CURL_EMPTY, b"")

    def test_socket(self, faulty: FaultySandbox, drop: str) -> None:
        faulty.add({"drop": drop})
        assert receive(faulty) == b""

    def test_reset(self, faulty: FaultySandbox, drop: str) -> None:
        faulty.add({"drop": drop, "reset": True})
        with closing(faulty.send_raw()) as raw, pytest.raises(ConnectionResetError):
            raw.recv(1)
        assert curl(faulty) == (CURL_RECEIVE, b"")

    def test_https(self, faulty: FaultySandbox, drop: str) -> None:
        faulty.add({"drop": drop, "reset": True})
        url = f"{faulty.served.https}/~{faulty.name}{RECORDS}"
        with pytest.raises(requests.ConnectionError):
            requests.get(url, auth=LOGIN, verify=str(faulty.served.ca), timeout=60)


@pytest.mark.parametrize(("drop", "done"), [("request", False), ("before", True)])
def test_only_one_of_the_drops_fulfils_the_request(
    faulty: FaultySandbox, drop: str, done: bool
) -> None:
    faulty.add({"drop": drop}, match={"method": "POST", "resource": "label"})
    body = {"name": f"dropped {drop}", "user": "/api/user/1511/"}
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{faulty.base}/api/label/", json=body, auth=LOGIN, timeout=60)
    rows = faulty.get("/api/label/?limit=0").json()["objects"]
    assert (body["name"] in {row["name"] for row in rows}) == done


class TestHalfComes:
    """The connection is closed in the middle of the body."""

    def test_requests(self, faulty: FaultySandbox) -> None:
        faulty.add({"drop": "amid"})
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            faulty.get()

    def test_curl(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"drop": "amid"})
        assert curl(faulty) == (CURL_PARTIAL, whole[: len(whole) // 2])

    def test_socket_and_a_stream(self, faulty: FaultySandbox) -> None:
        faulty.add({"drop": "amid"})
        head, _, body = receive(faulty).partition(b"\r\n\r\n")
        assert f"Content-Length: {2 * len(body)}\r\n".encode() in head + b"\r\n"
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            faulty.get("/api/data/?record=37700&datatype=4113&format=zip")


class TestEndAfterwards:
    """The connection is closed after an answer that did not say so."""

    def test_socket(self, faulty: FaultySandbox) -> None:
        faulty.add({"drop": "after"})
        head, _, body = receive(faulty).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert b"connection" not in head.lower()
        assert body == faulty.get().content

    def test_curl(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"drop": "after"})
        assert curl(faulty) == (0, whole)


class TestWrongLength:
    """Content-Length is not that of the body."""

    def test_too_long_for_requests_and_curl(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"content_length": 10})
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="10 more expected"):
            faulty.get()
        assert curl(faulty) == (CURL_PARTIAL, whole)

    def test_too_short_for_requests_and_curl(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"content_length": -10})
        assert faulty.get().content == whole[:-10]
        assert curl(faulty) == (0, whole[:-10])

    def test_socket(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"content_length": -(10**9)})
        head, _, body = receive(faulty).partition(b"\r\n\r\n")
        assert b"\r\nContent-Length: 0\r\n" in head + b"\r\n"
        assert body == whole


class TestLate:
    """The answer comes late, and nobody else has to wait."""

    def test_requests(self, faulty: FaultySandbox) -> None:
        faulty.add({"delay_ms": NEVER}, times=1)
        with pytest.raises(requests.ReadTimeout):
            faulty.get(timeout=1)
        faulty.add({"delay_ms": 1})
        assert faulty.get().status_code == 200

    def test_curl(self, faulty: FaultySandbox) -> None:
        faulty.add({"delay_ms": NEVER})
        assert curl(faulty, "--max-time", "1") == (CURL_TIMEOUT, b"")

    def test_no_thread_waits(self, faulty: FaultySandbox) -> None:
        """There are more late answers than threads of both workers."""
        key = faulty.add({"delay_ms": NEVER}, match={"resource": "record"})
        waiting = [faulty.send_raw() for _ in range(20)]
        try:
            for _ in range(600):
                assert faulty.get("/api/label/").status_code == 200
                if faulty.counts(key) == (20, 20):
                    break
            assert faulty.counts(key) == (20, 20)
        finally:
            for raw in waiting:
                raw.close()

    def test_delays_of_a_seed_are_the_same_each_time(self) -> None:
        action = FaultAction(delay_ms=LogNormal(100, 0.5))
        drawn = [action.wire_fault(7, count) for count in range(1, 200)]
        assert drawn == [action.wire_fault(7, count) for count in range(1, 200)]
        delays = sorted(each.delay for each in drawn if each is not None)
        assert len(set(delays)) > 190
        assert 0.08 < delays[100] < 0.125


class TestSlow:
    """The body comes slowly."""

    def test_socket_gets_the_beginning_at_once(self, faulty: FaultySandbox) -> None:
        """The whole body would take more than half an hour."""
        faulty.add({"bytes_per_second": 1})
        with closing(faulty.send_raw()) as raw:
            received = b""
            while not received.partition(b"\r\n\r\n")[2]:
                received += raw.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert len(body) < 100

    def test_curl(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"bytes_per_second": 100})
        status, body = curl(faulty, "--max-time", "1")
        assert status == CURL_TIMEOUT
        assert whole.startswith(body)

    def test_requests_gets_all_of_it(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"bytes_per_second": 10_000})
        assert faulty.get().content == whole
