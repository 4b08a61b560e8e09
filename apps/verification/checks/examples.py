"""The documented examples that read only, where the server has their rows."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from apps.documents.parity import contract_folder
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import ExaminedServer
from apps.verification.parity_checks import parity_check

SHORTENED = "…"
"""What stands for the rest of a list in an example."""


@cache
def documented_examples() -> dict[str, dict[str, Any]]:
    """Return the examples by resource: `path`, and `body` of the answer."""
    text = (contract_folder() / "examples.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


@parity_check("behaviour 8", "API reference, Detail views")
def examples_have_the_documented_shape(server: ExaminedServer) -> None:
    """Documented requests have answers of the documented shape, where the rows are there."""
    missing = []
    for name, example in documented_examples().items():
        if example.get("method", "GET") != "GET" or name not in server.index():
            continue
        answer = server.get(example["path"])
        if answer.status != 200 or answer.json in ([], {}) or answer.meta.get("total_count") == 0:
            missing.append(name)
            continue
        told = describe_shape_difference("", example["body"], answer.json)
        server.notes.require(answer, name, not told, "the documented shape", told)
    if missing:
        server.notes.left_out.append(f"no such rows: {', '.join(missing)}")
    if not server.notes.compared and not missing:
        raise CheckSkipped("no documented resource is there")


def describe_shape_difference(path: str, wanted: Any, seen: Any) -> str:
    """Return where an answer has another shape than an example; an empty text if it has not.

    Null fits everything. An object may have more members, and of a list the first item counts.
    """
    if wanted is None or seen is None or wanted == SHORTENED:
        return ""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return _object_difference(path, wanted, seen)
    if isinstance(wanted, list) and isinstance(seen, list):
        return (
            describe_shape_difference(f"{path}[0]", wanted[0], seen[0]) if wanted and seen else ""
        )
    if _kind(wanted) == _kind(seen):
        return ""
    return f"{path}: {_kind(seen)} in place of {_kind(wanted)}"


def _object_difference(path: str, wanted: dict[str, Any], seen: dict[str, Any]) -> str:
    for name, value in wanted.items():
        if name not in seen:
            return f"{path}.{name}: missing"
        if told := describe_shape_difference(f"{path}.{name}", value, seen[name]):
            return told
    return ""


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "text", dict: "object"}
    return names.get(type(value), "list")
