"""By which arguments requests of the journal are chosen, over HTTP and on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from apps.control.journal.matching import MatchError, statuses_of
from apps.control.journal.rows import MOST_KEPT, JournalQuestion

LIMIT = 100
"""How many requests are returned unless more are asked for."""

ORDERS = ("newest", "oldest")

Condition = tuple[str, Any]


def question_of(arguments: Mapping[str, str], sandbox: str | None) -> JournalQuestion:
    """Return what arguments such as `status=4xx` ask of the journal of a sandbox, or of all for
    None. Raise MatchError for wrong ones."""
    for name in arguments:
        if name not in ARGUMENTS:
            known = ", ".join(sorted(ARGUMENTS))
            raise MatchError(f"Unknown argument {name[:60]!r}; known: {known}")
    chosen = {name: text for name, text in arguments.items() if name in _CONDITIONS}
    conditions = tuple(_CONDITIONS[name](text) for name, text in chosen.items())
    limit = _number("limit", arguments.get("limit", str(LIMIT)))
    if limit > MOST_KEPT:
        raise MatchError(f"limit must be at most {MOST_KEPT}.")
    order = one_of("order", arguments.get("order"), ORDERS)
    return JournalQuestion(sandbox, conditions, limit, newest_first=order == "newest")


def question_of_one(number: int, sandbox: str | None) -> JournalQuestion:
    """Return the question for the request with that id."""
    return JournalQuestion(sandbox, (("id = %s", number),))


def one_of(name: str, given: str | None, values: tuple[str, ...]) -> str:
    """Return an argument that is one of `values`; the first is the default. Raise MatchError."""
    chosen = values[0] if given is None else given
    if chosen not in values:
        raise MatchError(f"{name} must be one of {', '.join(values)}.")
    return chosen


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise MatchError(f"{name} must be a whole number.")
    return int(text)


def _equals(column: str) -> Callable[[str], Condition]:
    return lambda text: (f"{column} = %s", _storable(text))


def _of_path(text: str) -> Condition:
    escaped = _storable(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return "path LIKE %s", escaped.replace("*", "%")


def _of_method(text: str) -> Condition:
    return "method = ANY(%s)", _storable(text).upper().split(",")


def _of_status(text: str) -> Condition:
    spans = [statuses_of(each) for each in text.split(",")]
    return "status = ANY(%s)", [each for first, last in spans for each in range(first, last + 1)]


def _of_time(comparison: str, name: str) -> Callable[[str], Condition]:
    def condition(text: str) -> Condition:
        return f"time {comparison} %s", _moment(name, text)

    return condition


def _moment(name: str, text: str) -> datetime:
    """Return an ISO 8601 time; without an offset it is UTC."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise MatchError(f"{name} must be a time such as 2024-05-01T10:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")  # which no column holds


_CONDITIONS: dict[str, Callable[[str], Condition]] = {
    "id": lambda text: ("id = %s", _number("id", text)),
    "method": _of_method,
    "path": _of_path,
    "status": _of_status,
    "user": _equals("user_name"),
    "client": _equals("client"),
    "scheme": _equals("scheme"),
    "reason": _equals("reason"),
    "request_id": _equals("details::json->>'request_id'"),
    "since": _of_time(">=", "since"),
    "until": _of_time("<", "until"),
}

ARGUMENTS = {*_CONDITIONS, "limit", "order"}
