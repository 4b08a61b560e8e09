"""Relations between resources: how they are written as URIs or objects, and read back."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef
from django.db.models.expressions import Combinable

from apps.api import reading, registry
from apps.api.bounds import LONGEST_NUMBER, MOST_ITEMS, shorten_value
from apps.api.context import View
from apps.api.derived import SavedAfterRow
from apps.api.errors import BadRequest, CannedNotFound
from apps.api.fields import Field, Reader
from apps.api.guards import VisibilityColumn
from apps.api.resources import ModelResource, OwnedRows

if TYPE_CHECKING:
    from apps.api.bodies import JSONValue
    from apps.api.context import Context
    from apps.api.resources import Resource

M = TypeVar("M", bound=models.Model)

SENT_URI = re.compile(r".*/(?P<name>[^/]+)/(?P<key>[^/]+)/", re.DOTALL)
"""A URI in a body. Only its end counts, and it ends with a slash (rules T134, T135)."""


@dataclass(frozen=True)
class Linkable(Generic[M]):
    """The rows of a target that a value can mean.

    By an id, or by a URI with an id, these are the rows that the caller sees. By a name there can
    be more, because names cannot be found by counting.
    """

    target: type[ModelResource[M]]
    context: Context
    strangers: bool

    def by_number(self, text: str, number: int) -> M:
        return self._found(self.target.visible_rows(self.context).filter(pk=number), text)

    def by_key(self, text: str, key: int | str) -> M:
        """Return the row with that key in its URI."""
        key_field = self.target.key
        if key_field in self.target.names:
            rows = self._named()
        else:
            rows = self.target.visible_rows(self.context)
        return self._found(rows.filter(**{key_field: key}), text)

    def by_name(self, text: str) -> M:
        named = self._named()
        names = self.target.names if text else ()  # an empty name is nobody's
        found = (named.filter(**{unique: text}).first() for unique in names)
        row = next((row for row in found if row is not None), None)
        if row is None:
            raise _missing_target(self.target, text)
        return row

    def _named(self) -> models.QuerySet[M]:
        if self.strangers:
            return self.target.model._default_manager.all()
        return self.target.named_rows(self.context)

    def _found(self, rows: models.QuerySet[M], text: str) -> M:
        row = rows.first()
        if row is None:
            raise _missing_target(self.target, text)
        return row


def resolve_relation(
    target: type[ModelResource[M]],
    name: str,
    value: JSONValue,
    context: Context,
    *,
    strangers: bool = False,
) -> M:
    """Return the row that a sent to-one `value` of the field `name` means.

    Accepted are URIs (only their end counts, rule T135), ids, the target's unique names such as
    e-mail or serial (Tastypie section 19), and objects that carry `resource_uri` or `id`. A row
    that the caller may not see is refused as if it did not exist. With `strangers`, a row that is
    addressed by its name need not be visible. Raise BadRequest (rules T130, T133) or CannedNotFound
    (rules T131, T132, T134).
    """
    if isinstance(value, dict):
        keys = ("resource_uri", "id", target.key)
        value = next((value[key] for key in keys if key in value), "")
        if isinstance(value, dict):
            raise _not_a_uri(name, value)
    linkable = Linkable(target, context, strangers)
    if isinstance(value, str):
        return _by_text(linkable, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return linkable.by_number(str(value), value)
    raise _not_a_uri(name, value)


def _by_text(linkable: Linkable[M], text: str) -> M:
    if "/" in text:
        return _by_uri(linkable, text)
    if text.isdecimal() and len(text) <= LONGEST_NUMBER:
        return linkable.by_number(text, int(text))
    return linkable.by_name(text)


def _by_uri(linkable: Linkable[M], uri: str) -> M:
    target = linkable.target
    parts = SENT_URI.fullmatch(uri)
    if not parts or parts["name"] != target.name:
        raise CannedNotFound
    if parts["key"] == "schema":
        raise _missing_target(target, uri)
    try:
        key = target.parse_key(parts["key"])
    except ValueError:
        raise CannedNotFound from None
    return linkable.by_key(uri, key)


def _missing_target(target: type[ModelResource[Any]], text: str) -> BadRequest:
    uri = shorten_value(text)
    return BadRequest(f"Could not find the provided {target.name} object via resource URI '{uri}'.")


def _not_a_uri(name: str, value: object) -> BadRequest:
    return BadRequest(
        f"The '{name}' field was given data that was not a URI, not a dictionary-alike and "
        f"does not have a 'pk' attribute: {shorten_value(value)}."
    )


def require_short(name: str, items: list[JSONValue] | None) -> None:
    """Raise BadRequest for a list that is too long."""
    if len(items or ()) > MOST_ITEMS:
        raise BadRequest(f"The '{name}' field takes at most {MOST_ITEMS} items.")


def sent_objects(name: str, value: JSONValue) -> list[dict[str, JSONValue]]:
    """Return the objects of a sent list. Raise BadRequest if it is not a list or is too long."""
    items = value if isinstance(value, list) else [value]
    found = [item for item in items if isinstance(item, dict)]
    if not isinstance(value, list) or len(found) < len(items):
        raise BadRequest(f"The '{name}' field was given data that is not a list of objects.")
    require_short(name, value)
    return found


class Relation:
    """What both kinds of relation know about their other side."""

    to: str

    @property
    def target(self) -> type[ModelResource[Any]]:
        """The resource on the other side."""
        return registry.model_resource(self.to)


class ToOne(Field, Relation):
    """A link to one row: its URI, or the object itself if the field is `full`.

    `full` names the views that show the object ("list", "detail" or "both", rule T212). `nested`
    says which of its own views the object appears in, and `without` which of its fields are left
    out. A `guarded` link is null for callers who may not see the row at its end. An `always_seen`
    link leads to a row that everybody sees who sees the link, by the rule of the other side. With
    `strangers`, a body may name a row that the caller does not see, by a name but not by an id.
    """

    type = "related"
    related = "to_one"
    kept_by_put = True

    def __init__(
        self,
        to: str,
        *,
        full: View | Literal["both"] | None = None,
        nested: View = "detail",
        without: tuple[str, ...] = (),
        guarded: bool = False,
        always_seen: bool = False,
        strangers: bool = False,
        **flags: Any,
    ) -> None:
        super().__init__(**flags)
        self.to, self.full, self.nested, self.without = to, full, nested, without
        self.guarded, self.always_seen = guarded, always_seen
        self.strangers = strangers

    def reader(self, context: Context, prefix: str = "") -> Reader:
        path = f"{prefix}{self.attribute}__"
        found = self._end(context, path)
        return guard_reader(self.target, path, found) if self.guarded else found

    def _end(self, context: Context, path: str) -> Reader:
        """Return how the row at the end of the link is read."""
        target = self.target
        if self.full in (context.view, "both"):
            return reading.nested_reader(target, context.showing(self.nested), path, self.without)
        start = f"{context.prefix}/{target.name}/"
        return Reader(
            (f"{path}{target.key}",), lambda key: None if key is None else f"{start}{key}/"
        )

    def accept(self, row: models.Model, value: JSONValue, context: Context) -> None:
        found = None if value is None else self._end_named(value, context)
        setattr(row, str(self.attribute), found)

    def _end_named(self, value: JSONValue, context: Context) -> models.Model:
        found: models.Model = resolve_relation(
            self.target, self.name, value, context, strangers=self.strangers
        )
        return found


def guard_reader(target: type[ModelResource[Any]], path: str, found: Reader) -> Reader:
    """Read what is behind a path, but only for callers who may see that row of the target.

    The visibility of the target must be that of its owner.
    """
    rule, render = target.visible, found.render
    assert isinstance(rule, OwnedRows)
    assert render is not None
    name = f"sees_{path.replace('__', '_')}"

    def show(seen: bool, *values: object) -> object:
        return render(*values) if seen else None

    guards = {**found.guards, name: VisibilityColumn(f"{path}{rule.path}", rule.owners)}
    return Reader((name, *found.paths), show, guards)


class ToMany(SavedAfterRow, Relation):
    """A list of URIs in the related model's order (rule T214). Writing replaces it (T137).

    A `guarded` list only has the rows that the caller sees.
    """

    type = "related"
    guarded: ClassVar[bool] = False
    related: str | None = "to_many"
    annotated = True

    def __init__(self, to: str, *, kind: str = "related", **flags: Any) -> None:
        super().__init__(**flags)
        self.to, self.type = to, kind
        self.related = self.related if kind == "related" else None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        start = f"{context.prefix}/{self.to}/"
        return Reader((self.alias,), lambda keys: [f"{start}{key}/" for key in keys])

    def expression(self, context: Context) -> Combinable:
        """Return the keys of the related rows, gathered by the statement of the page."""
        assert issubclass(self.resource, ModelResource)
        attribute, model = str(self.attribute), self.resource.model
        own = model._default_manager.filter(pk=OuterRef("pk"), **{f"{attribute}__isnull": False})
        return ArraySubquery(
            own.order_by(f"{attribute}__pk").values(f"{attribute}__{self.target.key}")
        )

    def bind(self, resource: builtins.type[Resource], name: str) -> None:
        super().bind(resource, name)
        self.resource = resource

    def attach(self, row: models.Model, value: JSONValue, context: Context) -> None:
        getattr(row, str(self.attribute)).set(self.resolve_all(value, context))

    def resolve_all(self, value: JSONValue, context: Context) -> list[Any]:
        """Return the rows that a sent list means. Null items are skipped (rules T137, T138)."""
        if isinstance(value, str):
            raise CannedNotFound
        if not isinstance(value, list | None):
            raise _not_a_uri(self.name, value)
        require_short(self.name, value)
        return [self._resolve_one(item, context) for item in value or [] if item is not None]

    def _resolve_one(self, item: JSONValue, context: Context) -> models.Model:
        if isinstance(item, str) and "/" not in item:
            raise CannedNotFound
        if not isinstance(item, str | dict):
            raise _not_a_uri(self.name, item)
        found: models.Model = resolve_relation(self.target, self.name, item, context)
        return found
