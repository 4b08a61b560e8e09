"""`/api/data/` and the endpoints of single kinds of data (Data page)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpResponseBase
from rest_framework.request import Request

from apps.api import registry, remarks
from apps.api.context import Context
from apps.api.fields import Field, Integer
from apps.api.relations import ToOne
from apps.api.resources import GET, Resource
from apps.signals import endpoints
from apps.signals.delivery import Delivery, deliver
from apps.signals.formats.csv import writer as csv_writer
from apps.signals.formats.download import archive
from apps.signals.formats.edf import response as edf_response
from apps.signals.formats.json import writer as json_writer
from apps.signals.selection import plan, query
from apps.signals.selection.plan import Question
from apps.signals.selection.query import FILTERING, Choice
from apps.signals.storage.reader import Gone


def _fields() -> dict[str, Field]:
    """Return the filters as fields, which is what the schema calls them. Responses have no such
    fields."""
    return {
        "datatype": ToOne("datatype", blank=True, help="Only these data types, by id or URI."),
        "end": Integer(
            help=(
                "The end of the time, which is not included, in ticks of 1/256 s since 1970, UTC."
            )
        ),
        "flat": Integer(
            help=(
                "Whether to return only pairs of time and value, for all users and data "
                "types in one list."
            )
        ),
        "max_values": Integer(
            help=(
                "The most values per user and data type, up to 65536. Of more, every n-th is kept."
            )
        ),
        "no_timestamps": Integer(help="Whether to return only the values, without times."),
        "range": ToOne("range", help="Only the time of these ranges, by id or URI."),
        "record": ToOne("record", null=True, blank=True, help="Only these records, by id or URI."),
        "seconds": Integer(
            help=(
                "Whether to return times in whole seconds since 1970, rounded down, not in ticks."
            )
        ),
        "start": Integer(
            help="The start of the time, which is included, in ticks of 1/256 s since 1970, UTC."
        ),
        "timestamp": Integer(help="The time of a value, in ticks of 1/256 s since 1970, UTC."),
        "user": ToOne(
            "user", help="The user whose data is requested, by id, URI or e-mail address."
        ),
    }


@registry.register_resource
class DataResource(Resource):
    """`datatypes` limits an endpoint to its own."""

    name = "data"
    summary = "Recorded data of any datatype: samples and events with their times."
    list_methods = (GET,)
    produced = {"text/csv": "csv", archive.MEDIA_TYPE: "zip", "application/x-edf": "edf"}
    headed = True
    knows_formats = True
    fields = _fields()
    filtering = FILTERING
    datatypes: tuple[int, ...] = ()

    def get_list(self, context: Context, request: Request) -> HttpResponseBase:
        """Return the response in the requested format; 304 if the client already has it by its
        ETag.

        Responses with complete records only carry an ETag, and no sample is read to check it. If a
        channel is replaced before the response begins, it is planned again.
        """
        try:
            return self._answered(context, request)
        except Gone:
            return self._answered(context, request)

    def _answered(self, context: Context, request: Request) -> HttpResponseBase:
        asked = query.parse(request.query_params)
        if self.datatypes:
            asked.datatypes.append(Choice("in", list(self.datatypes)))
        found = plan.make(asked, context)
        question = Question(asked, found, context, request.get_full_path())
        delivery = FORMATS[str(request.accepted_media_type)](question)
        response = deliver(delivery, found.version, request)
        if asked.kept_every > 1:
            remarks.add_remark(response, f"thinned {asked.kept_every}")
        return response


def _json(asked: Question) -> Delivery:
    users = registry.model_resource("user")

    def body() -> list[bytes]:
        uri = partial(users.uri, asked.context)
        return [json_writer.make_body(asked.query, asked.plan.series, uri)]

    return Delivery("application/json", body)


Format = Callable[[Question], Delivery]

FORMATS: dict[str, Format] = {
    "application/json": _json,
    "text/csv": csv_writer.respond,
    archive.MEDIA_TYPE: archive.respond,
    "application/x-edf": edf_response.respond,
}
"""The function that makes a response in each media type."""


for _name, _datatypes in endpoints.DATATYPES.items():
    _members = {
        "summary": endpoints.summary(_name),
        "name": _name,
        "datatypes": _datatypes,
        "since": endpoints.since(_name),
    }
    registry.register_resource(type(f"{_name.title()}Resource", (DataResource,), _members))
