"""The base classes of declarations.

`Resource` is for anything at `/api/<name>/`, and `ModelResource` for resources whose objects are
rows of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import django_filters
from django.db import models
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.api.bodies import JSONValue, read_json
from apps.api.callers import Caller
from apps.api.context import Context, View
from apps.api.fields import Field
from apps.api.versions import NEWEST, OLDEST, Version

GET, POST, PUT, PATCH, DELETE = "get", "post", "put", "patch", "delete"


M = TypeVar("M", bound=models.Model)
M_contra = TypeVar("M_contra", bound=models.Model, contravariant=True)


class Visibility(Protocol[M_contra]):
    """Which rows a user sees and may change. apps/access has the rules."""

    def condition(self, caller: Caller) -> models.Q:
        """Return the condition for the rows that `caller` may see."""

    def may_change(self, caller: Caller, row: M_contra) -> bool:
        """Return whether `caller` may create, change or delete the row in its present state."""


@runtime_checkable
class OwnedRows(Visibility[M_contra], Protocol[M_contra]):
    """A rule by which whoever sees the user at `path` may see the row that belongs to them."""

    path: str

    def owners(self, caller: Caller) -> RawSQL | None:
        """Return the ids of the users whose rows `caller` sees, or None if these are all users."""


@runtime_checkable
class InLanes(Visibility[M_contra], Protocol[M_contra]):
    """A rule whose rows can be looked up owner by owner."""

    path: str

    def lanes(self, caller: Caller) -> RawSQL | None:
        """Return the ids of the users at `path` whose rows `caller` sees; all other visible rows
        are in `beside`.

        Return None if it is better to look for the rows in another way.
        """

    def beside(self, caller: Caller) -> RawSQL | None:
        """Return the keys of rows that `caller` sees whoever owns them, or None."""


@runtime_checkable
class Covering(Visibility[M_contra], Protocol[M_contra]):
    """A rule that knows what else a caller sees who sees a row."""

    def covers(self, path: str, other: Visibility[Any]) -> bool:
        """Return whether a caller who sees a row also sees, by the `other` rule, the row that its
        link at `path` leads to."""


@dataclass(frozen=True)
class ResourceReply:
    """The response of a resource without a model: a JSON object, or nothing if `body` is None.

    `uri` is the path of an object that the request wrote.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    uri: str | None = None


class Resource:
    """One entry of `/api/`: its methods, fields, filters and orders, as its document lists them.

    `summary` says in one sentence what the resource is, on pages and in OpenAPI; it is also the
    docstring of a class without one. `description` has further sentences.

    `needs_login` is off for the few resources that strangers may use. If only details are open to
    strangers, because their keys are secrets, `open_details` is on. `for_every_scope` are verbs
    that a token may use whatever its scopes are, such as revoking itself. `in_person` are verbs
    that need the user's password. Programs do not need them, and their changes outlive a token or
    reach further than it. `decides_rights` is on if a write may change what other people see; then
    nobody reads from a copy of the database that lacks it.

    `produced` are the media types besides JSON, with their names for `?format=`. Other names mean
    JSON, unless `knows_formats` is on; then they are refused. If `files_first` is on, JSON is only
    given to those who ask for it. `consumed` are the media types besides JSON of the body of a
    POST. If `headed` is on, HEAD is answered like GET, although no document lists it.

    If `has_schema` is off, the address of the schema document is a 404, as on the real service for
    a few names of its index. `index_key` is the name in the index of a resource that answers below
    the details of another one; usually the index does not have it.

    `filtering` maps names to lists of lookups, 1 (all) or 2 (all, and through the relation). An
    entry exists in the versions that have the field of its name. `filtering_since` and
    `ordering_since` are for exceptions: they add entries later than their fields. `since` and
    `until` are the versions in which the addresses answer, and `listed_since` is the first whose
    index names them.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    description: ClassVar[str] = ""
    list_methods: ClassVar[tuple[str, ...]] = ()
    detail_methods: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[dict[str, Field]] = {}
    filtering: ClassVar[Mapping[str, list[str] | int]] = {}
    filtering_since: ClassVar[Mapping[Version, Mapping[str, list[str] | int]]] = {}
    ordering: ClassVar[tuple[str, ...]] = ()
    ordering_since: ClassVar[Mapping[Version, tuple[str, ...]]] = {}
    needs_login: ClassVar[bool] = True
    open_details: ClassVar[bool] = False
    produced: ClassVar[Mapping[str, str]] = {}
    knows_formats: ClassVar[bool] = False
    files_first: ClassVar[bool] = False
    consumed: ClassVar[tuple[str, ...]] = ()
    headed: ClassVar[bool] = False
    has_schema: ClassVar[bool] = True
    index_key: ClassVar[str] = ""
    for_every_scope: ClassVar[tuple[str, ...]] = ()
    in_person: ClassVar[tuple[str, ...]] = ()
    decides_rights: ClassVar[bool] = False
    since: ClassVar[Version] = OLDEST
    until: ClassVar[Version] = NEWEST
    listed_since: ClassVar[Version] = OLDEST
    limit: ClassVar[int] = 20
    max_limit: ClassVar[int] = 1000

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__doc__ is None:
            cls.__doc__ = getattr(cls, "summary", None)

    @classmethod
    def asks_login(cls, view: View) -> bool:
        """Return whether strangers are refused."""
        return cls.needs_login and not (view == "detail" and cls.open_details)

    @classmethod
    def lives_in(cls, version: Version) -> bool:
        """Return whether the addresses answer in that version."""
        return cls.since <= version <= cls.until

    @classmethod
    def listed_in(cls, version: Version) -> bool:
        """Return whether the index of that version names the resource."""
        return cls.listed_since <= version and cls.lives_in(version)

    @classmethod
    def fields_in(cls, version: Version) -> dict[str, Field]:
        """Return the fields of a version, in declared order."""
        return {name: field for name, field in cls.fields.items() if field.lives_in(version)}

    @classmethod
    def filtering_in(cls, version: Version) -> dict[str, list[str] | int]:
        """Return the filters of a version: those of its fields, and query arguments."""
        found = dict(cls.filtering)
        for since, more in cls.filtering_since.items():
            found.update(more if since <= version else {})
        return {name: allowed for name, allowed in found.items() if cls._has(name, version)}

    @classmethod
    def ordering_in(cls, version: Version) -> tuple[str, ...]:
        """Return the names for ordering in a version, as its schema lists them."""
        more = [names for since, names in cls.ordering_since.items() if since <= version]
        names = sum(more, cls.ordering)
        return tuple(name for name in names if cls._has(name, version))

    @classmethod
    def _has(cls, name: str, version: Version) -> bool:
        """Return whether a version has the field of a filter or an order.

        Query arguments are not fields, and every version has them.
        """
        field = cls.fields.get(name)
        return field is None or field.lives_in(version)

    @classmethod
    def answer_schema(cls, version: Version) -> Mapping[str, Any]:
        """The JSON Schema of what GET gives where that is no row and no list of rows; {} says
        nothing of it."""
        return {}

    @classmethod
    def remark(cls, context: Context) -> str | None:
        """What is worth knowing of a request that is served (apps/api/remarks.py)."""
        return None

    def answer(
        self, verb: str, context: Context, request: Request, **parts: str
    ) -> ResourceReply | HttpResponseBase:
        """Return the response to an allowed verb: a ResourceReply or a response.

        `parts` are the named parts of the URL below the list: `key` for a detail. Usually there is
        a method per verb and view, called `get_list`, `post_list`, `get_detail` …
        """
        given: ResourceReply | HttpResponseBase
        given = getattr(self, f"{verb}_{context.view}")(context, request, **parts)
        return given


WriteFile = Callable[[M, Request], HttpResponseBase]
"""Answers with a row in the format that the request has chosen."""


class ModelResource(Resource, Generic[M]):
    """A resource whose objects are rows of `model`.

    `key` is the attribute in its URIs. `names` are other unique attributes by which relations may
    name a row. `order` is the order of lists without order_by, if the documents show one. Lists
    leave out `hidden` rows, unless an argument in `shown_by` asks for them. `arguments` is a
    django-filter set for the query arguments that are not fields. `cached_by` names the tables that
    responses are made of, if these are the same for everybody and may be kept. `owner_order` are
    the columns by which an index holds the rows of each owner in order. `most_in_bulk` is how many
    rows a POST with `?bulk=True` can make of an array, all or none; such a resource has
    `create_rows`. A POST that was sent before is answered with 200 if the resource is `repeatable`
    (writing.AlreadyThere).
    """

    model: type[M]
    key: ClassVar[str] = "id"
    names: ClassVar[tuple[str, ...]] = ()
    visible: Visibility[M]
    order: ClassVar[tuple[str, ...]] = ("pk",)
    hidden: ClassVar[models.Q | None] = None
    shown_by: ClassVar[tuple[str, ...]] = ()
    arguments: ClassVar[type[django_filters.FilterSet] | None] = None
    cached_by: ClassVar[tuple[str, ...]] = ()
    owner_order: ClassVar[tuple[str, ...]] = ("id",)
    repeatable: ClassVar[bool] = False
    most_in_bulk: ClassVar[int] = 0
    write_file: ClassVar[WriteFile[Any] | None] = None

    @classmethod
    def provide_files(cls, formats: Mapping[str, str], write: WriteFile[M]) -> None:
        """Have details answered in `formats` too: their names for `?format=` by media type.

        An app above this one calls it, once, at start.
        """
        cls.produced, cls.write_file = formats, staticmethod(write)

    @classmethod
    def uri(cls, context: Context, key: object) -> str:
        """Return the path of a row, with the prefix of the request."""
        return f"{context.prefix}/{cls.name}/{key}/"

    @classmethod
    def parse_key(cls, text: str) -> int | str:
        """Return a key from a URI in the type of its column. Raise ValueError if it is malformed
        (rule T7).

        A key with a NUL is malformed, because the database cannot even compare with it.
        """
        if "\0" in text:
            raise ValueError(text)
        numeric = isinstance(cls.model._meta.get_field(cls.key), models.IntegerField)
        return int(text) if numeric else text

    @classmethod
    def visible_rows(cls, context: Context) -> models.QuerySet[M]:
        """Return the rows the caller may see."""
        return cls.model._default_manager.filter(cls.visible.condition(context.caller))

    @classmethod
    def named_rows(cls, context: Context) -> models.QuerySet[M]:
        """Return the rows that relations may name by one of `names`.

        By an id, callers can only name rows that they see.
        """
        return cls.visible_rows(context)

    @classmethod
    def prepare(cls, row: M, data: Mapping[str, JSONValue], context: Context) -> None:
        """Complete a new row before it is checked, for instance its owner."""

    @classmethod
    def receive(cls, request: Request) -> JSONValue:
        """Return the body of a POST, before any row is locked. Usually it is JSON."""
        return read_json(request._request)

    @classmethod
    def create_rows(cls, context: Context, sent: Sequence[JSONValue], *, bulk: bool) -> list[M]:
        """Return the rows that a POST makes, one for each sent object; more than one if `bulk`.

        Only resources that make rows in a way of their own have this. Usually a row is made from
        its fields.
        """
        raise NotImplementedError

    @classmethod
    def remove(cls, row: M, context: Context) -> None:
        """Delete a locked row that the caller may change."""
        row.delete()

    @classmethod
    def posted(cls, row: M, context: Context, request: Request) -> None:
        """Act after the POST of a new row, within its transaction; for instance send a mail."""

    @classmethod
    def posted_in_bulk(cls, rows: Sequence[M], context: Context, request: Request) -> None:
        """Act after the POST of several new rows."""
        for row in rows:
            cls.posted(row, context, request)

    @classmethod
    def settle(cls, rows: Sequence[M]) -> None:
        """Do what follows from rows that were made, changed or deleted, in the transaction of the
        request and once for all of its rows."""

    @classmethod
    def counted(cls, context: Context, params: QueryDict) -> models.QuerySet[Any, Any] | None:
        """Return rows of another table whose `number` add up to the number of rows of a list; None
        if its rows have to be counted."""
        return None

    @classmethod
    def more_meta(
        cls, context: Context, rows: Callable[[], models.QuerySet[Any, Any]]
    ) -> dict[str, Any]:
        """Return what `meta` of a list has besides the usual; `rows` gives all rows of the
        list."""
        return {}

    @classmethod
    def validate(cls, row: M) -> dict[str, list[str]]:
        """Return the errors of a row before it is saved: texts by field, or {} if there are
        none."""
        return {}
