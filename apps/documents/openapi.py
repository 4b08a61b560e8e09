"""OpenAPI 3.1 from the declarations: what a version offers under a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.api import registry, schema
from apps.api.context import Context
from apps.api.errors import JSON
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource, Resource
from apps.documents import help_texts, parameters, responses, security
from apps.documents.json_schemas import LINK, Objects, Schema

OPENAPI = "3.1.0"

DESCRIPTION = """\
The Hexoskin REST API as this server implements it. Callers see their own objects and those that
other people let them see. For all other objects the response is a 404, as if they did not exist.
Filters are combined with AND; unknown query parameters are ignored. PATCH changes only the fields
that are sent. PUT does the same, except that it clears fields that are left out if they may be both
null and blank, and lists of links.
"""


def openapi_document(context: Context, root: str = "") -> dict[str, Any]:
    """Return the description of everything that the context's version offers under its prefix.

    `root` is the prefix of a sandbox, such as `/~t1`; the description is then of that one.
    """
    made = _Document(context)
    paths = dict(sorted(made.make_paths()))
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Hexostore",
            "version": context.version.text,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "externalDocs": {"url": "/docs/", "description": "One page for each resource"},
        "security": security.WAYS,
        "tags": made.make_tags(),
        "paths": paths,
        "components": {
            "schemas": dict(sorted({**responses.SCHEMAS, **made.objects.components}.items())),
            "parameters": parameters.shared_parameters(context),
            "responses": {str(status): each for status, each in responses.ERRORS.items()},
            "securitySchemes": security.security_schemes(root),
        },
    }


class _Document:
    """One document while it is made."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.objects = Objects(context)
        self.resources = registry.all_in(context.version)

    def make_tags(self) -> list[dict[str, Any]]:
        return [
            {
                "name": each.name,
                "description": each.summary,
                "externalDocs": {"url": f"/docs/{each.name}/"},
            }
            for each in self.resources
        ]

    def make_paths(self) -> Iterator[tuple[str, dict[str, Any]]]:
        root = self.context.prefix
        yield f"{root}/", {GET: self._index_operation()}
        for resource in self.resources:
            path = f"{root}/{resource.name}/"
            if resource.list_methods:
                yield path, self._operations_of(resource, "list")
            if resource.detail_methods:
                yield f"{path}{{key}}/", self._operations_of(resource, "detail")
            if resource.has_schema:
                yield f"{path}schema/", {GET: self._schema_operation(resource)}
            if issubclass(resource, ModelResource):
                yield f"{path}set/{{keys}}/", {GET: self._set_operation(resource)}
        names = {each.name for each in self.resources}
        for name, pattern, resource in registry.all_below():
            if name in names and resource.listed_in(self.context.version):
                path = help_texts.readable_path(pattern)
                yield f"{root}/{name}/{path}/", self._operations_below(name, path, resource)

    def _operations_of(self, resource: type[Resource], view: str) -> dict[str, Any]:
        methods = resource.list_methods if view == "list" else resource.detail_methods
        found: dict[str, Any] = {"parameters": [parameters.parameter_reference("version")]}
        if view == "detail":
            found["parameters"].append(parameters.in_path(resource))
        for verb in methods:
            found[verb] = self._row_operation(resource, view, verb)
        return found

    def _row_operation(self, resource: type[Resource], view: str, verb: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "tags": [resource.name],
            "operationId": f"{_NAMES[view, verb]}_{resource.name}",
            "summary": f"{_NAMES[view, verb].replace('_', ' ').capitalize()} {resource.name}",
        }
        if not resource.asks_login("detail" if view == "detail" else "list"):
            found["security"] = []
        if view == "list" and verb == GET:
            found["parameters"] = parameters.of_list(resource, self.context)
        elif verb == GET and (asked := parameters.of_detail(resource)):
            found["parameters"] = asked
        if verb in (POST, PUT, PATCH):
            found["requestBody"] = self._request_body(resource, view, verb)
        if issubclass(resource, ModelResource):
            given = self._success_responses(resource, view, verb)
        else:
            given = responses.of_no_model(resource, verb, self.context.version)
        found["responses"] = {**given, **responses.refusals_of(resource, view, verb)}
        return found

    def _request_body(self, resource: type[Resource], view: str, verb: str) -> dict[str, Any]:
        sent: Schema = {}
        if issubclass(resource, ModelResource) or resource.fields:
            sent = self.objects.sent_object(resource, new=verb == POST)
        if view == "list" and verb == PATCH and issubclass(resource, ModelResource):
            sent = {
                "type": "object",
                "properties": {
                    "objects": {"type": "array", "items": sent},
                    "deleted_objects": {"type": "array", "items": LINK},
                },
                "required": ["objects"],
            }
        is_needed = issubclass(resource, ModelResource)
        kinds = resource.consumed if verb == POST else ()
        files = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
        return {"required": is_needed, "content": {JSON: {"schema": sent}, **files}}

    def _success_responses(
        self, resource: type[ModelResource[Any]], view: str, verb: str
    ) -> dict[str, Any]:
        """Return the successful responses of an operation on rows."""
        detail = self.objects.shown_object(resource, "detail")
        listed = self.objects.shown_object(resource, "list")
        cached = responses.cache_header(resource)
        if verb == DELETE:
            return responses.of_delete()
        if verb == GET and view == "list":
            body = responses.list_envelope(responses.closed_object(listed))
            return {"200": responses.of_json("A page of rows.", body, **cached)}
        if verb == GET:
            shown = responses.of_json("The row.", responses.closed_object(detail), **cached)
            shown["content"] |= responses.of_files(resource)
            return {"200": shown}
        if verb == POST:
            more = self._created_headers(resource)
            found = {"201": responses.of_json("The new row.", detail, **more)}
            if resource.repeatable:
                found["200"] = responses.of_json("The row, which was there already.", detail)
            return found
        if view == "list":
            body = {"type": "object", "properties": {"objects": {"type": "array", "items": listed}}}
            return {"202": responses.of_json("The rows created and changed.", body)}
        return {"200" if verb == PUT else "202": responses.of_json("The changed row.", detail)}

    def _created_headers(self, resource: type[ModelResource[Any]]) -> dict[str, Any]:
        """Return the header of a new row, and the operations that can follow."""
        location = {"schema": LINK, "description": "The path of the new row."}
        links = {
            f"{_NAMES['detail', verb]}_{resource.name}": {
                "operationId": f"{_NAMES['detail', verb]}_{resource.name}",
                "parameters": {"path.key": f"$response.body#/{resource.key}"},
            }
            for verb in resource.detail_methods
            if resource.key in resource.fields and not resource.fields[resource.key].unlisted
        }
        return {"headers": {"Location": location}, **({"links": links} if links else {})}

    def _set_operation(self, resource: type[ModelResource[Any]]) -> dict[str, Any]:
        keys: Schema = {
            "name": "keys",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": "^[0-9]{1,9}(;[0-9]{1,9})*$"},
            "description": "Keys, separated by semicolons.",
        }
        body = {
            "type": "object",
            "properties": {
                "not_found": {"type": "array", "items": {"type": "string"}},
                "objects": {
                    "type": "array",
                    "items": responses.closed_object(self.objects.shown_object(resource, "list")),
                },
            },
            "required": ["objects"],
        }
        more = [
            parameters.parameter_reference("version"),
            *parameters.filter_parameters(resource, self.context),
        ]
        return {
            "tags": [resource.name],
            "operationId": f"read_set_of_{resource.name}",
            "summary": f"Read several {resource.name} by their keys",
            "parameters": [keys, *more],
            "responses": {
                "200": responses.of_json("The rows, in the requested order.", body),
                **responses.error_references((400, 401, 404, 405)),
            },
        }

    def _schema_operation(self, resource: type[Resource]) -> dict[str, Any]:
        return {
            "tags": [resource.name],
            "operationId": f"read_schema_of_{resource.name}",
            "summary": f"Read the schema document of {resource.name}",
            "parameters": [parameters.parameter_reference("version")],
            **({} if resource.needs_login else {"security": []}),
            "responses": {
                "200": responses.of_json("Methods, fields, filtering, ordering.", _SCHEMA_DOCUMENT),
                **responses.error_references((400, 401, 405)),
            },
        }

    def _index_operation(self) -> dict[str, Any]:
        entry: Schema = {
            "type": "object",
            "properties": {
                "list_endpoint": LINK,
                "schema": {"anyOf": [LINK, _SCHEMA_DOCUMENT]},
            },
            "required": ["list_endpoint", "schema"],
        }
        full = {
            "name": "fullschema",
            "in": "query",
            "schema": {"type": "boolean"},
            "description": "Whether to include the schema documents.",
        }
        body: Schema = {"type": "object", "additionalProperties": entry}
        return {
            "operationId": "read_index",
            "summary": "List the resources",
            "security": [],
            "parameters": [parameters.parameter_reference("version"), full],
            "responses": {
                "200": responses.of_json("By name.", body),
                **responses.error_references((400,)),
            },
        }

    def _operations_below(self, name: str, path: str, resource: type[Resource]) -> dict[str, Any]:
        found = self._operations_of(resource, "list")
        parts = help_texts.path_names(path)
        found["parameters"] += [parameters.in_path(Resource, part) for part in parts]
        told = "_".join(part for part in path.replace("{", "").replace("}", "").split("/") if part)
        for verb in resource.list_methods:
            found[verb]["tags"] = [name]
            found[verb]["operationId"] = f"{verb}_{name}_{told}"
            found[verb]["summary"] = resource.summary
            found[verb]["responses"] |= responses.error_references((404,))
        return found


_SCHEMA_DOCUMENT: Schema = {
    "type": "object",
    "properties": {
        "allowed_detail_http_methods": {"type": "array", "items": {"type": "string"}},
        "allowed_list_http_methods": {"type": "array", "items": {"type": "string"}},
        "default_format": {"type": "string"},
        "default_limit": {"type": "integer"},
        "fields": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"type": {"enum": [*schema.HELP, "related"]}},
                "required": ["blank", "default", "help_text", "nullable", "readonly", "type"],
            },
        },
        "filtering": {"type": "object"},
        "ordering": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["allowed_detail_http_methods", "allowed_list_http_methods", "fields"],
}

_NAMES = {
    ("list", GET): "list",
    ("list", POST): "create",
    ("list", PUT): "put_list",
    ("list", PATCH): "change_several",
    ("list", DELETE): "delete_several",
    ("detail", GET): "read",
    ("detail", POST): "post_to",
    ("detail", PUT): "replace",
    ("detail", PATCH): "change",
    ("detail", DELETE): "delete",
}
"""The names of operations."""
