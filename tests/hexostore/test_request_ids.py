"""Ids of requests: who may choose them, and where they are found."""

from __future__ import annotations

import json
import logging
from contextvars import Context
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from hexostore.log_lines import AccessLine, JsonFormatter, PlainFormatter
from hexostore.request_ids import HEADER, REQUEST_ID, current_id, give_ids

PROXY, STRANGER = "10.0.0.1", "203.0.113.9"


def answer(rf: RequestFactory, **extra: Any) -> tuple[str, HttpResponse, str]:
    """The id inside of the application, its answer, and the id of the context there."""
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.extend([request.META[REQUEST_ID], current_id()])
        return HttpResponse()

    response = Context().run(give_ids(view), rf.get("/api/", **extra))
    assert isinstance(response, HttpResponse)
    return seen[0], response, seen[1]


def test_a_request_without_one_gets_one_and_its_answer_stays_as_it_is(rf: RequestFactory) -> None:
    (first, response, inside), (second, _, _) = answer(rf), answer(rf)
    assert len(first) == 16
    assert first == inside != second
    assert HEADER not in response


def test_nothing_has_an_id_outside_of_requests(rf: RequestFactory) -> None:
    assert Context().run(current_id) == ""
    told = Context().run(JsonFormatter().format, record(logging.WARNING, "idle"))
    assert "id" not in json.loads(told)


@pytest.mark.parametrize(
    ("profile", "sender", "is_taken"),
    [
        ("sandbox", STRANGER, True),
        ("public", PROXY, True),
        ("public", STRANGER, False),
        ("public", "", False),
    ],
)
def test_trusted_proxies_choose_and_in_a_sandbox_everybody(
    rf: RequestFactory, settings: Settings, profile: str, sender: str, is_taken: bool
) -> None:
    settings.HEXOSTORE_PROFILE, settings.HEXOSTORE_TRUSTED_PROXIES = profile, ["10.0.0.0/8"]
    given, response, _ = answer(rf, REMOTE_ADDR=sender, HTTP_X_REQUEST_ID="mine-1")
    assert (given == "mine-1") is is_taken
    assert response[HEADER] == given, "who sends one learns under which id to look"


@pytest.mark.parametrize(
    "sent", ["", " ", "a b", "a\tid=b", "a\x1b[31m", "é", "x" * 65, '"', "-a", "a,b", "a\n"]
)
def test_what_could_forge_a_line_is_not_taken(rf: RequestFactory, sent: str) -> None:
    given, response, _ = answer(rf, HTTP_X_REQUEST_ID=sent)
    assert given != sent
    assert len(given) == 16
    assert response[HEADER] == given


@pytest.mark.parametrize(
    "sent", ["x" * 64, "7f3c9e1a-0b6d-4c55-8a11-f00000000000", "Root=1-6:a/b+c"]
)
def test_the_usual_forms_are_taken(rf: RequestFactory, sent: str) -> None:
    assert answer(rf, HTTP_X_REQUEST_ID=sent)[0] == sent


@pytest.mark.parametrize(
    ("status", "sent_id", "end"),
    [(200, False, "1.0 ms"), (200, True, "id=abc"), (500, False, "id=abc"), (404, False, "1.0 ms")],
)
def test_a_line_names_the_id_if_somebody_looks_for_it(status: int, sent_id: bool, end: str) -> None:
    line = AccessLine("GET", "/", status, 1, id="abc", sent_id=sent_id)
    assert str(line).endswith(end)
    told = json.loads(JsonFormatter().format(record(logging.INFO, line)))
    assert told["id"] == "abc"
    assert "sent_id" not in told


def record(level: int, message: object, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("hexostore", level, "", 0, message, arguments, None)


def test_other_lines_of_a_request_have_its_id(rf: RequestFactory) -> None:
    lines: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        plain = PlainFormatter("{message}", style="{")
        lines.append(plain.format(record(logging.INFO, "%d %%", 5)))
        lines.append(plain.format(record(logging.WARNING, "%d %%", 5)))
        lines.append(JsonFormatter().format(record(logging.INFO, "%d %%", 5)))
        return HttpResponse()

    Context().run(give_ids(view), rf.get("/", HTTP_X_REQUEST_ID="mine"))
    assert lines[:2] == ["5 %", "5 % id=mine"]
    told = json.loads(lines[2])
    assert (told["message"], told["id"]) == ("5 %", "mine")
