"""`/_sandbox/requests`: which requests clients have sent, and whether they are as expected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime

from apps.api.reasons import BY_CODE
from apps.control.entering import sandbox_of
from apps.control.journal.exports import as_curl, as_har
from apps.control.journal.matching import MatchError, statuses_of
from apps.control.journal.rows import JournalEntry, JournalQuestion, clear_requests, find_requests
from apps.control.journal.verification import Verdict, verify_count, verify_order
from apps.control.sandboxes import find_sandbox
from apps.sandbox.plane.replies import Members, PlaneError, json_reply, takes
from apps.sandbox.store_worlds import NoSandboxes, require_plane

LIMIT, MOST = 100, 1000
FORMATS = ("json", "har", "curl")
ORDERS = ("newest", "oldest")
ALL = "all"

Condition = tuple[str, Any]


def request_as_json(entry: JournalEntry) -> dict[str, Any]:
    """Return a request of the journal as JSON, with the texts of its reason."""
    reason = BY_CODE.get(entry.reason)
    return {
        "id": entry.id,
        "time": entry.time.astimezone(UTC).isoformat(),
        "sandbox": entry.sandbox,
        "user": entry.user or None,
        "client": entry.client or None,
        "scheme": entry.scheme or None,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "reason": reason,
        "sentence": reason.sentence if reason else None,
        "remedy": reason.remedy if reason else None,
        "help": reason.page if reason else None,
        **entry.details,
    }


def list_requests(request: HttpRequest) -> object:
    """GET /_sandbox/requests: the requests that fit, the newest first."""
    chosen = _choice(request, "format", FORMATS)
    entries = find_requests(question_of(request))
    if chosen == "har":
        return json_reply(as_har(entries))
    if chosen == "curl":
        return _text_reply("".join(f"{as_curl(each)}\n" for each in entries))
    return {"requests": [request_as_json(each) for each in entries]}


def show_request(request: HttpRequest, number: str) -> object:
    """GET /_sandbox/requests/ID: one request."""
    chosen = _choice(request, "format", FORMATS)
    entry = _entry(request, int(number))
    if chosen == "har":
        return json_reply(as_har([entry]))
    return _text_reply(f"{as_curl(entry)}\n") if chosen == "curl" else request_as_json(entry)


def delete_requests(request: HttpRequest) -> object:
    """DELETE /_sandbox/requests: forget all requests of the sandbox."""
    return {"deleted": clear_requests(_sandbox(request))}


@takes(match=dict, count=dict, in_order=list)
def verify_requests(request: HttpRequest, sent: Members) -> object:
    """POST /_sandbox/requests/verify: 200 if the requests are as expected, or else 422."""
    if ("match" in sent) == ("in_order" in sent):
        raise PlaneError("Send either match, with a count if you like, or in_order.")
    if "in_order" in sent and "count" in sent:
        raise PlaneError("count belongs to match; in_order needs each match once.")
    entries = find_requests(JournalQuestion(_sandbox(request)))
    try:
        if "in_order" in sent:
            verdict = verify_order(entries, sent["in_order"])
        else:
            verdict = verify_count(entries, sent["match"], sent.get("count"))
    except MatchError as error:
        raise PlaneError(str(error)) from error
    except RecursionError as error:
        raise PlaneError("The match is nested too deeply.") from error
    return _verdict_reply(verdict)


def question_of(request: HttpRequest) -> JournalQuestion:
    """Return what the query of a request asks of the journal. Raise PlaneError."""
    known = {*_CONDITIONS, "sandbox", "limit", "order", "format"}
    for name in request.GET:
        if name not in known:
            raise PlaneError(f"Unknown argument {name[:60]!r}; known: {', '.join(sorted(known))}")
    conditions = tuple(
        _CONDITIONS[name](str(value)) for name, value in request.GET.items() if name in _CONDITIONS
    )
    limit = _number("limit", request.GET.get("limit", str(LIMIT)))
    if limit > MOST:
        raise PlaneError(f"limit must be at most {MOST}.")
    order = _choice(request, "order", ORDERS)
    return JournalQuestion(_sandbox(request), conditions, limit, newest_first=order == "newest")


def _entry(request: HttpRequest, number: int) -> JournalEntry:
    found = next(find_requests(JournalQuestion(_sandbox(request), (("id = %s", number),))), None)
    if found is None:
        raise PlaneError(f"There is no request {number} in the journal of this sandbox.", 404)
    return found


def _sandbox(request: HttpRequest) -> str | None:
    """Return the sandbox whose journal is asked for, None for all."""
    known, entered = require_plane(), sandbox_of(request)
    if entered is None:
        raise NoSandboxes
    name = request.GET.get("sandbox", entered.name)
    return None if name == ALL else find_sandbox(known, name).name


def _verdict_reply(verdict: Verdict) -> HttpResponse:
    if verdict.holds:
        return json_reply({"verified": True, "count": verdict.count})
    told = {
        "verified": False,
        "message": verdict.message,
        "count": verdict.count,
        "near_misses": verdict.misses,
    }
    return json_reply(told, 422)


def _text_reply(text: str) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _choice(request: HttpRequest, name: str, values: tuple[str, ...]) -> str:
    """Return a query argument that is one of `values`; the first is the default."""
    chosen = str(request.GET.get(name, values[0]))
    if chosen not in values:
        raise PlaneError(f"{name} must be one of {', '.join(values)}.")
    return chosen


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise PlaneError(f"{name} must be a whole number.")
    return int(text)


def _equals(column: str) -> Callable[[str], Condition]:
    return lambda text: (f"{column} = %s", _storable(text))


def _of_path(text: str) -> Condition:
    escaped = _storable(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return "path LIKE %s", escaped.replace("*", "%")


def _of_method(text: str) -> Condition:
    return "method = ANY(%s)", _storable(text).upper().split(",")


def _of_status(text: str) -> Condition:
    try:
        spans = [statuses_of(each) for each in text.split(",")]
    except MatchError as error:
        raise PlaneError(str(error)) from error
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
        raise PlaneError(f"{name} must be a time such as 2024-05-01T10:00:00Z.")
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
    "since": _of_time(">=", "since"),
    "until": _of_time("<", "until"),
}
