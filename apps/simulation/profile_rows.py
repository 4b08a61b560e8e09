"""Rows of profiles as msgspec checks them: the types are those of the dataclasses, with choices and
limits by the names of fields. The JSON Schema for authors follows from the same types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from inspect import getdoc
from types import UnionType
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from hexostore.suggestions import did_you_mean

RowType = type[msgspec.Struct]

_PLACE = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_STORABLE = r"^[^\x00]*$"
_SAID = 200  # characters of what is said
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class RowError(Exception):
    """A row that is not of its type. The message says what is wrong, and where in it."""


@dataclass(frozen=True)
class RowRules:
    """What values can be, by the names of fields: one of some words, between two numbers, or texts
    of so many characters at most, which a database can store."""

    choices: Mapping[str, tuple[str, ...]]
    limits: Mapping[str, tuple[float, float]]
    texts: Mapping[str, int]

    def row_type(self, kind: type[Any], without: Sequence[str] = (), **others: Any) -> RowType:
        """Return the type of the rows for a dataclass, in which no other fields are allowed.

        Rows do not have the fields `without`; `others` are types of fields that rows write
        otherwise.
        """
        hints = get_type_hints(kind) | others
        made: list[Any] = []
        for field in fields(kind):
            if field.name not in without:
                default = [] if field.default is MISSING else [_written(field.default)]
                made.append((field.name, self._narrow(field.name, hints[field.name]), *default))
        described = {"__doc__": getdoc(kind)}
        return msgspec.defstruct(
            kind.__name__, made, namespace=described, forbid_unknown_fields=True, kw_only=True
        )

    def _narrow(self, name: str, plain: Any) -> Any:
        """Return the type with what the values of a field are limited to."""
        if name in self.choices:
            return Literal[self.choices[name]]
        if name in self.texts:
            return Annotated[plain, Meta(max_length=self.texts[name], pattern=_STORABLE)]
        if name not in self.limits:
            return plain
        low, high = self.limits[name]
        within = Meta(ge=low, le=high)
        if isinstance(plain, UnionType):  # a number or nothing
            return Annotated[plain.__args__[0], within] | None
        return Annotated[plain, within]

    def check_row(self, kind: RowType, row: object) -> dict[str, Any]:
        """Return the values that a row gives. Raise RowError."""
        try:
            checked = msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise RowError(self._explain(str(error), kind)) from error
        given = row if isinstance(row, dict) else {}
        return {name: getattr(checked, name) for name in given}

    def _explain(self, text: str, kind: RowType) -> str:
        """Return the message of msgspec in one line, the place first, and at last what can be
        there."""
        place = _PLACE.search(text)
        where = f"{place[1]}: " if place else ""
        said = f"{where}{_in_one_line(_PLACE.sub('', text))}."
        field = re.sub(r".*\.", "", place[1]) if place else ""
        unknown = _UNKNOWN.search(text)
        if unknown and not place:
            known = kind.__struct_fields__
            return f"{said}{did_you_mean(unknown[1], known)} It can have {', '.join(known)}."
        if field in self.choices:
            return f"{said} It is one of {', '.join(self.choices[field])}."
        if field in self.texts:
            return f"{said} It has at most {self.texts[field]} characters, none of code 0."
        if field in self.limits:
            return f"{said} It is from {' to '.join(map(str, self.limits[field]))}."
        return said


def _in_one_line(text: str) -> str:
    """Return the beginning of a text that quotes what was sent, with control characters escaped."""
    seen = text if len(text) <= _SAID else f"{text[:_SAID]}..."
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in seen)


def _written(default: object) -> object:
    """Return a default value as rows would write it."""
    return [] if default == () else default


def json_schema(kind: RowType, lists: Mapping[str, Sequence[RowType]]) -> dict[str, Any]:
    """Return the JSON Schema of rows of a type.

    `lists` says of which types the items of untyped lists are, by the name of the type that has the
    list and that of the field, with a dot between.
    """
    every = [kind, *(each for kinds in lists.values() for each in kinds)]
    _, defined = msgspec.json.schema_components(every, ref_template="#/$defs/{name}")
    for place, kinds in lists.items():
        name, _, field = place.partition(".")
        refs = [{"$ref": f"#/$defs/{each.__name__}"} for each in kinds]
        defined[name]["properties"][field]["items"] = {"anyOf": refs}
    return {"$schema": _DIALECT, **defined.pop(kind.__name__), "$defs": defined}
