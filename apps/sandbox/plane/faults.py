"""`/_sandbox/faults`: the rules by which requests of a sandbox fail."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.control import fault_rules
from apps.control.entering import named_sandbox
from apps.control.faults import stored
from apps.credentials.refusals.forced_failures import FAILURES, list_marks
from apps.sandbox.plane.replies import Members, PlaneError, json_reply, require_arguments, takes
from apps.sandbox.store_worlds import require_plane

MEMBERS: dict[str, type] = {
    "name": str,
    "match": dict,
    "action": dict,
    "after": int,
    "times": int,
    "probability": float,
    "seed": int,
}
"""The members of a rule. Its own reader looks into them (apps/control/faults/rules.py)."""


def list_faults(request: HttpRequest) -> object:
    """GET /_sandbox/faults: the rules of the sandbox, and the marks of users and keys."""
    require_plane()
    rules = map(fault_rules.rule_as_json, stored.list_rows(named_sandbox(request)))
    return {"faults": [*rules, *marks_as_json()]}


@takes(**MEMBERS)
def add_fault(request: HttpRequest, sent: Members) -> object:
    """POST /_sandbox/faults: one more rule, after the others."""
    known = require_plane()
    added = fault_rules.add_rule(known, named_sandbox(request), sent)
    return json_reply(fault_rules.rule_as_json(added), 201)


def clear_faults(request: HttpRequest) -> object:
    """DELETE /_sandbox/faults: no rules any more. Marks stay."""
    require_arguments(request)
    fault_rules.remove_all(require_plane(), named_sandbox(request))
    return HttpResponse(status=204)


def show_fault(request: HttpRequest, key: str) -> object:
    """GET /_sandbox/faults/ID: one rule with its counters."""
    require_plane()
    return fault_rules.rule_as_json(fault_rules.find_rule(named_sandbox(request), _number(key)))


def remove_fault(request: HttpRequest, key: str) -> object:
    """DELETE /_sandbox/faults/ID: remove a rule."""
    fault_rules.remove_rule(require_plane(), named_sandbox(request), _number(key))
    return HttpResponse(status=204)


def marks_as_json() -> list[dict[str, Any]]:
    """Return the marks of users and keys as rules, which only commands set."""
    return [
        {
            "id": None,
            "kind": "mark",
            "name": failure,
            "match": {of: name},
            "action": {"reason": str(FAILURES[failure])},
        }
        for of in ("user", "client")
        for name, failure in list_marks(of).items()
        if failure in FAILURES
    ]


def _number(key: str) -> int:
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise PlaneError(f"There is no fault {key[:60]!r}; its id is a number.", 404)
    return int(key)
