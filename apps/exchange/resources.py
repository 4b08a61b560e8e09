"""Imports of activity files: `/api/import/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from django.contrib.auth import get_user_model
from rest_framework.request import Request

from apps.access.visibility import Mine
from apps.api import reading, registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, PageField
from apps.api.errors import BadRequest
from apps.api.fields import JSON, Argument, DateTime, Float, Id
from apps.api.lookups import KEY, ORDERED
from apps.api.relations import ToOne
from apps.api.resources import GET, POST, ModelResource
from apps.api.versions import Version
from apps.catalog.models import ImportFile
from apps.exchange import contents, export, importing
from apps.exchange.parts import MODELS, parts_of
from apps.exchange.sent_files import SOURCE, SentFile, receive_file
from apps.jobs import queue


class ResultsField(PageField, JSON):
    """What a file became: null before the end, then the objects as lists show them, or an error.

    Objects that were deleted since are left out.
    """

    needs = "results"

    def collect(self, context: Context, values: list[Any]) -> list[Any]:
        shown = _objects_of(values, replace(context, view="list", query={}))
        return [_shown_results(value, shown) for value in values]


def _objects_of(values: list[Any], context: Context) -> dict[tuple[str, int], Any]:
    """Return the objects that results name and the caller sees, by resource and key."""
    parts = [part for value in values for part in parts_of(value)]
    found: dict[tuple[str, int], Any] = {}
    for name in MODELS:
        keys = {each.key for each in parts if each.resource == name}
        if keys:
            resource = registry.model_resource(name)
            seen = resource.visible.condition(context.caller)
            rows = reading.read_rows(resource, context).filter(seen, pk__in=keys)
            objects = reading.read_objects(resource, context, rows)
            found |= {(name, each["id"]): each for each in objects}
    return found


def _shown_results(value: object, shown: Mapping[tuple[str, int], object]) -> object:
    """Return results with objects in place of parts."""
    if not isinstance(value, list):
        return value
    named = ((each.resource, each.key) for each in parts_of(value))
    return [shown[each] for each in named if each in shown]


@registry.register_resource
class ImportResource(ModelResource[ImportFile]):
    """A file that was sent, and what became of it (contract, exchange 2.3)."""

    name = "import"
    summary = "A file of another program or of a watch, and what it became."
    description = (
        "Send a FIT, TCX or GPX file as the body of a POST, with any label: its first bytes decide "
        "what it is. It may be packed with gzip or zip. A form with one file will do too, or JSON "
        "with `source`: XML as a text, or any file in base64. The response comes at once. Ask for "
        "the import again until `progress` is 1: then `results` has what was made, or an error. "
        "`/api/importfile/` is another name of this."
    )
    model = ImportFile
    owner_order = ("id", "created")
    list_methods = (GET, POST)
    detail_methods = (GET,)
    listed_since = Version.V4_0
    max_limit = 100
    consumed = (export.TCX, export.FIT, export.GPX)
    fields = {
        "created": DateTime(blank=True, default=True, readonly=True, help="When it was sent."),
        "id": Id(readonly=True, unique=True),
        "progress": Float(readonly=True, help="How much is done, from 0 to 1."),
        "resource_uri": URI(),
        "results": ResultsField(
            kind="dict",
            null=True,
            readonly=True,
            help='What it became: record, ranges, tracks, routines; or `{"error": text}`. Null '
            "until then.",
        ),
        "source": Argument(sent=True, help="The content of the file; it is not shown."),
        "user": ToOne("user", null=True, readonly=True, help="Who sent it."),
    }
    filtering = {
        "created": ORDERED,
        "id": KEY,
        "progress": ["gt", "gte", "lt", "lte"],
        "user": KEY,
    }
    ordering = ("id", "created")
    visible = Mine("user")

    @classmethod
    def receive(cls, request: Request) -> JSONValue:
        sent = receive_file(request._request)
        return cast("JSONValue", {**sent.members, SOURCE: sent})

    @classmethod
    def prepare(cls, row: ImportFile, data: Mapping[str, Any], context: Context) -> None:
        sent = data.get(SOURCE)
        if not isinstance(sent, SentFile):
            raise BadRequest(f"The '{SOURCE}' field has no data.")
        row.user = context.user(get_user_model())
        row.sha256, row.content = sent.sha256, sent.content
        longest = ImportFile._meta.get_field("content_type").max_length
        row.content_type = sent.content_type.replace("\0", "")[:longest]

    @classmethod
    def posted(cls, row: ImportFile, context: Context, request: Request) -> None:
        assert row.content is not None
        contents.write_content(row, row.content)
        queue.add_job(importing.JOB, {"import": row.pk})


registry.register_alias("importfile", ImportResource.name)
