"""`/_sandbox/openapi.json`: the addresses of the control plane, from its views and their
docstrings; and a page to try them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from types import UnionType
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from apps.documents.views import swagger_page
from apps.sandbox.plane.replies import HEADER

_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")
_WORDS = re.compile(r"\W+")
_SUMMARY = re.compile(r"[A-Z]+ \S+: (.*)", re.DOTALL)
_TYPES: Mapping[type, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    dict: {"type": "object"},
    list: {"type": "array", "items": {}},
    object: {},
}
_DOCUMENTS = {"openapi.json", "docs"}
_JSON = "application/json"
_ERROR = {
    "description": "What is wrong, in a sentence.",
    "content": {_JSON: {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}},
}
_CONTROL = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "Any value. No web page of another site can send it.",
    "schema": {"type": "string", "default": "1"},
}
_SANDBOX = {
    "name": "X-HexoStore-Sandbox",
    "in": "header",
    "description": "The sandbox that the request is for; main without it.",
    "schema": {"type": "string"},
}


def show_page(request: HttpRequest) -> HttpResponse:
    """GET /_sandbox/docs: a page to try the control plane."""
    return swagger_page(request, "/_sandbox/openapi.json")


def control_document(patterns: Iterable[URLPattern]) -> dict[str, Any]:
    """Return the OpenAPI document of views that `control_view` made."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control plane of Hexostore",
            "version": version("hexostore"),
            "description": "What tests may do with a store. The public profile has none of it.",
        },
        "paths": {_path_of(each): dict(_operations(each)) for each in patterns},
    }


def _path_of(pattern: URLPattern) -> str:
    text = str(pattern.pattern).removeprefix("^").removesuffix("/?$")
    return "/_sandbox/" + _GROUP.sub(r"{\1}", text).replace("\\", "")


def _operations(pattern: URLPattern) -> Iterator[tuple[str, dict[str, Any]]]:
    names = _GROUP.findall(str(pattern.pattern))
    _, _, tag, *_ = _path_of(pattern).split("/")
    for verb, method in pattern.callback.methods.items():  # type: ignore[attr-defined]
        operation = _operation(verb, method, names, tag)
        yield verb, {"operationId": _WORDS.sub("_", f"{verb} {_path_of(pattern)}"), **operation}


def _operation(verb: str, method: Any, names: list[str], tag: str) -> dict[str, Any]:
    parameters: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    if "name" not in names:
        parameters.append(_SANDBOX)
    if verb != "get":
        parameters.append(_CONTROL)
    operation: dict[str, Any] = {
        "tags": ["documents" if tag in _DOCUMENTS else tag],
        "summary": summary_of(method),
        "parameters": parameters,
        "responses": {"2XX": {"description": "What was asked for."}, "4XX": _ERROR},
    }
    if members := getattr(method, "members", None):
        properties = {name: _schema_of(of) for name, of in members.items()}
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        operation["requestBody"] = {"content": {_JSON: {"schema": schema}}}
    return operation


def _schema_of(kind: type | UnionType) -> Mapping[str, Any]:
    if isinstance(kind, UnionType):
        return {"anyOf": [_TYPES[each] for each in kind.__args__]}
    return _TYPES[kind]


@cache
def summary_of(method: Any) -> str:
    """Return what a function of a view says of itself after its address."""
    found = _SUMMARY.match(method.__doc__ or "")
    assert found is not None, f"the docstring of {method.__name__} needs `METHOD address: text`"
    text, *_ = found[1].split("\n\n")
    sentence = " ".join(text.split())
    return sentence[0].upper() + sentence[1:]
