"""Fields that are more than a column: computed, gathered for a page, or saved after their row."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Combinable

from apps.api.fields import DateTime, Field, Integer, Reader
from hexostore import hexotime

if TYPE_CHECKING:
    from apps.api.bodies import JSONValue
    from apps.api.context import Context
    from apps.api.resources import Resource


class URI(Field):
    """`resource_uri`: the path of the object's own detail (Tastypie rule T2), or of the detail
    of the resource `to` with the same key."""

    help = "The path of the object's own detail."

    def __init__(self, to: str = "") -> None:
        super().__init__(readonly=True)
        self.to, self.key = to, "id"

    def bind(self, resource: builtins.type[Resource], name: str) -> None:
        super().bind(resource, name)
        self.to = self.to or resource.name
        self.key = getattr(resource, "key", self.key)

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        start = f"{context.prefix}/{self.to}/"
        return Reader((f"{prefix}{self.key}",), lambda key: f"{start}{key}/")


class TicksOrDate(Integer):
    """An argument that is ticks or a date; schema documents know it as an integer."""


class NaiveTime(DateTime):
    """A moment of a column of ticks, as date text without an offset: UTC (wire row 40)."""

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.attribute}",), _naive_text)


def _naive_text(moment: datetime | None) -> str | None:
    return None if moment is None else hexotime.to_naive_iso(moment)


class Computed(Field):
    """A read-only field made from columns by `get(context, *values)`.

    `columns` are paths from the row. `kind` is the type in the schema.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        get: Callable[..., Any],
        *,
        kind: str = "string",
        related: str | None = None,
        readonly: bool = True,
        **flags: Any,
    ) -> None:
        super().__init__(readonly=readonly, **flags)
        self.columns, self.get = columns, get
        self.type = "related" if related else kind
        self.related = related

    def path(self) -> str | None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        get = self.get
        paths = tuple(f"{prefix}{path}" for path in self.columns)
        return Reader(paths, lambda *values: get(context, *values))


class AnnotatedField(Field):
    """A read-only field that the database computes with the expression `query(context)`.

    It can be filtered and ordered by. `render(context, value)` makes its JSON. The value of a
    `personal` field depends on the caller.
    """

    annotated = True

    def __init__(
        self,
        query: Callable[[Context], Combinable],
        output: models.Field[Any, Any],
        render: Callable[[Context, Any], Any] | None = None,
        *,
        kind: str = "string",
        personal: bool = False,
        **flags: Any,
    ) -> None:
        super().__init__(readonly=True, **flags)
        self.query, self.output, self.render_value = query, output, render
        self.personal = personal
        self.type = kind

    def path(self) -> str:
        return self.alias

    def expression(self, context: Context) -> Combinable:
        return self.query(context)

    def reader(self, context: Context, prefix: str = "") -> Reader:
        render = self.render_value
        if render is None:
            return Reader((self.alias,))
        return Reader((self.alias,), lambda value: render(context, value))


class SavedAfterRow(Field):
    """A field that is saved after its row. `emptied_by_put` says what a PUT without it does
    (Tastypie rule T147)."""

    emptied_by_put = True

    def attach(self, row: models.Model, value: JSONValue, context: Context) -> None:
        """Save a sent value when the row exists. Raise BadRequest."""
        raise NotImplementedError

    def accept(self, row: models.Model, value: JSONValue, context: Context) -> None:
        """Do nothing: no value is set before the row is saved."""


class PageField(SavedAfterRow):
    """A field that is made for the whole page at once from the column `needs` of each row."""

    needs = "pk"

    def path(self) -> None:
        return None

    def collect(self, context: Context, values: list[Any]) -> list[Any]:
        """Return the values for a page, in order. There is one for the value of `needs` in each
        row."""
        raise NotImplementedError

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.needs}",))
