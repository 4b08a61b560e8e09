"""The declarations compared with the published schema: what is equal, missing or added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from apps.api import registry, schema
from apps.api.resources import Resource
from apps.api.versions import NEWEST, Version

PUBLISHED_VERSION = Version.V3_3
NOT_COMPARED = "help_text"
"""The key of a field whose text is this server's own."""

MISSING_WITHOUT_REASON = "no reason given"

State = Literal["equal", "different", "missing", "newer", "older"]


@dataclass(frozen=True)
class Parity:
    """The result for one resource: `equal` to the published one, `different`, or `missing` for a
    `reason`.

    `newer` and `older` resources are not in the published schema at all. `differences` are paths
    into the schema document, and `added` is what the newest version has in addition.
    """

    name: str
    state: State
    reason: str = ""
    differences: tuple[str, ...] = ()
    added: Mapping[str, list[str]] = field(default_factory=dict)


def contract_folder() -> Path:
    """Return the folder of the published schema and of the reasons."""
    found: Path = settings.BASE_DIR / "fixtures" / "contract"
    return found


@cache
def published_schemas() -> dict[str, Any]:
    """Return the schema documents of version 3.3.x by resource, without help texts."""
    found: dict[str, Any] = json.loads((contract_folder() / "schema-3.3.x.json").read_text())
    return found


@cache
def reasons_missing() -> dict[str, str]:
    """Return why resources are missing that documents name, by resource."""
    found: dict[str, str] = json.loads((contract_folder() / "missing.json").read_text())
    return found


def all_resources() -> dict[str, type[Resource]]:
    """Return the resources of every version, by name."""
    found = {each.name: each for version in Version for each in registry.all_in(version)}
    return dict(sorted(found.items()))


def report_parity() -> list[Parity]:
    """Return every resource that is here, in the published schema, or missing for a reason."""
    names = all_resources().keys() | published_schemas().keys() | reasons_missing().keys()
    return [parity_of(name) for name in sorted(names)]


def parity_of(name: str) -> Parity:
    """Return the result for one resource. Raise KeyError for an unknown name."""
    here, wanted = registry.find_resource(name), published_schemas().get(name)
    if here is None:
        if wanted is None and name not in reasons_missing():
            raise KeyError(name)
        return Parity(name, "missing", reason=reasons_missing().get(name, MISSING_WITHOUT_REASON))
    if wanted is None:
        return Parity(name, "newer" if here.until == NEWEST else "older", added=_added_names(here))
    told = tuple(find_differences(schema_document(here, PUBLISHED_VERSION), wanted, ""))
    state: State = "different" if told else "equal"
    return Parity(name, state, differences=told, added=_added_names(here))


def schema_document(resource: type[Resource], version: Version) -> dict[str, Any]:
    """Return the schema document of a version in the form of the published ones; {} if there is
    none."""
    if not resource.listed_in(version):
        return {}
    found = schema.schema_document(resource, "/api", version)
    for each in found["fields"].values():
        del each[NOT_COMPARED]
    return found


def find_differences(here: object, wanted: object, path: str, *, there: str = "here") -> list[str]:
    """Return how two documents differ, one line for each path below `path`. `there` is the word
    for where the first one is from."""
    if isinstance(here, dict) and isinstance(wanted, dict):
        return [
            text
            for name in sorted(here.keys() | wanted.keys())
            for text in find_differences(
                here.get(name), wanted.get(name), f"{path}.{name}".strip("."), there=there
            )
        ]
    if here == wanted:
        return []
    return [f"{path}: {_as_text(here)} {there}, {_as_text(wanted)} published"]


def _as_text(value: object) -> str:
    return "nothing" if value is None else json.dumps(value)


def _added_names(resource: type[Resource]) -> dict[str, list[str]]:
    """Return what the newest version has in addition to the published one."""
    newest, old = schema_document(resource, NEWEST), schema_document(resource, PUBLISHED_VERSION)
    parts = {"fields": "fields", "filters": "filtering", "ordering": "ordering"}
    found = {
        label: [name for name in newest.get(part, ()) if name not in old.get(part, ())]
        for label, part in parts.items()
    }
    return {label: names for label, names in found.items() if names}
