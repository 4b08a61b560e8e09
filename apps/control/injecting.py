"""The middleware that has requests fail as the rules of their sandbox want it.

The first rule that applies counts, and no other. A rule that changes answers is only asked when
the answer is there and has what it changes. So such rules come after the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.api.errors import ApiError
from apps.control.entering import sandbox_of
from apps.control.faults.answers import make_answer
from apps.control.faults.changes import change_answer
from apps.control.faults.stored import StoredRule, count_match
from apps.control.faults.whole import MOST_BYTES, TooLong, make_whole
from apps.control.plane import plane
from hexostore.own_pages import is_own_page
from hexostore.web.wire_faults import WIRE_FAULT

GetResponse = Callable[[HttpRequest], HttpResponseBase]

FAULT = "hexostore.fault"
"""Where a request has the number of the rule that was applied to it."""

HEADER = "X-HexoStore-Fault"
"""The header that has it in the answer."""


def inject_faults(get_response: GetResponse) -> GetResponse:
    """Return the middleware. Requests to the control plane itself, and to pages of the
    console, are spared."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        rules = _rules_for(request)
        matching = [each for each in rules if each.rule.match.matches(request)]
        if not matching:
            return get_response(request)
        try:
            return _answer(request, get_response, matching)
        except TooLong:
            text = f"A fault cannot be made of an answer of more than {MOST_BYTES} bytes."
            return TooLongAnswer({"error": text}).response(request)

    return middleware


class TooLongAnswer(ApiError):
    """500 for a fault that cannot be made."""

    status = 500


def _rules_for(request: HttpRequest) -> Sequence[StoredRule]:
    sandbox, control_plane = sandbox_of(request), plane()
    if sandbox is None or control_plane is None:
        return ()
    rules = control_plane.state().faults.get(sandbox.name, ())
    return () if is_own_page(request.path) else rules


def _answer(
    request: HttpRequest, get_response: GetResponse, matching: Sequence[StoredRule]
) -> HttpResponseBase:
    for stored in matching:
        if stored.rule.action.changes_answer:
            continue
        count = count_match(stored.key)
        if count is not None:
            replaces = stored.rule.action.replaces_answer
            answer = make_answer(request, stored.rule.action) if replaces else get_response(request)
            return _mark(request, answer, stored, count)
    response = get_response(request)
    for stored in matching:
        if stored.rule.action.changes_answer:
            response, change = change_answer(stored, request, response)
            count = None if change is None else count_match(stored.key)
            if change is not None and count is not None and isinstance(response, HttpResponse):
                change.put_into(response)
                return _mark(request, response, stored, count)
    return response


def _mark(
    request: HttpRequest, response: HttpResponseBase, stored: StoredRule, count: int
) -> HttpResponseBase:
    """Return the answer with what else the rule wants of it, for the server and for the client."""
    action = stored.rule.action
    wire_fault = action.wire_fault(stored.rule.seed, count)
    if wire_fault is not None:
        request.META[WIRE_FAULT] = wire_fault
        if wire_fault.needs_whole:
            response = make_whole(response)
    request.META[FAULT] = stored.key
    response[HEADER] = str(stored.key)
    for name, value in action.headers.items():
        response[name] = value
    return response
