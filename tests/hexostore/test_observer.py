"""What the web server counts of requests, as Prometheus reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hexostore.web.observer import ObservedRequest
from tests.hexostore.counted import NAMES, observing, read_samples, value, wait_for
from tests.hexostore.served_web import Answer, head, rest, web

REQUESTS = "hexostore_http_requests_total"
SECONDS = "hexostore_http_request_duration_seconds"
IN_FLIGHT = "hexostore_http_requests_in_flight"


def outcome(
    path: str = "/api/record/", status: str = "200 OK", *fields: tuple[str, str]
) -> ObservedRequest:
    return ObservedRequest("GET", path, status, fields, 10, 20, 0.02)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/api/record/", "record"),
        ("/api/v1/record/4/", "record"),
        ("//api/user", "user"),
        ("/api/", "index"),
        ("/api/secret-of-somebody/", "other"),
        ("/api/connect/oauth2/token/", "login"),
        ("/api/openapi.json", "docs"),
        ("/", "console"),
        ("/docs/api/", "docs"),
        ("/_sandbox/requests", "control"),
        ("/readyz", "probe"),
        ("/record/", "other"),
        ("*", "other"),
    ],
)
def test_a_path_has_one_of_few_labels(path: str, label: str) -> None:
    assert NAMES.resource(path) == label


def test_requests_are_counted_by_what_they_are(tmp_path: Path) -> None:
    with observing(tmp_path) as observer:
        for each in (outcome(), outcome(), outcome(status="404 Not Found"), outcome(status="")):
            observer.begin()
            observer.end(each)
        found = read_samples(tmp_path)
    assert value(found, REQUESTS, "GET", "record", "2xx") == 2
    assert value(found, REQUESTS, "GET", "record", "4xx") == 1
    assert value(found, REQUESTS, "GET", "record", "none") == 1
    assert value(found, f"{SECONDS}_bucket", "record", "0.01") == 0
    assert value(found, f"{SECONDS}_bucket", "record", "0.025") == 4
    assert value(found, f"{SECONDS}_count", "record") == 4
    assert value(found, "hexostore_http_received_bytes_total", "record") == 40
    assert value(found, "hexostore_http_sent_bytes_total", "record") == 80
    assert value(found, IN_FLIGHT) == 0


def test_reasons_and_faults_are_counted_by_headers_of_answers(tmp_path: Path) -> None:
    known, unknown = ("X-HexoStore-Reason", "key_used"), ("X-HexoStore-Reason", "of-a-stranger")
    with observing(tmp_path) as observer:
        for mark in (known, unknown, ("X-HexoStore-Fault", "7"), ("X-HexoStore", "mock")):
            observer.begin()
            observer.end(outcome("/api/", "401 Unauthorized", mark))
        found = read_samples(tmp_path)
    assert value(found, "hexostore_refusals_total", "key_used") == 1
    assert value(found, "hexostore_refusals_total", "other") == 1
    assert value(found, "hexostore_faults_total") == 1
    assert "of-a-stranger" not in str(found)


def test_a_process_counts_on_where_a_dead_one_stopped(tmp_path: Path) -> None:
    with observing(tmp_path) as killed:
        killed.begin()
        killed.end(outcome())
        killed.begin()  # and it dies
        killed.note_connections(3)
    with observing(tmp_path, "web-2") as other:
        other.begin()
        other.end(outcome())
    with observing(tmp_path) as next_one:
        next_one.begin()
        next_one.end(outcome())
        found = read_samples(tmp_path)
    assert value(found, REQUESTS, "GET", "record", "2xx") == 3
    assert value(found, IN_FLIGHT) == value(found, "hexostore_http_connections") == 0
    assert len(list(tmp_path.iterdir())) == 2 * 3, "two places, three kinds of files"


def test_the_web_server_counts_what_it_answers(tmp_path: Path) -> None:
    with observing(tmp_path) as observer, web(observer=observer) as served:
        asked = head("POST", "/~t1/api/record/", "Content-Length: 2", "Connection: close") + b"{}"
        answer = served.ask(asked)
        wait_for(tmp_path, 1, REQUESTS, "POST", "record", "2xx")
        found = read_samples(tmp_path)
        assert value(found, "hexostore_http_sent_bytes_total", "record") == len(answer)
        assert value(found, "hexostore_http_received_bytes_total", "record") > 2
        wait_for(tmp_path, 0, "hexostore_http_connections")


def test_requests_in_flight_and_connections_are_those_of_now(tmp_path: Path) -> None:
    with observing(tmp_path) as observer, web(observer=observer) as served:
        inside: list[float] = []

        def look(_: dict[str, Any]) -> Answer:
            found = read_samples(tmp_path)
            inside.append(value(found, IN_FLIGHT))
            inside.append(value(found, "hexostore_http_connections"))
            return "204 No Content", [], []

        served.answers["/look"] = look
        served.get("/look")
        assert inside == [1, 1]
        wait_for(tmp_path, 0, IN_FLIGHT)


def test_what_is_no_request_is_counted_as_well(tmp_path: Path) -> None:
    with observing(tmp_path) as observer, web(observer=observer) as served:
        assert served.ask(b"\x00\x01\r\n\r\n").startswith(b"HTTP/1.1 400")
        wait_for(tmp_path, 1, REQUESTS, "other", "4xx")
        refused = head("GET", "/api/record/", "Host: another")
        assert served.ask(refused).startswith(b"HTTP/1.1 400")
        wait_for(tmp_path, 1, REQUESTS, "GET", "record", "4xx")


def test_a_failed_answer_counts_with_what_the_client_got(tmp_path: Path) -> None:
    def fail(_: dict[str, Any]) -> Answer:
        raise ArithmeticError("planned")

    with observing(tmp_path) as observer, web(observer=observer) as served:
        served.answers["/fail"] = fail
        with served.send(head("GET", "/fail")) as client:
            assert rest(client).startswith(b"HTTP/1.1 500")
        wait_for(tmp_path, 1, REQUESTS, "GET", "other", "5xx")
        assert value(read_samples(tmp_path), REQUESTS, "other", "5xx") == 0, "counted once"
        assert value(read_samples(tmp_path), IN_FLIGHT) == 0
