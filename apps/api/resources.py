"""What a declaration is made of: `Resource` for anything at `/api/<name>/`, `ModelResource`
for the ones that are rows of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import django_filters
from django.db import models
from django.db.models.expressions import RawSQL
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.api.bodies import JSONValue
from apps.api.callers import Caller
from apps.api.context import Context, View
from apps.api.fields import Field
from apps.api.versions import NEWEST, OLDEST, Version

GET, POST, PUT, PATCH, DELETE = "get", "post", "put", "patch", "delete"


M = TypeVar("M", bound=models.Model)
M_contra = TypeVar("M_contra", bound=models.Model, contravariant=True)


class Visibility(Protocol[M_contra]):
    """Which rows a user sees and which he may change; apps/access has the rules."""

    def rows(self, caller: Caller) -> models.Q:
        """The condition that narrows a queryset to what `caller` may see."""

    def may_change(self, caller: Caller, row: M_contra) -> bool:
        """Whether `caller` may create, change or delete the row as it stands."""


@runtime_checkable
class OwnedRows(Visibility[M_contra], Protocol[M_contra]):
    """A rule by which rows are seen with the user at `path`, whom they belong to."""

    path: str

    def owners(self, caller: Caller) -> RawSQL | None:
        """The ids of the users whose rows `caller` sees, None for everybody's."""


@runtime_checkable
class InLanes(Visibility[M_contra], Protocol[M_contra]):
    """A rule by which rows may be looked up owner by owner."""

    path: str

    def lanes(self, caller: Caller) -> RawSQL | None:
        """The ids of the users at `path` whose rows `caller` sees, and no other rows but those
        `beside`; None where the rows are better looked for in another way."""

    def beside(self, caller: Caller) -> RawSQL | None:
        """The keys of rows that `caller` sees whoever has them; None where there are none."""


@runtime_checkable
class Covering(Visibility[M_contra], Protocol[M_contra]):
    """A rule that can tell what else is seen by whoever sees a row."""

    def covers(self, path: str, other: Visibility[Any]) -> bool:
        """Whether whoever sees a row by this rule sees by the `other` the row at the end of its
        link at `path`."""


@dataclass(frozen=True)
class ResourceReply:
    """What a resource without a model answers: a JSON object, or nothing where `body` is None.

    `uri` is the path of an object that the request wrote.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    uri: str | None = None


class Resource:
    """One entry of `/api/`: methods, fields, filtering and ordering as its document lists them.

    `summary` says on pages and in OpenAPI what it is, in a sentence, `description` what more
    there is to know.
    `needs_login` is off for the few that strangers may ask; where only their details are open to
    strangers, because the keys are secrets, `open_details` is on. `promised` are media types that
    the real service answers in and this server refuses (501). `produced` are media types that
    the resource answers in besides JSON. Both have names for `?format=`; other names mean JSON,
    but where `knows_formats` is on they are refused. Where `headed` is on, HEAD is answered like
    GET, though no document lists it. `for_every_scope` are verbs that a token may use whatever
    its scopes, such as giving itself up. `in_person` are verbs that need the user's password: a
    program has no use of them, for what they change outlives its token or reaches further than
    it. `filtering` maps names to lists of lookups, 1 (all) or 2 (all, and through the relation);
    An entry is there in the versions that have the field of its name. `filtering_since` and
    `ordering_since` are for exceptions: they add entries later than their fields. `since` and
    `until` are the versions in which the addresses answer, `listed_since` is the first whose
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
    promised: ClassVar[Mapping[str, str]] = {}
    produced: ClassVar[Mapping[str, str]] = {}
    knows_formats: ClassVar[bool] = False
    headed: ClassVar[bool] = False
    for_every_scope: ClassVar[tuple[str, ...]] = ()
    in_person: ClassVar[tuple[str, ...]] = ()
    since: ClassVar[Version] = OLDEST
    until: ClassVar[Version] = NEWEST
    listed_since: ClassVar[Version] = OLDEST
    limit: ClassVar[int] = 20
    max_limit: ClassVar[int] = 1000

    @classmethod
    def asks_login(cls, view: View) -> bool:
        """Whether strangers are refused."""
        return cls.needs_login and not (view == "detail" and cls.open_details)

    @classmethod
    def lives_in(cls, version: Version) -> bool:
        """Whether the addresses answer in that version."""
        return cls.since <= version <= cls.until

    @classmethod
    def listed_in(cls, version: Version) -> bool:
        """Whether the index of that version names the resource."""
        return cls.listed_since <= version and cls.lives_in(version)

    @classmethod
    def fields_in(cls, version: Version) -> dict[str, Field]:
        """The fields of a version, in declared order."""
        return {name: field for name, field in cls.fields.items() if field.lives_in(version)}

    @classmethod
    def filtering_in(cls, version: Version) -> dict[str, list[str] | int]:
        """The filtering options of a version: those of its fields, and what is no field."""
        found = dict(cls.filtering)
        for since, more in cls.filtering_since.items():
            found.update(more if since <= version else {})
        return {name: allowed for name, allowed in found.items() if cls._has(name, version)}

    @classmethod
    def ordering_in(cls, version: Version) -> tuple[str, ...]:
        """The sorting options of a version."""
        more = [names for since, names in cls.ordering_since.items() if since <= version]
        names = sum(more, cls.ordering)
        return tuple(name for name in names if cls._has(name, version))

    @classmethod
    def _has(cls, name: str, version: Version) -> bool:
        """Whether a version has what a filter or an order is about; arguments of a query are no
        fields, and every version has them."""
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
        """What a resource without a model gives for an allowed verb: a Reply, or a response.

        `parts` are the named parts of the URL below the list: `key` for a detail. The usual way
        is a method per verb and view, called `get_list`, `post_list`, `get_detail` …
        """
        given: ResourceReply | HttpResponseBase
        given = getattr(self, f"{verb}_{context.view}")(context, request, **parts)
        return given


class ModelResource(Resource, Generic[M]):
    """A resource whose objects are rows of `model`.

    `key` is the attribute in its URIs, `names` other unique attributes by which relations may
    name a row, `order` the order of lists without order_by where documents show one. Lists
    leave out `hidden` rows unless an argument in `shown_by` asks for them; `arguments` is a
    django-filter set for the query arguments that are no fields. `cached_by` names the tables
    that answers are made of where these are the same for everybody and may be kept. `owner_order`
    are the columns by which an index holds the rows of each owner in order.
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

    @classmethod
    def uri(cls, context: Context, key: object) -> str:
        """The path of a row, under the prefix the client asked with."""
        return f"{context.prefix}/{cls.name}/{key}/"

    @classmethod
    def parse_key(cls, text: str) -> int | str:
        """A key from a URI as its column's type; ValueError if it is none (rule T7).

        No key holds a NUL, which the database cannot even compare with.
        """
        if "\0" in text:
            raise ValueError(text)
        numeric = isinstance(cls.model._meta.get_field(cls.key), models.IntegerField)
        return int(text) if numeric else text

    @classmethod
    def visible_rows(cls, context: Context) -> models.QuerySet[M]:
        """The rows the caller may see."""
        return cls.model._default_manager.filter(cls.visible.rows(context.caller))

    @classmethod
    def named_rows(cls, context: Context) -> models.QuerySet[M]:
        """The rows that the caller may call by one of `names` in a relation; by an id he may
        call those that he sees, and no others."""
        return cls.visible_rows(context)

    @classmethod
    def prepare(cls, row: M, data: Mapping[str, JSONValue], context: Context) -> None:
        """Completes a new row before it is checked, for instance its owner."""

    @classmethod
    def posted(cls, row: M, context: Context, request: Request) -> None:
        """What follows the POST of a new row in its transaction, for instance a mail."""

    @classmethod
    def validate(cls, row: M) -> dict[str, list[str]]:
        """What is wrong with a row about to be saved: field to texts, empty if nothing."""
        return {}
