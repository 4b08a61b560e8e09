"""The examples on the pages: responses to people of the demo world.

The caller serves a new demo world and sends the requests. `as_text` is the content of the examples
file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from apps.api.resources import Resource
from apps.documents import parity
from apps.documents.examples import MORE

Ask: TypeAlias = Callable[[str, str, Mapping[str, str]], Any]
"""Sends GET to a path, as one of PEOPLE and with headers. Returns the JSON of a 200, None for other
responses."""

PEOPLE = ("athlete", "coach", "friend", "staff")
MOST_ITEMS, MOST_LETTERS = 3, 160

SIGNALS = "record=37700&max_values=4"
_REPORT = "record=37700&include_metrics=1,44"
QUERIES = {
    "data": f"{SIGNALS}&datatype=19",
    "datafile": f"{SIGNALS}&datatype=19,33",
    "distribution": "record=37700&include_histograms=304",
    "report": _REPORT,
    "statistics": _REPORT,
}
"""What is requested from resources that need an argument; other signals get SIGNALS."""

_MOMENT = re.compile(r"(20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(\+00:00)?")
_LATEST_OF_DEMO = 2024
FIXED = "2026-01-01T00:00:00"
_FIXED_TICKS = 452_409_753_600
"""Moments of the demo world are in the past. Later moments are the time at which the store was
made."""


def all_examples(ask: Ask) -> dict[str, Any]:
    """Return for each readable resource who requests which path, and the response."""
    found = {}
    for name, resource in parity.all_resources().items():
        headers = {"X-HexoAPIVersion": resource.until.text}
        if "get" in (*resource.list_methods, *resource.detail_methods):
            example = _find_example(ask, resource, headers)
            if example is not None:
                found[name] = example
    return found


def _find_example(
    ask: Ask, resource: type[Resource], headers: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the first non-empty response to one of the people, their own rows before others."""
    own = "user" in resource.filtering and hasattr(resource, "model")
    for by in PEOPLE:
        for more in (f"&user={by}@example.com", "") if own else ("",):
            path, body = _ask_for(ask, by, resource, headers, more)
            if body and not (isinstance(body, dict) and body.get("objects") == []):
                return {"by": by, "path": path, "body": shorten(body)}
    return None


def _ask_for(
    ask: Ask, by: str, resource: type[Resource], headers: Mapping[str, str], more: str
) -> tuple[str, Any]:
    path = f"/api/{resource.name}/"
    rows = hasattr(resource, "model")
    if rows:
        path += "?order_by=id&limit=1" if "id" in resource.ordering else "?limit=1"
    elif "record" in resource.filtering:
        path += "?" + QUERIES.get(resource.name, SIGNALS)
    body = ask(path + more, by, headers)
    if rows and body and body["objects"] and "get" in resource.detail_methods:
        path = body["objects"][0]["resource_uri"]
        body = ask(path, by, headers)
    return path, body


def shorten(value: object) -> object:
    """Return a JSON value with long lists and texts shortened, and its time of creation
    replaced."""
    if isinstance(value, dict):
        return {name: shorten(item) for name, item in value.items()}
    if isinstance(value, list):
        kept = [shorten(item) for item in value[:MOST_ITEMS]]
        return [*kept, MORE] if len(value) > MOST_ITEMS else kept
    if isinstance(value, str):
        return _without_now(value if len(value) <= MOST_LETTERS else value[:MOST_LETTERS] + MORE)
    is_tick = isinstance(value, int) and value > _FIXED_TICKS - 2**33
    return _FIXED_TICKS if is_tick else value


def _without_now(text: str) -> str:
    def fixed(found: re.Match[str]) -> str:
        return found[0] if int(found[1]) <= _LATEST_OF_DEMO else FIXED + (found[2] or "")

    return _MOMENT.sub(fixed, text)


def as_text(found: dict[str, Any]) -> str:
    """Return the examples as in their file: one line each, so that changes can be read."""
    lines = [f"{json.dumps(n)}: {json.dumps(v, ensure_ascii=False)}" for n, v in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"
