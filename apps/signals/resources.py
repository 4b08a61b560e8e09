"""`/api/data/` and the endpoints of single kinds of data (seed 001)."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.request import Request

from apps.api import registry
from apps.api.context import Context
from apps.api.fields import Field, Integer
from apps.api.relations import ToOne
from apps.api.resources import GET, Resource
from apps.signals import answer, endpoints, plan, query
from apps.signals.query import FILTERING, Choice


def _fields() -> dict[str, Field]:
    """What the schema calls fields are the filters; an answer has no such members."""
    return {
        "datatype": ToOne("datatype", blank=True),
        "end": Integer(),
        "flat": Integer(),
        "max_values": Integer(),
        "no_timestamps": Integer(),
        "range": ToOne("range"),
        "record": ToOne("record", null=True, blank=True),
        "seconds": Integer(),
        "start": Integer(),
        "timestamp": Integer(),
        "user": ToOne("user"),
    }


@registry.register
class DataResource(Resource):
    """Recorded data of any datatype: samples and events with their times.

    `datatypes` confines an endpoint to its own.
    """

    name = "data"
    list_methods = (GET,)
    promised = ("text/csv", "application/octet-stream", "application/x-edf")
    fields = _fields()
    filtering = FILTERING
    datatypes: tuple[int, ...] = ()

    def get_list(self, context: Context, request: Request) -> HttpResponse:
        """The JSON answer; where the client has it already by its ETag, 304 instead.

        Answers that hold nothing but complete records carry an ETag, and no sample is read
        to find that it is still right.
        """
        asked = query.parse(request.query_params)
        if self.datatypes:
            asked.datatypes.append(Choice("in", list(self.datatypes)))
        found = plan.make(asked, context)
        etag = quote_etag(found.version) if found.version else None
        known = get_conditional_response(request._request, etag=etag) if etag else None
        response = known or HttpResponse(
            answer.body(asked, found.series, _user_uri(context)), content_type="application/json"
        )
        if etag:
            response["ETag"] = etag
        return response


def _user_uri(context: Context) -> answer.UriOf:
    users = registry.resource("user")
    return lambda user: users.uri(context, user)


for _name, _datatypes in endpoints.DATATYPES.items():
    _members = {
        "__doc__": endpoints.about(_name),
        "name": _name,
        "datatypes": _datatypes,
        "since": endpoints.since(_name),
    }
    registry.register(type(f"{_name.title()}Resource", (DataResource,), _members))
