"""What the newest version has beyond the published documents: data/additions.json.

A resource that no published document has stands there as a whole. The others have under `fields`,
`filtering` and `ordering` what is new, and under `changed` what is another in old fields.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.documents import parity

FILE = Path(__file__).parent / "data" / "additions.json"
NAME = FILE.relative_to(Path(__file__).parents[2])
PUBLISHED = parity.published_schemas()
ADDED: dict[str, Any] = json.loads(FILE.read_text())


def newest(name: str) -> Any:
    """Return the published document with the additions; KeyError for a name in neither file."""
    if name not in PUBLISHED:
        return ADDED[name]
    old, added = PUBLISHED[name], ADDED.get(name, {})
    fields = {
        field: {**said, **added.get("changed", {}).get(field, {})}
        for field, said in old["fields"].items()
    }
    found = {**old, "fields": {**fields, **added.get("fields", {})}}
    if "filtering" in added:
        found["filtering"] = {**old.get("filtering", {}), **added["filtering"]}
    if "ordering" in added:
        found["ordering"] = [*old.get("ordering", []), *added["ordering"]]
    return found


def missing(name: str, document: Any) -> str:
    """Return what to add, and where, for a resource that no file has."""
    return (
        f"No document has {name!r}. If that is meant, add to {NAME}, {_place(name)}:\n"
        f"{_entry(name, document)},"
    )


def different(name: str, found: Any, wanted: Any) -> str:
    """Return what to add, and where, for a document that is not as the files have it."""
    told = "\n".join(f"  {each}" for each in parity.find_differences(found, wanted, ""))
    entry = found if name not in PUBLISHED else beyond(PUBLISHED[name], found)
    return (
        f"{name!r} is not what the published schema and {NAME} say of it:\n{told}\n"
        f"If that is meant, write in {NAME}, {_place(name)}:\n{_entry(name, entry)},"
    )


def beyond(old: Any, found: Any) -> dict[str, Any]:
    """Return what a document has beyond the published one, as the file has it."""
    fields, filters = old["fields"], old.get("filtering", {})
    added: dict[str, Any] = {"changed": {}, "fields": {}, "filtering": {}, "ordering": []}
    for name, said in found["fields"].items():
        changed = {key: said[key] for key in said if said[key] != fields.get(name, {}).get(key)}
        if changed:
            added["changed" if name in fields else "fields"][name] = changed
    for name, lookups in found.get("filtering", {}).items():
        if filters.get(name) != lookups:
            added["filtering"][name] = lookups
    known = old.get("ordering", [])
    added["ordering"] = [name for name in found.get("ordering", []) if name not in known]
    return {key: value for key, value in added.items() if value}


def _place(name: str) -> str:
    """The line of an entry, or that before which a new one belongs."""
    lines = FILE.read_text().splitlines()
    starts = {line.split('"')[1]: i for i, line in enumerate(lines, 1) if line.startswith('"')}
    if name in starts:
        return f"line {starts[name]}, in place of entry {name!r}"
    behind = [line for other, line in starts.items() if other > name]
    return f"before line {min(behind, default=len(lines))}, an entry {name!r}"


def as_text(added: dict[str, Any]) -> str:
    """Return the file: a block of lines for each resource, a line for each field."""
    return "{\n" + ",\n".join(_entry(name, added[name]) for name in sorted(added)) + "\n}\n"


def _entry(name: str, document: Any) -> str:
    parts = ",\n".join(f"  {json.dumps(key)}: {_part(value)}" for key, value in document.items())
    return f"{json.dumps(name)}: {{\n{parts}\n}}"


def _part(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value[name])}" for name in value)
    return f"{{\n{lines}\n  }}"
