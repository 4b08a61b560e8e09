"""The examples of the pages: what people of the demo world are answered.

`python -m apps.documents.example_requests` serves a new demo world and prints them as JSON (bin/docs).
"""

from __future__ import annotations

import json
import re
from typing import Any

import django
import requests

from apps.documents.examples import MORE
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

PEOPLE = ("athlete", "coach", "friend", "staff")
MOST_ITEMS, MOST_LETTERS = 3, 160

SIGNALS = "record=37700&max_values=4"
QUERIES = {"data": f"{SIGNALS}&datatype=19", "datafile": f"{SIGNALS}&datatype=19,33"}
"""What is asked of the resources that need an argument; other signals get SIGNALS."""

_MOMENT = re.compile(r"(20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(\+00:00)?")
_LATEST_OF_DEMO = 2024
FIXED = "2026-01-01T00:00:00"
_FIXED_TICKS = 452_409_753_600
"""Moments of the demo world are long past: later ones are when the store was made."""


def all_examples(base: str) -> dict[str, Any]:
    """For each resource that can be read, who asks which path and what the answer is."""
    from apps.documents import parity

    found = {}
    for name, resource in parity.all_resources().items():
        headers = {"X-HexoAPIVersion": resource.until.text}
        if "get" in (*resource.list_methods, *resource.detail_methods):
            example = _example(base, resource, headers)
            if example is not None:
                found[name] = example
    return found


def _example(base: str, resource: Any, headers: dict[str, str]) -> Any:
    """The first answer to one of the people that is not empty, his own rows before others."""
    own = "user" in resource.filtering and hasattr(resource, "model")
    for by in PEOPLE:
        for more in (f"&user={by}@example.com", "") if own else ("",):
            path, body = _asked(base, by, resource, headers, more)
            if body and not (isinstance(body, dict) and body.get("objects") == []):
                return {"by": by, "path": path, "body": shortened(body)}
    return None


def _asked(
    base: str, by: str, resource: Any, headers: dict[str, str], more: str
) -> tuple[str, Any]:
    path = f"/api/{resource.name}/"
    rows = hasattr(resource, "model")
    if rows:
        path += "?order_by=id&limit=1" if "id" in resource.ordering else "?limit=1"
    elif "record" in resource.filtering:
        path += "?" + QUERIES.get(resource.name, SIGNALS)
    body = _get(base + path + more, by, headers)
    if rows and body and body["objects"] and "get" in resource.detail_methods:
        path = body["objects"][0]["resource_uri"]
        body = _get(base + path, by, headers)
    return path, body


def _get(url: str, by: str, headers: dict[str, str]) -> Any:
    answer = requests.get(url, auth=(f"{by}@example.com", by), headers=headers, timeout=60)
    return answer.json() if answer.status_code == 200 else None


def shortened(value: Any) -> Any:
    """A JSON value with long lists and texts cut, and the times of its making replaced."""
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        kept = [shortened(item) for item in value[:MOST_ITEMS]]
        return [*kept, MORE] if len(value) > MOST_ITEMS else kept
    if isinstance(value, str):
        return _without_now(value if len(value) <= MOST_LETTERS else value[:MOST_LETTERS] + MORE)
    is_tick = isinstance(value, int) and value > _FIXED_TICKS - 2**33
    return _FIXED_TICKS if is_tick else value


def _without_now(text: str) -> str:
    def fixed(found: re.Match[str]) -> str:
        return found[0] if int(found[1]) <= _LATEST_OF_DEMO else FIXED + (found[2] or "")

    return _MOMENT.sub(fixed, text)


def main() -> None:
    """Prints the examples of a demo world made for this."""
    django.setup()
    home = throwaway_home()
    served = Live(home).start()
    try:
        print(as_text(all_examples(served.base)))  # noqa: T201
    finally:
        served.stop()
        remove_home(home)


def as_text(found: dict[str, Any]) -> str:
    """The examples as their file has them: a line for each, so that changes can be read."""
    lines = [f"{json.dumps(n)}: {json.dumps(v, ensure_ascii=False)}" for n, v in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    main()
