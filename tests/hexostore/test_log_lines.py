"""Lines of the log: as text, with colours on a terminal, and as JSON."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO
from typing import Any

import pytest
from django.db import OperationalError

from hexostore.log_lines import AccessLine, JsonFormatter, PlainFormatter

SENDER = "me@example.com", "key-1", "key"
LINE = AccessLine("GET", "/api/user/", 401, 3.14, *SENDER, "t1", "key_used")
TEXT = (
    "GET /api/user/ 401 3.1 ms user=me@example.com client=key-1 scheme=key sandbox=t1 "
    "reason=key_used"
)


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def record(message: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord("hexostore.request", logging.INFO, "", 0, message, None, info)


def formatted(message: object) -> str:
    return PlainFormatter("{name}: {message}", style="{").format(record(message))


def test_what_is_not_known_is_left_out() -> None:
    assert str(AccessLine("GET", "/", 200, 1)) == "GET / 200 1.0 ms"
    assert str(LINE) == TEXT


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        ("a b", '"a b"'),
        ("x reason=none", '"x reason=none"'),
        ("x\ny", '"x\\ny"'),
        ("x\x1b[31m", '"x\\u001b[31m"'),
        ("a+b@c-d.e", "a+b@c-d.e"),
    ],
)
def test_a_name_cannot_forge_a_line(user: str, shown: str) -> None:
    assert str(AccessLine("GET", "/", 200, 1, user)) == f"GET / 200 1.0 ms user={shown}"


@pytest.mark.parametrize(
    ("stream", "environment", "colours"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),  # https://no-color.org: when not empty
        (Terminal(), {"TERM": "dumb"}, False),
        (StringIO(), {}, False),
    ],
)
def test_only_a_terminal_shows_colours(
    monkeypatch: pytest.MonkeyPatch,
    stream: StringIO,
    environment: dict[str, str],
    colours: bool,
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[33m401\x1b[0m" in formatted(LINE)) is colours
    assert (formatted(LINE) == f"hexostore.request: {TEXT}") is not colours
    assert formatted("other") == "hexostore.request: other"


def as_json(message: object, error: BaseException | None = None) -> dict[str, Any]:
    line = JsonFormatter().format(record(message, error))
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_request_in_json_has_its_parts() -> None:
    found = as_json(LINE)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "INFO",
        "logger": "hexostore.request",
        "method": "GET",
        "path": "/api/user/",
        "status": 401,
        "ms": 3.14,
        "user": "me@example.com",
        "client": "key-1",
        "scheme": "key",
        "sandbox": "t1",
        "reason": "key_used",
    }


def test_any_other_record_in_json_has_its_message_and_traceback() -> None:
    assert as_json("two\nlines")["message"] == "two\nlines"
    assert "ValueError: wrong" in as_json("failed", ValueError("wrong"))["message"]
    outage = as_json("failed", OperationalError("gone\nDETAIL: more"))
    assert outage["message"] == "failed: gone"
