"""`/api/` and the schema documents."""

from __future__ import annotations

from typing import Any

from apps.documents.parity import NOT_COMPARED, find_differences, published_schemas
from apps.verification.answers import ServerAnswer
from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ExaminedServer
from apps.verification.parity_checks import parity_check

PUBLISHED = {"X-HexoAPIVersion": "3.3.x"}

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
TYPES = frozenset(
    ("string", "integer", "float", "decimal", "boolean", "date", "datetime", "time", "list")
) | {"dict", "related", "geometry"}
"""The types of fields (T15); Tastypie's extension for GeoDjango has `geometry`."""

FLAGS = ("nullable", "blank", "readonly", "unique")


@parity_check("T12", "wire trap 3", "wire row 10")
def index_lists_resources(server: ExaminedServer) -> None:
    """/api/ has the paths of list and schema of each resource."""
    answer = server.get(API)
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.require(answer, "body", server.index(), "an object with resources", answer.json)
    for name, entry in server.index().items():
        for member, path in (
            ("list_endpoint", f"{API}{name}/"),
            ("schema", f"{API}{name}/schema/"),
        ):
            told = entry.get(member) if isinstance(entry, dict) else entry
            server.notes.compare(answer, f"{name}.{member}", path, told)


@parity_check("T13")
def index_needs_no_login(server: ExaminedServer) -> None:
    """/api/ is the same without a login."""
    answer = server.get_as_stranger(API)
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "body", server.index(), answer.json)


@parity_check("behaviour 0", "API reference, API versions")
def published_resources_are_there(server: ExaminedServer) -> None:
    """/api/ of version 3.3.x has the published resources."""
    answer = server.get(API, PUBLISHED)
    there = answer.json if isinstance(answer.json, dict) else {}
    for name in published_schemas():
        server.notes.require(answer, name, name in there, "a resource of 3.3.x", "nothing")


@parity_check("T15", "T16", "behaviour 0")
def schemas_are_the_published_ones(server: ExaminedServer) -> None:
    """The schemas of version 3.3.x are the published ones, but for the help texts."""
    for name, wanted in published_schemas().items():
        if name not in server.index():
            server.notes.left_out.append(f"{name}: not in /api/")
            continue
        answer = server.get(f"{API}{name}/schema/", PUBLISHED)
        told = find_differences(_without_help(answer), wanted, "", there="there")
        for text in told:
            server.notes.require(answer, name, fulfilled=False, expected=wanted_in(text), seen=text)
        if not told:
            server.notes.compared += 1


def wanted_in(text: str) -> str:
    """Return what the published schema has, of a line that tells a difference."""
    return text.rpartition(", ")[2]


def _without_help(answer: ServerAnswer) -> Any:
    document = answer.json if answer.status == 200 else None
    fields = document.get("fields") if isinstance(document, dict) else None
    if not isinstance(fields, dict):
        return f"status {answer.status}"
    kept = {
        name: {key: value for key, value in each.items() if key != NOT_COMPARED}
        for name, each in fields.items()
        if isinstance(each, dict)
    }
    return {**answer.json, "fields": kept}


@parity_check("T15", "wire 1.2", "wire row 10")
def schemas_have_their_members(server: ExaminedServer) -> None:
    """Each schema has fields with their types, and the methods in small letters."""
    for name in server.names():
        answer = server.get(f"{API}{name}/schema/")
        if not server.notes.compare(answer, f"{name}: status", 200, answer.status):
            continue
        document = answer.json if isinstance(answer.json, dict) else {}
        for member in ("allowed_list_http_methods", "allowed_detail_http_methods"):
            told = document.get(member)
            known = isinstance(told, list) and METHODS.issuperset(map(str, told))
            server.notes.require(answer, f"{name}.{member}", known, "a list of methods", told)
        for field, told in server.fields(name).items():
            _check_field(server, answer, f"{name}.fields.{field}", told)


def _check_field(
    server: ExaminedServer, answer: ServerAnswer, path: str, told: dict[str, Any]
) -> None:
    kind = told.get("type")
    server.notes.require(answer, f"{path}.type", kind in TYPES, "a type of Tastypie", kind)
    for flag in FLAGS:
        value = told.get(flag)
        server.notes.require(
            answer, f"{path}.{flag}", isinstance(value, bool), "true or false", value
        )
    if kind == "related":
        related = told.get("related_type")
        known = related in {"to_one", "to_many"}
        server.notes.require(answer, f"{path}.related_type", known, "to_one or to_many", related)


@parity_check("T17", "T187")
def schema_needs_login(server: ExaminedServer) -> None:
    """A schema needs a login."""
    answer = server.get_as_stranger(f"{API}{_any_name(server)}/schema/")
    server.notes.compare(answer, "status", 401, answer.status)


@parity_check("T17", "T184")
def schema_takes_get_only(server: ExaminedServer) -> None:
    """OPTIONS on a schema says that it takes GET only."""
    answer = server.get_as_stranger(f"{API}{_any_name(server)}/schema/", "OPTIONS")
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "Allow", "GET", answer.headers.get("Allow", ""))


def _any_name(server: ExaminedServer) -> str:
    for name in server.names():
        if server.schema(name):
            return name
    raise CheckSkipped("no resource has a schema")
