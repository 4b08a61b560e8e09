"""The responses of operations in OpenAPI, with errors in their real shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.api import caching
from apps.api.errors import CANNED, CHALLENGE, JSON
from apps.api.resources import GET, PATCH, POST, PUT, ModelResource, Resource
from apps.api.versions import Version
from apps.documents.json_schemas import SENT_LINK, Schema

HTML = "text/html"

_ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
_CANNED: Schema = {
    "type": "object",
    "properties": {name: {"const": text} for name, text in CANNED.items()},
    "required": list(CANNED),
}
_INVALID: Schema = {
    "type": "object",
    "description": "The resource, its fields, and what is wrong with each.",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    },
}
_PLAIN = {HTML: {"schema": {"type": "string"}}}

SCHEMAS: dict[str, Schema] = {
    "error": _ERROR,
    "canned_error": _CANNED,
    "invalid_fields": _INVALID,
    "link": SENT_LINK,
    "meta": {
        "type": "object",
        "properties": {
            "limit": {"type": "integer"},
            "next": {"type": ["string", "null"], "format": "uri-reference"},
            "offset": {"type": "integer"},
            "previous": {"type": ["string", "null"], "format": "uri-reference"},
            "total_count": {"type": "integer"},
        },
        "required": ["limit", "next", "offset", "previous", "total_count"],
    },
}
"""Components that are not made from declarations."""


def _json_content(*names: str) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return {JSON: {"schema": references[0] if len(references) == 1 else {"anyOf": references}}}


_ALLOW = {"Allow": {"schema": {"type": "string"}, "description": "The allowed methods."}}
_CHALLENGE = {"WWW-Authenticate": {"schema": {"type": "string"}, "example": CHALLENGE}}

ERRORS: dict[int, dict[str, Any]] = {
    300: {"description": "Several rows have this key.", "content": _PLAIN},
    400: {
        "description": "The request is invalid; the text says why.",
        "content": _json_content("error", "invalid_fields"),
    },
    401: {
        "description": (
            "The credentials are missing or wrong. If a key or signature is wrong, the body is an "
            "object."
        ),
        "headers": _CHALLENGE,
        "content": {**_PLAIN, **_json_content("error")},
    },
    403: {
        "description": "The caller can see the row but may not change it.",
        "content": _json_content("error"),
    },
    404: {
        "description": (
            "There is no such row, or the caller may not see it. If the key is malformed, the body "
            "is an object."
        ),
        "content": {**_PLAIN, **_json_content("canned_error", "error")},
    },
    405: {"description": "This path has no such method.", "headers": _ALLOW, "content": _PLAIN},
    411: {
        "description": "The body is chunked, without a length.",
        "content": _json_content("error"),
    },
    413: {"description": "The body is larger than the limit.", "content": _json_content("error")},
    415: {
        "description": "The body is not labelled as JSON.",
        "content": _json_content("canned_error"),
    },
}
"""The form of every refusal, by status."""

_BODIES = (411, 413, 415)


def error_references(statuses: Iterable[int]) -> dict[str, Any]:
    """Return references to refusals."""
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def refusals_of(resource: type[Resource], view: str, verb: str) -> dict[str, Any]:
    """Return how an operation can be refused."""
    found = {400, 405}
    if resource.asks_login("detail" if view == "detail" else "list"):
        found.add(401)
    if verb in (POST, PUT, PATCH):
        found.update(_BODIES)
    if verb != GET:
        found.add(403)
    if view == "detail" or not issubclass(resource, ModelResource) or verb in (POST, PATCH):
        found.add(404)  # links to rows may name what is not there
    if view == "detail" and issubclass(resource, ModelResource) and not _has_unique_key(resource):
        found.add(300)
    return error_references(sorted(found))


def _has_unique_key(resource: type[ModelResource[Any]]) -> bool:
    return bool(getattr(resource.model._meta.get_field(resource.key), "unique", False))


def of_json(description: str, schema: Schema, **more: Any) -> dict[str, Any]:
    """Return an answer with a JSON body."""
    return {"description": description, "content": {JSON: {"schema": schema}}, **more}


def list_envelope(item: Schema) -> Schema:
    """Return the envelope of a list."""
    return {
        "type": "object",
        "properties": {
            "meta": {"$ref": "#/components/schemas/meta"},
            "objects": {"type": "array", "items": item},
        },
        "required": ["meta", "objects"],
        "additionalProperties": False,
    }


def closed_object(reference: Schema) -> Schema:
    """Return the object of a reference, without additional fields."""
    return {**reference, "unevaluatedProperties": False}


def cache_header(resource: type[Resource]) -> dict[str, Any]:
    """Return the header that tells when a cached response was made."""
    if not (issubclass(resource, ModelResource) and resource.cached_by):
        return {}
    text = "The Unix time at which a cached response was made."
    header = {"schema": {"type": "integer"}, "description": text}
    return {"headers": {caching.HEADER: header}}


_STATUSES = {
    GET: (200,),
    POST: (200, 201, 202, 204),
    PUT: (200, 202, 204),
    PATCH: (200, 202),
}
"""How a resource without a model can answer."""


def of_no_model(resource: type[Resource], verb: str, version: Version) -> dict[str, Any]:
    """Return the responses of a resource without a model: JSON, its own formats, or nothing."""
    if verb == GET:
        schema, others = resource.answer_schema(version), of_files(resource)
    else:
        schema, others = {}, _PLAIN
    answer = {"description": "Done.", "content": {JSON: {"schema": schema}, **others}}
    statuses = _STATUSES.get(verb, (200, 204))
    return {str(status): answer for status in statuses}


def of_files(resource: type[Resource]) -> dict[str, Any]:
    """Return the formats besides JSON; one without a schema is binary (OpenAPI 3.1)."""
    return {
        kind: {"schema": {"type": "string"}} if kind.startswith("text/") else {}
        for kind in resource.produced
    }


def of_delete() -> dict[str, Any]:
    """Return the response to a deletion."""
    return {"204": {"description": "Deleted.", "content": _PLAIN}}
