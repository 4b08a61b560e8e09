"""Real responses of the demo world, in a file that bin/docs writes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from apps.api.resources import Resource
from apps.documents import parity

MORE = "…"
"""Marks what was cut from a shortened response."""


@cache
def all_examples() -> dict[str, Any]:
    """Return who requested what in the demo world, and the shortened response, by resource."""
    found: dict[str, Any] = json.loads((parity.contract_folder() / "examples.json").read_text())
    return found


def data_types() -> list[dict[str, Any]]:
    """Return the catalogue's data types, as its seed file has them."""
    file = parity.contract_folder().parent / "catalog" / "datatype.json"
    found: dict[str, dict[str, Any]] = json.loads(file.read_text())["datatype"]
    return list(found.values())


def example_row(resource: type[Resource]) -> dict[str, Any]:
    """Return the example if it is a detail, without the shortened fields; else {}."""
    found = all_examples().get(resource.name)
    if found is None or example_key(resource) is None:
        return {}
    return {name: value for name, value in found["body"].items() if MORE not in json.dumps(value)}


def example_key(resource: type[Resource]) -> str | None:
    """Return the key in the path of the example, if that is a detail."""
    # `/api/range/61495/?a=1` has the parts "", "api", "range", "61495" and "".
    example = all_examples().get(resource.name, {})
    path, _, _ = example.get("path", "").partition("?")
    parts = path.split("/")
    is_detail = len(parts) == 5 and parts[2] == resource.name
    return parts[3] if is_detail else None
