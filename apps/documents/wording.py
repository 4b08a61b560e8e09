"""Short texts about declarations, for pages and for OpenAPI."""

from __future__ import annotations

import inspect
import re

from apps.api import lookups, schema
from apps.api.derived import URI
from apps.api.fields import JSON, NO_DEFAULT, Argument, Field, Id, Null, Ticks
from apps.api.relations import Relation, ToMany, ToOne
from apps.api.resources import Resource

_SOURCES = re.compile(
    r"\s*\([^()]*\b(?:rules? T\d|Tastypie|wire [\dF]|wire (?:trap|row)|behaviour \d"
    r"|(?:API reference|Making Requests|Data page|Client README)\b)[^()]*\)"
    r"|;? see API reference\b[^.]*"
)
"""Where a docstring says what it goes back to, which readers of the API do not have."""

_OF_CLASS: tuple[tuple[type[Field], str], ...] = (
    (URI, "The path of the object's own detail."),
    (Id, "The key, given by the server."),
    (Ticks, "Ticks of 1/256 s since 1970, UTC."),
    (Null, "Always null here."),
    (JSON, "Any JSON value."),
    (Argument, "An argument of queries; objects do not have it."),
    (ToMany, "URIs of rows; objects with a URI are taken too."),
)
"""What some kinds of members are, in more words than the schema document has."""

EVERY_LOOKUP = "every lookup"


def about(resource: type[Resource]) -> str:
    """The docstring of a resource in one paragraph, without its sources."""
    return _cleaned(inspect.getdoc(resource) or "")


def title(resource: type[Resource]) -> str:
    """The first sentence of the docstring."""
    return _first_sentence(about(resource))


def _cleaned(text: str) -> str:
    joined = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return _SOURCES.sub("", joined).replace("`", "")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0].rstrip(".") + "."


def kind(field: Field) -> str:
    """The type as the schema document has it, with the resource behind a link."""
    if field.related is None:
        return field.type
    return f"{field.related} {field.to}" if isinstance(field, Relation) else field.related


def help_text(field: Field) -> str:
    """What the member is: the docstring of a class of its own, else what the type says."""
    own = type(field)
    if isinstance(field, ToOne):
        return _of_link(field)
    for known, text in _OF_CLASS:
        if isinstance(field, known):
            return text
    if not own.__module__.startswith("apps.api.") and own.__doc__:
        told = _first_sentence(_cleaned(own.__doc__)).removeprefix(f"{field.name}: ")
        return told[:1].upper() + told[1:]
    return schema.HELP[field.related or field.type]


def _of_link(field: ToOne) -> str:
    shown = {"both": "The object itself", "detail": "The object itself in details, else its URI"}
    shown["list"] = "The object itself in lists, else its URI"
    return f"{shown.get(str(field.full), 'The URI of a row')}; an id or an object is taken too."


def flags(field: Field) -> list[str]:
    """What a client must know before it writes the member, or looks for it."""
    told = {
        "read only": field.readonly,
        "may be null": field.null,
        "may be blank": field.blank,
        "unique": field.unique,
        "details only": field.details and not field.lists,
        "lists only": field.lists and not field.details,
    }
    return [text for text, holds in told.items() if holds]


def default(field: Field) -> object:
    """The default, or None where there is none."""
    return None if field.default == NO_DEFAULT else field.default


def lookups_of(allowed: list[str] | int) -> str:
    """The lookups of a filter in words."""
    if allowed == lookups.ALL_WITH_RELATIONS:
        return f"{EVERY_LOOKUP}, also through the relation"
    return EVERY_LOOKUP if isinstance(allowed, int) else ", ".join(allowed)


def readable(pattern: str) -> str:
    """A pattern of a path as people write it: `{name}` for each of its named groups."""
    return re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", pattern)


def parts(path: str) -> list[str]:
    """The names in a readable path, in order."""
    return re.findall(r"{(\w+)}", path)
