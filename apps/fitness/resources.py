"""Single values by data type, and the resources below a profile: indicators and distributions."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from apps.accounts.models import Profile
from apps.accounts.resources import ProfileResource
from apps.api import bodies, filtering, ordering, paging, registry, writing
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import BadRequest, NotFound, NotYet
from apps.api.fields import DateTime, Float, Id, Ticks, plain_number
from apps.api.lookups import KEY, ORDERED
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, POST, ModelResource, Resource, ResourceReply
from apps.api.writing import Purpose
from apps.catalog.resources import ticks_moment
from apps.fitness import population, values
from apps.fitness.models import AsyncValue, Kpi
from apps.fitness.population import unit_object
from hexostore import clock


@registry.register_resource
class AsyncResource(ModelResource[AsyncValue]):
    name = "async"
    summary = (
        "A single value, such as a weight. POST to `/api/profile/<id>/fitness/<kpi>/` creates one."
    )
    model = AsyncValue
    owner_order = ("id", "start")
    list_methods = (GET,)
    detail_methods = (GET, DELETE)
    fields = {
        "data": Float(help="The value."),
        "datatype": ToOne("datatype", help="What was measured."),
        "id": Id(blank=True, default="", unique=True),
        "last_modified": DateTime(blank=True, default=True, help="When it was changed last."),
        "resource_uri": URI(),
        "start": Ticks(help="When it was measured."),
        "user": ToOne("user", help="Whose value it is."),
    }
    filtering = {
        "datatype": ["exact", "in", "ne"],
        "id": KEY,
        "last_modified": ["exact", "gt", "gte", "lt", "lte", "range"],
        "start": ["exact", "gt", "gte", "lt", "lte", "range"],
        "user": KEY,
    }
    ordering = ("start", "id", "last_modified", "user", "datatype")
    visible = ProfileResource.visible


COLUMNS = "pk", "datatype_id", "start", "data"


def _find_profile(context: Context, key: str, purpose: Purpose | None = None) -> Profile:
    """Return the visible profile with that key, locked if there is a purpose. Raise NotFound or
    CannedNotFound."""
    return writing.find_row(ProfileResource, context, key, purpose)


def _find_kpi(name: str) -> Kpi:
    """Return the indicator of that name. Raise NotFound."""
    found = Kpi.objects.select_related("unit").filter(name=name.replace("\0", "?")).first()
    if found is None:
        raise NotFound
    return found


def _show_value(context: Context, kpi: Kpi, row: tuple[int, int, int, float]) -> dict[str, Any]:
    """Return a value of an indicator in the form of a metric (behaviour 11)."""
    key, datatype, start, value = row
    return {
        "datatype": f"{context.prefix}/datatype/{datatype}/",
        "description": kpi.description,
        "id": key,
        "name": kpi.name,
        "resource_uri": f"{context.prefix}/async/{key}/",
        "start": start,
        "start_date": ticks_moment(context, start),
        "title": kpi.title,
        "unit": unit_object(context, kpi.unit),
        "value": plain_number(value),
    }


@registry.register_below("profile", r"(?P<profile>[^/]+)/fitness/(?P<kpi>[^/]+)")
class FitnessResource(Resource):
    name = "fitness"
    summary = "The history of an indicator, newest first, with the filters and orders of `async`."
    list_methods = (GET, POST)
    fields = {
        "start": Ticks(help="When it was measured; now, if it is not sent."),
        "value": Float("data", help="The value, in the unit of the indicator."),
    }
    filtering = {"start": ORDERED}

    def get_list(self, context: Context, request: Request, profile: str, kpi: str) -> ResourceReply:
        owner, found, params = _find_profile(context, profile), _find_kpi(kpi), request.query_params
        single = registry.model_resource("async")
        rows = values.of_kpi(owner.user_id, found).order_by("-start", "-pk")
        rows = rows.filter(*filtering.filter_conditions(single, context, params))
        if "order_by" in params or "sort_by" in params:
            rows = rows.order_by(*ordering.list_order(single, context, params))
        page = paging.parse_page(params, self.limit, self.max_limit)
        some = rows.values_list(*COLUMNS)[page.offset : page.offset + page.limit]
        objects = [_show_value(context, found, row) for row in some]
        return ResourceReply(
            {"meta": page.meta(request.path, params, rows.count()), "objects": objects}
        )

    def post_list(
        self, context: Context, request: Request, profile: str, kpi: str
    ) -> ResourceReply:
        owner, found = _find_profile(context, profile, "change"), _find_kpi(kpi)
        data = bodies.read_json(request._request)
        writing.check_change(registry.model_resource("profile"), context, owner)
        row = self._made(context, owner, found, data)
        row.save()
        values.refresh_profile(owner.user_id, found)
        body = _show_value(context, found, (row.pk, row.datatype_id, row.start, row.data))
        uri = body["resource_uri"]
        return ResourceReply(body, 201, {"Location": uri}, uri)

    def _made(self, context: Context, owner: Profile, kpi: Kpi, data: JSONValue) -> AsyncValue:
        """Return the value that a body describes. Raise BadRequest."""
        if kpi.entered is None:
            raise NotYet(f"The data type of {kpi.name}")
        if not isinstance(data, dict):
            raise BadRequest("Invalid data sent.")
        if data.get("value") is None:
            raise BadRequest(
                "The 'value' field has no data and doesn't allow a default or null value."
            )
        row = AsyncValue(user_id=owner.user_id, datatype=kpi.entered, start=clock.ticks())
        for name, field in self.fields.items():
            if data.get(name) is not None:
                field.accept(row, data[name], context)
        if not kpi.least <= row.data <= kpi.most:
            least, most = plain_number(kpi.least), plain_number(kpi.most)
            raise BadRequest(
                f"The 'value' of {kpi.name} must be between {least} and {most} {kpi.unit.si_short}."
            )
        return row


@registry.register_below("profile", r"(?P<profile>[^/]+)/populationdistribution")
class PopulationDistributionResource(Resource):
    name = "populationdistribution"
    summary = "Every indicator with its distribution and the zone of the profile's value."
    list_methods = (GET,)

    def get_list(self, context: Context, request: Request, profile: str) -> ResourceReply:
        owner, params = _find_profile(context, profile), request.query_params
        kpis = Kpi.objects.select_related("unit").prefetch_related("population")
        page = paging.parse_page(params, self.limit, self.max_limit)
        some = kpis.order_by("name")[page.offset : page.offset + page.limit]
        objects = [population.compare_indicator(context, owner, kpi) for kpi in some]
        return ResourceReply(
            {"meta": page.meta(request.path, params, kpis.count()), "objects": objects}
        )


@registry.register_below("profile", r"(?P<profile>[^/]+)/populationdistribution/(?P<kpi>[^/]+)")
class KpiDistributionResource(Resource):
    name = "populationdistribution"
    summary = "One indicator with its distribution and the zone of the profile's value."
    list_methods = (GET,)

    def get_list(self, context: Context, request: Request, profile: str, kpi: str) -> ResourceReply:
        return ResourceReply(
            population.compare_indicator(context, _find_profile(context, profile), _find_kpi(kpi))
        )
