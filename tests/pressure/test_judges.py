"""The judges of the attacks see what they are for, and nothing in what is right."""

from __future__ import annotations

from random import Random

import pytest
import requests

from tests.pressure.archives import read_results
from tests.pressure.changes import differing_tables
from tests.pressure.endurance import Size, describe_growth
from tests.pressure.odd import has_traceback, make_request, status_of
from tests.pressure.outcome import Outcome, format_table, sample_evenly, scaled
from tests.pressure.planted import WORD
from tests.pressure.proxied import odd_requests
from tests.pressure.raw import judge_answer
from tests.pressure.reads import find_leak
from tests.pressure.tickets import judge_statuses

OK = b"HTTP/1.1 200 OK\r\n\r\n"


def answer(status: int, text: str = "", **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = text.encode()
    made.headers.update(headers)
    return made


@pytest.mark.parametrize(
    ("given", "may_succeed", "leaks"),
    [
        (answer(404), False, False),
        (answer(501), False, False),
        (answer(301), False, False),
        (answer(200, "[]"), True, False),
        (answer(200, "[]"), False, True),
        (answer(404, f"no {WORD}"), False, True),
        (answer(200, ETag=WORD), True, True),
        (answer(500), True, True),
    ],
)
def test_leaks(given: requests.Response, may_succeed: bool, leaks: bool) -> None:
    assert bool(find_leak(given, may_succeed=may_succeed)) == leaks


@pytest.mark.parametrize(
    ("statuses", "wrong"),
    [
        ([200, 404, 404], False),
        ([201, 400, 503], False),
        ([404, 404], True),
        ([200, 200, 404], True),
        ([200, 500], True),
    ],
)
def test_tickets(statuses: list[int], wrong: bool) -> None:
    assert bool(judge_statuses(statuses)) == wrong


@pytest.mark.parametrize(
    ("received", "wrong"),
    [(b"", False), (OK, False), (OK + OK, True), (b"HTTP/1.1 500 X\r\n\r\n", True)],
)
def test_raw_answers(received: bytes, wrong: bool) -> None:
    assert bool(judge_answer(received)) == wrong


def test_statuses_and_tracebacks() -> None:
    assert (status_of(OK), status_of(b""), status_of(b"<html> 200 x")) == (200, 0, 0)
    assert has_traceback(b"...Traceback (most recent call last)")
    assert not has_traceback(OK)


def test_digests() -> None:
    assert differing_tables({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b", "c"]


def test_growth() -> None:
    small = Size(10 << 20, 20)
    assert describe_growth(small, Size(20 << 20, 30)) == ""
    assert describe_growth(small, Size(200 << 20, 20)) == "grew by 190 MB and 0 descriptors"
    assert describe_growth(small, Size(10 << 20, 90)) == "grew by 0 MB and 70 descriptors"


def test_results_of_other_tests() -> None:
    assert read_results("94 passed in 3.00s") == Outcome(94, [])
    failed = read_results("FAILED tests/a.py::b - x\n1 failed, 93 passed in 3.00s")
    assert (failed.tried, failed.findings) == (94, ["FAILED tests/a.py::b - x"])
    assert not read_results("ERROR: file not found").held


def test_random_requests_can_be_repeated() -> None:
    def some(seed: int) -> list[bytes]:
        random = Random(seed)  # noqa: S311 - no secret
        return [make_request(random, ["label", "range"]) for _ in range(50)]

    assert some(1) == some(1) != some(2)
    assert all(b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" in sent for sent in some(3))


def test_requests_to_a_proxy_are_whole() -> None:
    assert all(sent.endswith(b"\r\n\r\n") for sent in odd_requests())


def test_scales() -> None:
    assert (scaled(1000, 0.05), scaled(10, 0.001)) == (50, 1)
    assert list(sample_evenly(range(10), 0.2)) == [0, 5]
    assert list(sample_evenly(range(3), 1.0)) == [0, 1, 2]


def test_the_table() -> None:
    table = format_table([("reads", Outcome(5)), ("odd", Outcome(7, ["500 to x"]))])
    assert [line.split() for line in table.splitlines()] == [
        ["direction", "tried", "outcome"],
        ["reads", "5", "held"],
        ["odd", "7", "1", "findings"],
        ["500", "to", "x"],
    ]
