"""The plain fields of a resource: what they tell the schema, and how they are read and written.

A field only knows its form on the wire. Relations are in relations.py. reading.py and writing.py
apply the fields to whole rows.
"""

from __future__ import annotations

import builtins
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable

from apps.api import lookups
from apps.api.bounds import LONGEST_TEXT, shorten_value
from apps.api.date_texts import parse_liberally
from apps.api.errors import BadRequest
from apps.api.guards import VisibilityColumn
from apps.api.versions import NEWEST, OLDEST, Version
from hexostore import hexotime

if TYPE_CHECKING:
    from apps.api.bodies import JSONValue
    from apps.api.context import Context
    from apps.api.resources import Resource

Column: TypeAlias = "models.Field[Any, Any]"

NO_DEFAULT = "No default provided."


@dataclass(frozen=True)
class Reader:
    """Which columns a field needs, and how their values become JSON (None: unchanged).

    `guards` are the columns that say what the caller may see, by name.
    """

    paths: tuple[str, ...]
    render: Callable[..., Any] | None = None
    guards: Mapping[str, VisibilityColumn] = field(default_factory=dict)


class Field:
    """A field of a resource's objects.

    `attribute` is the model attribute, by default the name of the field. `null`, `blank`,
    `readonly`, `unique` and `default` are what the schema document says; `legacy` overrides them in
    documents before the newest version.

    `since` and `until` are the versions that have the field, and `documented_since` is the first
    whose schema lists it. `lists` and `details` say in which views it appears (Tastypie rule T213).
    An `unlisted` field is neither in the schema nor in objects; only filters and orders know it.

    `kept_by_put` says that a PUT without the field does not change it even if it may be null
    (Tastypie rule T146). A `prepared` field may be left out of a POST: the resource's `prepare`
    fills it in.

    `help` says what the value is, on pages and in OpenAPI. Schema documents keep the stock text of
    the type (Tastypie rule T15).
    """

    type: str = "string"
    related: str | None = None
    annotated: ClassVar[bool] = False
    kept_by_put: ClassVar[bool] = False
    personal: bool = False
    help: str = ""

    def __init__(
        self,
        attribute: str | None = None,
        *,
        null: bool = False,
        blank: bool = False,
        readonly: bool = False,
        unique: bool = False,
        default: object = NO_DEFAULT,
        legacy: Mapping[str, object] | None = None,
        since: Version = OLDEST,
        until: Version = NEWEST,
        documented_since: Version = OLDEST,
        lists: bool = True,
        details: bool = True,
        unlisted: bool = False,
        prepared: bool = False,
        help: str = "",  # noqa: A002  # as Django's forms call it: help_text is that of the schema
    ) -> None:
        self.name = ""
        self.attribute = attribute
        self.null, self.blank, self.readonly, self.unique = null, blank, readonly, unique
        self.default = default
        self.legacy = dict(legacy or {})
        self.since, self.until = since, until
        self.documented_since = documented_since
        self.lists, self.details = lists and not unlisted, details and not unlisted
        self.unlisted, self.prepared = unlisted, prepared
        self.help = help or self.help

    def bind(self, resource: builtins.type[Resource], name: str) -> None:
        """Tell the field its place. The registry calls this once."""
        self.name = name
        self.attribute = self.attribute or name

    def lives_in(self, version: Version) -> bool:
        """Return whether objects and schema of that version have the field."""
        return self.since <= version <= self.until

    def documented_in(self, version: Version) -> bool:
        """Return whether the schema of that version lists the field."""
        return not self.unlisted and self.documented_since <= version and self.lives_in(version)

    def shown(self, context: Context) -> bool:
        """Return whether the present response has the field."""
        wanted = self.lists if context.view == "list" else self.details
        return wanted and self.lives_in(context.version)

    def path(self) -> str | None:
        """Return the column that filters and orders use, or None."""
        return self.attribute

    def expression(self, context: Context) -> Combinable:
        """Return the expression that the database computes as `alias`, for `annotated` fields."""
        raise NotImplementedError

    @property
    def alias(self) -> str:
        """The name of the computed value in the statement."""
        return f"queried_{self.name}"

    def reader(self, context: Context, prefix: str = "") -> Reader:
        """Return how the field is read. `prefix` is the path of the relation that leads to it."""
        return Reader((f"{prefix}{self.attribute}",))

    def accept(self, row: models.Model, value: JSONValue, context: Context) -> None:
        """Set a sent value on a row that is not saved yet. Raise BadRequest."""
        column = column_of(row, self)
        setattr(row, str(self.attribute), self.convert(value, column))

    def accept_null(self, row: models.Model) -> None:
        """Clear the field of a row that is not saved yet."""
        setattr(row, str(self.attribute), None)

    def convert(self, value: JSONValue, column: Column) -> object:
        """Return the sent value as the column's type (Tastypie rule T113)."""
        return value

    def filter_value(self, column: Column, lookup: str, texts: list[str]) -> object:
        """Return what a filter compares the column with, from all values of its parameter. Raise
        BadRequest."""
        return lookups.parse_value(column, lookup, texts)

    def own_condition(self, lookup: str, texts: list[str]) -> models.Q | None:
        """Return the condition of a filter that does not compare a column; None for one that does.

        It is only asked for the rows of a list, not for what links lead to. Raise BadRequest.
        """
        return None

    def wrong(self, kind: str, value: object) -> BadRequest:
        """Return the refusal of a value of the wrong type."""
        shown = shorten_value(repr(value))
        return BadRequest(f"The '{self.name}' field was given data that is not {kind}: {shown}.")


def column_of(row: models.Model | type[models.Model], field: Field) -> Column:
    """Return the model column behind a field of a row."""
    found = row._meta.get_field(str(field.attribute))
    assert isinstance(found, models.Field)
    return found


class Text(Field):
    """A text. Other JSON values are stored as Python writes them (Tastypie rule T113)."""

    def convert(self, value: JSONValue, column: Column) -> str:
        text = value if isinstance(value, str) else str(value)
        most = LONGEST_TEXT if column.max_length is None else column.max_length
        if len(text) > most:
            raise BadRequest(f"The '{self.name}' field can have at most {most} characters.")
        return text


_RANGES = {
    "IntegerField": 2**31,
    "BigIntegerField": 2**63,
    "BigAutoField": 2**63,
    "AutoField": 2**31,
    "SmallIntegerField": 2**15,
}


class Integer(Field):
    """A whole number. Texts are converted and fractions cut off (Tastypie rule T113)."""

    type = "integer"

    def convert(self, value: JSONValue, column: Column) -> int:
        if not isinstance(value, int | float | str):
            raise self.wrong("an integer", value)
        try:
            number = int(value)
        except (ValueError, OverflowError):
            raise self.wrong("an integer", value) from None
        limit = _RANGES.get(column.get_internal_type(), 2**63)
        if not -limit <= number < limit:
            raise self.wrong("an integer in range", value)
        return number


class Ticks(Integer):
    """A HexoTimestamp: ticks of 1/256 s since 1970 UTC (API reference, Timestamps)."""


class Float(Field):
    """A finite decimal number."""

    type = "float"

    def convert(self, value: JSONValue, column: Column) -> float:
        if not isinstance(value, int | float | str):
            raise self.wrong("a number", value)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise self.wrong("a number", value) from None
        if not math.isfinite(number):
            raise self.wrong("a finite number", value)
        return number


class Boolean(Field):
    """True or false. 0, 1 and their texts are accepted too (Tastypie rule T114)."""

    type = "boolean"

    def convert(self, value: JSONValue, column: Column) -> bool:
        try:
            return bool(models.BooleanField().to_python(value))
        except (ValidationError, TypeError):
            raise self.wrong("true or false", value) from None


class Date(Field):
    """A day. Of a datetime, the day is used (Tastypie rule T119)."""

    type = "date"

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.attribute}",), day_text)

    def convert(self, value: JSONValue, column: Column) -> date:
        return parse_liberally(self.name, "Date", value, datetime.date)


def day_text(day: date | None) -> str | None:
    """Return a day as `2014-05-07` (Tastypie rule T206)."""
    return day.isoformat() if day else None


class DateTime(Field):
    """A moment. Its text follows the conventions of the store."""

    type = "datetime"

    def reader(self, context: Context, prefix: str = "") -> Reader:
        moment = context.conventions.moment
        return Reader(
            (f"{prefix}{self.attribute}",), lambda value: moment(value) if value else None
        )

    def convert(self, value: JSONValue, column: Column) -> datetime:
        return parse_liberally(self.name, "Datetime", value, hexotime.as_utc)


def sorted_members(value: JSONValue) -> JSONValue:
    """Return a JSON value with the keys of its objects sorted at every level (rule T203)."""
    if isinstance(value, dict):
        return {name: sorted_members(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [sorted_members(item) for item in value]
    return value


class JSON(Field):
    """Any JSON value. `kind` and `related` are what the schema calls it."""

    def __init__(self, *, kind: str = "string", related: str | None = None, **flags: Any) -> None:
        super().__init__(**flags)
        self.type = "related" if related else kind
        self.related = related

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.attribute}",), sorted_members)

    def convert(self, value: JSONValue, column: Column) -> JSONValue:
        require_fitting(self.name, value)
        return value


def json_size(value: JSONValue) -> int:
    """Return how many bytes a value has as JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def require_fitting(name: str, value: JSONValue) -> None:
    """Raise BadRequest for a JSON value that is longer than LONGEST_TEXT bytes.

    Everybody who reads the row would receive all of it.
    """
    if json_size(value) > LONGEST_TEXT:
        raise BadRequest(f"The '{name}' field can have at most {LONGEST_TEXT} bytes of JSON.")


class Null(JSON):
    """A field that is always null here. docs/differences.md says why for each."""

    def __init__(self, **flags: Any) -> None:
        super().__init__(readonly=True, null=True, blank=True, **flags)

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((), lambda: None)


class Argument(Field):
    """A name that only the schema has: a query argument, or a value that needs a context.

    One that is `sent` is part of bodies, and never shown.
    """

    def __init__(self, *, kind: str = "string", sent: bool = False, **flags: Any) -> None:
        super().__init__(**flags)
        self.type, self.sent = kind, sent

    def path(self) -> None:
        return None

    def shown(self, context: Context) -> bool:
        return False

    def accept(self, row: models.Model, value: JSONValue, context: Context) -> None:
        """Do nothing: an argument is not part of the row."""

    def accept_null(self, row: models.Model) -> None:
        """Do nothing: an argument is not part of the row."""


class ServerGiven(Field):
    """Mixin for fields of any kind whose value the server sets. Sent values are ignored."""

    def accept(self, row: models.Model, value: JSONValue, context: Context) -> None:
        """Ignore a sent value."""

    def accept_null(self, row: models.Model) -> None:
        """Ignore a sent null."""


class Id(ServerGiven, Integer):
    """The primary key. The server sets it and ignores a sent one (Tastypie rules T107, T149)."""

    help = "The key, given by the server."


class ServerText(ServerGiven, Text):
    """A text that the server sets."""


class ServerMoment(ServerGiven, DateTime):
    """A moment that the server sets."""


class Measure(Float):
    """A number that is written without a decimal point if it is whole, as the documents show
    weights."""

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.attribute}",), plain_number)


def plain_number(number: float | None) -> float | int | None:
    """Return 78 for 78.0, and other numbers unchanged."""
    if number is None or abs(number) >= _LEAST_WITHOUT_FRACTIONS or not number.is_integer():
        return number
    return int(number)


_LEAST_WITHOUT_FRACTIONS = 2.0**53
"""From here on a whole number says nothing, and has up to 309 digits."""
