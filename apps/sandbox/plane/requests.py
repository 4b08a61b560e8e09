"""`/_sandbox/requests`: which requests clients have sent, and whether they are as expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.api.reasons import BY_CODE
from apps.control.entering import sandbox_of
from apps.control.journal.asking import one_of, question_of, question_of_one
from apps.control.journal.entries import REFUSAL
from apps.control.journal.exports import EXPORTS
from apps.control.journal.matching import MatchError
from apps.control.journal.rows import JournalEntry, JournalQuestion, clear_requests, find_requests
from apps.control.journal.verification import verify
from apps.control.sandboxes import find_sandbox
from apps.sandbox.plane.replies import (
    Members,
    PlaneError,
    json_reply,
    require_arguments,
    takes,
)
from apps.sandbox.store_worlds import NoSandboxes, require_plane

FORMATS = ("json", *EXPORTS)
ALL = "all"


def request_as_json(entry: JournalEntry) -> dict[str, Any]:
    """Return a request of the journal as JSON, with the texts of its reason.

    What was compared when it was refused is left out, since lists are passed on: that has tokens
    and signatures as they were sent.
    """
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
        **{name: each for name, each in entry.details.items() if name != REFUSAL},
    }


def whole_request_as_json(entry: JournalEntry) -> dict[str, Any]:
    """Return a request as JSON, with what was compared when it was refused."""
    compared = {REFUSAL: entry.details[REFUSAL]} if REFUSAL in entry.details else {}
    return {**request_as_json(entry), **compared}


def list_requests(request: HttpRequest) -> object:
    """GET /_sandbox/requests: the requests that fit, the newest first."""
    given = {name: str(value) for name, value in request.GET.items()}
    chosen = given.pop("format", None)
    given.pop("sandbox", None)
    with _explained():
        write = EXPORTS.get(one_of("format", chosen, FORMATS))
        entries = find_requests(read_question(request, given))
        if write is not None:
            return _export_reply(write(entries))
        return {"requests": [request_as_json(each) for each in entries]}


def show_request(request: HttpRequest, number: str) -> object:
    """GET /_sandbox/requests/ID: one request."""
    with _explained():
        write = EXPORTS.get(one_of("format", request.GET.get("format"), FORMATS))
    entry = find_entry(request, int(number))
    return whole_request_as_json(entry) if write is None else _export_reply(write([entry]))


def delete_requests(request: HttpRequest) -> object:
    """DELETE /_sandbox/requests: forget all requests of the sandbox."""
    require_arguments(request, "sandbox")
    return {"deleted": clear_requests(_sandbox(request))}


@takes(match=dict, count=dict, in_order=list)
def verify_requests(request: HttpRequest, sent: Members) -> object:
    """POST /_sandbox/requests/verify: 200 if the requests are as expected, or else 422."""
    with _explained():
        verdict = verify(find_requests(JournalQuestion(_sandbox(request))), sent)
    return json_reply(verdict.as_json(), 200 if verdict.holds else 422)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except MatchError as error:
        raise PlaneError(str(error)) from error


def read_question(request: HttpRequest, given: Mapping[str, str]) -> JournalQuestion:
    """Return what arguments ask of the journal of the sandbox that the request names.

    Raise PlaneError, SandboxError or NoSandboxes.
    """
    with _explained():
        return question_of(given, _sandbox(request))


def find_entry(request: HttpRequest, number: int) -> JournalEntry:
    """Return a request in the journal. Raise PlaneError, SandboxError or NoSandboxes."""
    found = next(find_requests(question_of_one(number, _sandbox(request))), None)
    if found is None:
        raise PlaneError(f"There is no request {number} in the journal of this sandbox.", 404)
    return found


def _sandbox(request: HttpRequest) -> str | None:
    """Return the sandbox whose journal is asked for, None for all."""
    known, entered = require_plane(), sandbox_of(request)
    if entered is None:
        raise NoSandboxes
    name = request.GET.get("sandbox") or entered.name
    return None if name == ALL else find_sandbox(known, name).name


def _export_reply(export: dict[str, Any] | str) -> HttpResponse:
    if not isinstance(export, str):
        return json_reply(export)
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(export, content_type="text/plain; charset=utf-8", headers=headers)
