"""Changes of an answer: damaged JSON, and data that is wrong although it looks right."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.control.faults.actions import FaultAction
from apps.control.faults.data_archives import change_archive
from apps.control.faults.data_json import change_json
from apps.control.faults.data_tables import change_table
from apps.control.faults.stale import find_stale
from apps.control.faults.stored import StoredRule
from apps.control.faults.whole import ChangedAnswer, make_whole
from hexostore.web.threads import resource_of

Change = Callable[[bytes, FaultAction], bytes | None]

_BRACKETS = {b"}": b"]", b"]": b"}"}


def change_answer(
    stored: StoredRule, request: HttpRequest, response: HttpResponseBase
) -> tuple[HttpResponseBase, ChangedAnswer | None]:
    """Return the answer, and how the rule changes it; None if it has nothing to change.

    The answer may be another object than `response`, which was then read to its end. Raise TooLong.
    """
    action = stored.rule.action
    if action.stale:
        return response, find_stale(stored.key, request, response)
    change = _find_change(request, response, action)
    if change is None:
        return response, None
    whole = make_whole(response)
    content = change(whole.content, action)
    return whole, None if content is None else ChangedAnswer(content)


def _find_change(
    request: HttpRequest, response: HttpResponseBase, action: FaultAction
) -> Change | None:
    """Return what may change an answer, by its status and media type alone."""
    media_type = response.get("Content-Type", "").partition(";")[0]
    if action.damage == "truncated":
        return _truncate
    if action.damage == "broken":
        return _break_json if media_type == "application/json" else None
    if response.status_code not in {200, 201}:
        return None
    changes: dict[str, Change] = {
        "application/json": lambda content, wanted: change_json(
            content, wanted, resource_of(request.path)
        ),
        "text/csv": change_table,
        "application/octet-stream": change_archive,
    }
    return changes.get(media_type)


def _truncate(content: bytes, _action: FaultAction) -> bytes | None:
    return content[: len(content) // 2] if content else None


def _break_json(content: bytes, _action: FaultAction) -> bytes | None:
    """Return JSON that ends with the wrong bracket."""
    text = content.rstrip()
    return text[:-1] + _BRACKETS.get(text[-1:], b"}") if text else None
