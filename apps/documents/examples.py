"""Real answers of the demo world, kept in a file that bin/docs writes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from apps.api.resources import Resource
from apps.documents import parity

MORE = "…"
"""Stands in a shortened answer for what was cut."""


@cache
def all_examples() -> dict[str, Any]:
    """By resource, who asked what in the demo world, and the shortened answer."""
    found: dict[str, Any] = json.loads((parity.folder() / "examples.json").read_text())
    return found


def data_types() -> list[dict[str, Any]]:
    """The catalogue's data types, as its seed file has them."""
    file = parity.folder().parent / "catalog" / "datatype.json"
    found: dict[str, dict[str, Any]] = json.loads(file.read_text())["datatype"]
    return list(found.values())


def row(resource: type[Resource]) -> dict[str, Any]:
    """The example where it is a detail, without the members that are not whole; else {}."""
    found = all_examples().get(resource.name)
    if found is None or key(resource) is None:
        return {}
    return {name: value for name, value in found["body"].items() if MORE not in json.dumps(value)}


def key(resource: type[Resource]) -> str | None:
    """The key in the path of the example, where that is a detail."""
    parts = all_examples().get(resource.name, {}).get("path", "").split("?")[0].split("/")
    return parts[3] if len(parts) == 5 and parts[2] == resource.name else None
