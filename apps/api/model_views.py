"""The views of resources that stand on a model: list, detail and set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.http import QueryDict
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api import (
    bodies,
    caching,
    filtering,
    kept_pages,
    kept_statements,
    ordering,
    paging,
    reading,
    remarks,
    transactions,
    writing,
)
from apps.api.bodies import JSONValue
from apps.api.bounds import MOST_VALUES
from apps.api.context import Context
from apps.api.errors import (
    BadRequest,
    CannedNotFound,
    NotFound,
    SeveralRows,
)
from apps.api.fields import sorted_members
from apps.api.listing import FoundPage, ListQuery
from apps.api.rendering import Produced, TastypieJSON
from apps.api.resources import GET, PUT, ModelResource
from apps.api.views import ResourceView, said_yes


class ModelView(ResourceView):
    """What the list, detail and set of a model's resource share."""

    resource: type[ModelResource[Any]] = ModelResource

    def rows(self, params: QueryDict) -> models.QuerySet[Any, Any]:
        """Return the visible rows that match the filters of a query, as the plan's tuples."""
        rows = reading.read_rows(self.resource, self.context)
        seen = self.resource.visible.condition(self.context.caller)
        return self.met(params, rows).filter(seen)

    def met(self, params: QueryDict, rows: models.QuerySet[Any, Any]) -> models.QuerySet[Any, Any]:
        """Return all rows that match the filters of a query, visible or not."""
        met = models.Q()
        for condition in filtering.filter_conditions(self.resource, self.context, params):
            met &= condition
        arguments = filtering.plain_arguments(params)
        hidden = self.resource.hidden
        if hidden is not None:
            shown = any(said_yes(arguments.get(name)) for name in self.resource.shown_by)
            met &= models.Q() if shown else ~hidden
        return self._argued(rows.filter(met), arguments)

    def _argued(
        self, rows: models.QuerySet[Any, Any], params: QueryDict
    ) -> models.QuerySet[Any, Any]:
        """Return the rows narrowed by the arguments that are not fields."""
        arguments = self.resource.arguments
        if arguments is None or arguments.base_filters.keys().isdisjoint(params):
            return rows
        found = arguments(params, queryset=rows, request=self.request)
        if not found.is_valid():
            name, texts = next(iter(found.errors.items()))
            raise BadRequest(f"Invalid value for '{name}': {texts[0]}")
        narrowed: models.QuerySet[Any, Any] = found.qs
        return narrowed

    def objects(self, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        """Return the JSON objects of tuples of the plan's columns."""
        return reading.read_objects(self.resource, self.context, rows)

    def written(self, row: models.Model, sent: JSONValue, context: Context) -> dict[str, Any]:
        """Return a saved row as responses show it, with the unknown fields that were sent
        (T105)."""
        rows = kept_statements.select_rows(
            self.resource, "written", context, self._saved, key=row.pk
        )
        (shown,) = reading.read_objects(self.resource, context, rows)
        return self._echoed(shown, sent, context)

    def all_written(
        self, rows: Sequence[models.Model], sent: Sequence[JSONValue]
    ) -> list[dict[str, Any]]:
        """Return the same of several rows, which are read together."""
        pairs = list(zip(rows, sent, strict=True))
        if len(pairs) < 2:
            return [self.written(row, item, self.context) for row, item in pairs]
        keys = sorted({row.pk for row in rows})
        found = self._saved(self.context, keys, lookup="in").order_by("pk")
        shown = dict(zip(keys, self.objects(found), strict=True))
        return [self._echoed(shown[row.pk], item, self.context) for row, item in pairs]

    def _echoed(self, shown: dict[str, Any], sent: JSONValue, context: Context) -> dict[str, Any]:
        known = self.resource.fields_in(context.version)
        unknown = sent if isinstance(sent, dict) else {}
        names = unknown.keys() - known.keys()
        echoed = {name: sorted_members(unknown[name]) for name in names}
        every = {**echoed, **shown}
        return dict(sorted(every.items()))

    def _saved(
        self, context: Context, key: object, lookup: str = "exact"
    ) -> models.QuerySet[Any, Any]:
        """Return the row with that key, or the rows with these keys, visible or not."""
        return reading.read_rows(self.resource, context).filter(**{f"pk__{lookup}": key})


class ModelListView(ModelView):
    """`/api/<name>/`."""

    overridable = True

    def methods(self) -> tuple[str, ...]:
        return self.resource.list_methods

    def get(self, request: Request, **kwargs: Any) -> Response:
        body, headers = caching.keep_answer(self.resource, self.context, request, self._page)
        return self.answer(body, headers=headers)

    def _page(self) -> dict[str, Any]:
        request, resource = self.request, self.resource
        query = request.META.get("QUERY_STRING", "")
        found = kept_pages.find_page(resource, self.context, query, self._looked_up)
        page = paging.parse_page(request.query_params, resource.limit, resource.max_limit)
        meta = page.meta(request.path, request.query_params, found.total)
        every = {**meta, **resource.more_meta(self.context, self._listed)}
        return {"meta": dict(sorted(every.items())), "objects": found.objects}

    def _listed(self) -> models.QuerySet[Any, Any]:
        """Return all rows of the list."""
        seen = self.resource.visible.condition(self.context.caller)
        return self._met().filter(seen)

    def _met(self) -> models.QuerySet[Any, Any]:
        rows = reading.bare_rows(self.resource, self.context)
        return self.met(self.request.query_params, rows)

    def _looked_up(self, shown: Sequence[str]) -> FoundPage:
        resource, params = self.resource, self.request.query_params
        counted = resource.counted(self.context, params)
        listed = ListQuery(resource, self.context, self._met(), counted)
        order = ordering.list_order(resource, self.context, params)
        page = paging.parse_page(params, resource.limit, resource.max_limit)
        return listed.page(order, page.offset, page.limit, shown)

    def post(self, request: Request, **kwargs: Any) -> Response:
        data = self.resource.receive(request)
        if self._is_bulk(request, data):
            made = transactions.run_transaction(lambda: self._bulk(request, data))
            return self.answer(made, 201)
        try:
            uri, shown = transactions.run_transaction(lambda: self._create(request, data))
        except writing.AlreadyThere as found:
            shown = self.written(found.row, data, self.context.showing("detail"))
            return self.answer(shown, 200, {"Location": self._uri(found.row)})
        return self.answer(shown, 201, {"Location": uri})

    def _is_bulk(self, request: Request, data: JSONValue) -> bool:
        """Whether a body is an array of rows to make. Raise BadRequest for an array where none is
        taken: by resources without bulk that are asked for it, and by those with bulk that are
        not."""
        asked, name = said_yes(request.query_params.get("bulk")), self.resource.name
        if isinstance(data, list) and asked and not self.resource.most_in_bulk:
            raise BadRequest(f"{name} takes no arrays. POST its objects one by one, without bulk.")
        if isinstance(data, list) and self.resource.most_in_bulk and not asked:
            raise BadRequest(f"{name} takes an array only with ?bulk=True.")
        return asked and self.resource.most_in_bulk > 0

    def _create(self, request: Request, data: JSONValue) -> tuple[str, dict[str, Any]]:
        row = writing.create_row(self.resource, self.context, data)
        self.resource.settle([row])
        self.resource.posted(row, self.context, request)
        shown = self.written(row, data, self.context.showing("detail"))
        self.tell(self._uri(row))
        return self._uri(row), shown

    def _bulk(self, request: Request, data: JSONValue) -> list[dict[str, Any]]:
        """Return the objects of the new rows, which are all made or none."""
        resource, most = self.resource, self.resource.most_in_bulk
        if not isinstance(data, list) or len(data) > most:
            raise BadRequest(f"With bulk, the body is an array of at most {most} objects.")
        rows = resource.create_rows(self.context, data, bulk=True)
        resource.settle(rows)
        resource.posted_in_bulk(rows, self.context, request)
        for row in rows:
            self.tell(self._uri(row))
        return self.all_written(rows, data)

    def _uri(self, row: models.Model) -> str:
        return self.resource.uri(self.context, getattr(row, self.resource.key))

    def patch(self, request: Request, **kwargs: Any) -> Response:
        sent = writing.read_list(bodies.read_json(request._request))
        shown = transactions.run_transaction(lambda: self._change_list(sent))
        return self.answer({"objects": shown}, 202)

    def _change_list(self, sent: writing.SentList) -> list[dict[str, Any]]:
        rows = writing.change_list(self.resource, self.context, sent)
        shown = self.all_written(rows, sent.objects)
        for row in rows:
            self.tell(self._uri(row))
        for uri in sent.deleted:
            self.tell(str(uri))
        return shown


class ModelDetailView(ModelView):
    """`/api/<name>/<key>/`. The query string does not matter here (rule T8)."""

    overridable = True
    many_formats = True
    shape = "detail"

    def methods(self) -> tuple[str, ...]:
        return self.resource.detail_methods

    def headed(self) -> bool:
        """Return whether HEAD asks for a file. JSON has none here (rule T185)."""
        chosen, _ = self.perform_content_negotiation(self.request, force=True)
        return isinstance(chosen, Produced)

    def get_renderers(self) -> list[BaseRenderer]:
        """Return the renderers; what is written is shown in JSON, whatever is accepted."""
        reads = str(self.request.method).lower() in (GET, "head")
        return super().get_renderers() if reads else [TastypieJSON()]

    def get(self, request: Request, key: str, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.accepted_renderer, Produced):
            return self._file(request, key)
        body, headers = caching.keep_answer(
            self.resource, self.context, request, lambda: self._one(key)
        )
        response = self.answer(body, headers=headers)
        if self.resource.produced and self.unknown_format():
            names = " ".join(self.known_formats())
            remarks.add_remark(response, f"unknown format, the formats are {names}")
        return response

    def _file(self, request: Request, key: str) -> HttpResponseBase:
        """Return the row in the chosen format, which an app above this one writes."""
        write = self.resource.write_file
        assert write is not None
        wanted = {self.resource.key: self._wanted_key(key)}
        row = self.resource.visible_rows(self.context).filter(**wanted).first()
        if row is None:
            raise NotFound
        response = write(row, request)
        self._mark_returned(response)
        response["Cache-Control"] = "no-cache"
        return response

    def _wanted_key(self, key: str) -> int | str:
        """Return the key of the URL. Raise the 404 of a key that no row can have."""
        try:
            wanted = self.resource.parse_key(key)
        except ValueError:
            raise CannedNotFound from None
        if isinstance(wanted, int) and not -(2**63) <= wanted < 2**63:  # which no column holds
            raise NotFound
        return wanted

    def _one(self, key: str) -> dict[str, Any]:
        question = "one", self.resource.key
        found = kept_statements.select_rows(
            self.resource, question, self.context, self._called, key=self._wanted_key(key)
        )
        if not found:
            raise NotFound
        if len(found) > 1:
            raise SeveralRows
        return self.objects(found)[0]

    def _called(self, context: Context, key: object) -> models.QuerySet[Any, Any]:
        """Return the visible row with that key, and a second one if the key is not unique."""
        seen = self.resource.visible.condition(context.caller)
        rows = reading.read_rows(self.resource, context)
        return rows.filter(seen, **{self.resource.key: key})[:2]

    def put(self, request: Request, key: str, **kwargs: Any) -> Response:
        return self._update(request, key, "put", 200)

    def patch(self, request: Request, key: str, **kwargs: Any) -> Response:
        return self._update(request, key, "patch", 202)

    def _update(self, request: Request, key: str, mode: writing.Mode, status: int) -> Response:
        bodies.receive_body(request._request)
        shown = transactions.run_transaction(lambda: self._changed(request, key, mode))
        return self.answer(shown, status)

    def _changed(self, request: Request, key: str, mode: writing.Mode) -> dict[str, Any]:
        row = writing.find_row(self.resource, self.context, key, "change", words=mode == PUT)
        data = bodies.read_json(request._request)
        writing.update_row(self.resource, self.context, row, data, mode)
        self.resource.settle([row])
        shown = self.written(row, data, self.context)
        self.tell(self.resource.uri(self.context, key))
        return shown

    def delete(self, request: Request, key: str, **kwargs: Any) -> HttpResponseBase:
        transactions.run_transaction(lambda: self._delete(key))
        return self.nothing(204)

    def _delete(self, key: str) -> None:
        row = writing.find_row(self.resource, self.context, key, "delete", words=True)
        writing.delete_row(self.resource, self.context, row)
        self.resource.settle([row])
        self.tell(self.resource.uri(self.context, key))


class ModelSetView(ModelView):
    """`<list>set/<key>;<key>/` (rules T18 to T21)."""

    def get(self, request: Request, keys: str, **kwargs: Any) -> Response:
        asked = keys.split(";")
        if len(asked) > MOST_VALUES:
            raise BadRequest(f"A set can have at most {MOST_VALUES} keys.")
        try:
            wanted = [self.resource.parse_key(key) for key in asked]
        except ValueError:
            raise CannedNotFound from None
        rows = self.rows(request.query_params).filter(**{f"{self.resource.key}__in": wanted})
        by_uri = {found["resource_uri"]: found for found in self.objects(rows)}
        objects, missing = [], []
        for text, key in zip(asked, wanted, strict=True):
            found = by_uri.get(self.resource.uri(self.context, key))
            if found is None:
                missing.append(text)
            else:
                objects.append(found)
        body = {"not_found": missing} if missing else {}
        return self.answer({**body, "objects": objects})
