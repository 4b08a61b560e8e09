"""What pages and OpenAPI say of resources and fields is written for them, and no stock text."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from apps.api import conventions, registry, schema
from apps.api.callers import STRANGER
from apps.api.context import Context
from apps.api.resources import Resource
from apps.api.versions import Version
from apps.documents import help_texts, openapi, pages, parity

RESOURCES = [*parity.all_resources().values(), *(each for _, _, each in registry.all_below())]
STOCK = [text for text in schema.HELP.values() if len(text) > 20]


def sentences(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z`].{8,}\.", text))


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.__name__)
def test_every_resource_and_field_has_a_sentence(resource: type[Resource]) -> None:
    """Add `summary=` to the resource, or `help=` to the field, in the app's resources.py."""
    assert sentences(resource.summary), f"{resource.__name__} has no summary."
    for name, field in resource.fields.items():
        if not field.unlisted:
            assert sentences(field.help), f"{resource.__name__}.{name} has no help."
            assert help_texts.help_text(resource, field) not in schema.HELP.values()


def test_pages_have_no_stock_text() -> None:
    for name, text in pages.all_pages().items():
        assert not [stock for stock in STOCK if stock in text], name


@pytest.mark.parametrize("version", Version)
def test_openapi_has_no_stock_text(version: Version) -> None:
    found = openapi.openapi_document(Context(STRANGER, "/api", version, conventions.HEXOSKIN))
    text = json.dumps(found)
    assert not [stock for stock in STOCK if json.dumps(stock)[1:-1] in text]
    described = found["components"]["schemas"]["range"]["properties"]
    assert described["note"]["description"] == "A remark about it."


@cache
def newest() -> dict[str, Any]:
    return openapi.openapi_document(Context(STRANGER, "/api", Version.V4_0, conventions.HEXOSKIN))


def parameters(name: str) -> dict[str, Any]:
    listed = newest()["paths"][f"/api/{name}/"]["get"]["parameters"]
    return {each["name"]: each for each in listed if "name" in each}


def test_parameters_of_data_are_described_as_they_work() -> None:
    found = parameters("data")
    told = {name: each["description"] for name, each in found.items()}
    assert told["flat"].startswith("Whether to return only pairs of time and value")
    assert told["no_timestamps"].startswith("Whether to return only the values")
    assert "rounded down" in told["seconds"]
    assert "every n-th is kept" in told["max_values"]
    assert told["timestamp__gt"].endswith("Greater than the value.")
    assert found["flat"]["schema"] == {"type": "boolean"}
    assert found["max_values"]["schema"] == {"type": "integer", "minimum": 1}


def test_formats_that_a_resource_answers_in_are_listed() -> None:
    found = openapi.openapi_document(Context(STRANGER, "/api", Version.V4_0, conventions.HEXOSKIN))
    listed = found["paths"]["/api/data/"]["get"]["parameters"][0]
    assert listed["schema"]["enum"] == ["json", "csv", "zip", "edf"]


def test_arguments_that_are_no_fields_are_described() -> None:
    assert "all of them, in any order" in parameters("user")["search"]["description"]
    assert "newest" in parameters("activitylog")["lastchange__true"]["description"]
    for name in ("record", "range"):
        assert "in this order" in parameters(name)["include_metrics"]["description"]
    assert "has no effect" in parameters("activityattribute")["datatype"]["description"]
    reports = parameters("templatereport")
    for name in ("display", "group_by__day", "grouped", "include_autodetected__true", "time"):
        assert "has no effect" in reports[name]["description"]
    for name in ("group_by__day", "grouped", "time"):
        assert "each day" in parameters("report")[name]["description"]
    assert "no effect" in parameters("report")["display"]["description"]
    assert "stored report" in parameters("distribution")["templatereport"]["description"]
    assert "automatically" in parameters("range")["include_autodetected__true"]["description"]


def test_arguments_that_are_no_fields_have_no_text_of_a_lookup() -> None:
    for each in registry.all_in(Version.V4_0):
        if "get" in each.list_methods:
            found = parameters(each.name)
            for name in each.filtering_in(Version.V4_0).keys() & found.keys() - each.fields.keys():
                assert not found[name]["description"].startswith("Equal to"), (each.name, name)


def test_the_form_of_events_is_described_where_there_is_a_zip() -> None:
    found = parameters("data")["async_format"]
    assert found["schema"]["enum"] == ["csv", "hxd"]
    assert "`hxd` in 2.0.x" in found["description"]
    assert "async_format" not in parameters("range")


def test_schema_documents_keep_the_stock_texts() -> None:
    fields = schema.schema_document(registry.model_resource("range"), "/api", Version.V4_0)[
        "fields"
    ]
    assert fields["note"]["help_text"] == schema.HELP["string"]
