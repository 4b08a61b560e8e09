"""From query parameters to conditions on rows (Tastypie rules T56 to T89, Tastypie section 19)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db import models
from django.http import QueryDict

from apps.api import lookups, walks
from apps.api.bounds import LONGEST_KEY, MOST_STEPS, shorten_value
from apps.api.derived import AnnotatedField
from apps.api.errors import BadRequest
from apps.api.fields import Argument, Field
from apps.api.relations import ToMany, ToOne
from apps.api.walks import Link, WalkedRow

if TYPE_CHECKING:
    from apps.api.context import Context
    from apps.api.resources import ModelResource

ASKED_URI = re.compile(r"(?:.*/)?(?P<name>[^/]+)/(?P<key>[^/]+)/?", re.DOTALL)
"""A URI in a filter. The final slash may be missing (Tastypie section 19)."""


@dataclass(frozen=True)
class Asked:
    """The end of a filter: its lookup, the lookup to compare with, and all given values."""

    lookup: str
    compared: str
    texts: list[str]


def filter_conditions(
    resource: type[ModelResource[Any]], context: Context, params: QueryDict
) -> list[models.Q]:
    """Return the conditions of all parameters that name fields; others are ignored (T57).

    Raise BadRequest for the first parameter that the resource does not allow, an argument with a
    lookup that it does not have included.
    """
    found: dict[tuple[str, ...], models.Q] = {}
    fields = resource.fields_in(context.version)
    start = WalkedRow(resource, start=True)
    for parameter, texts in params.lists():
        name, *steps = parameter.split("__", MOST_STEPS)
        if name in fields and not isinstance(fields[name], Argument):
            lookup, steps = _split_lookup(fields[name], steps)
            found[(name, *steps, lookup)] = _parameter_condition(
                start, context, [name, *steps], lookup, texts
            )
        elif name not in fields:
            _check_argument(resource.filtering_in(context.version).get(name), name, steps)
    return list(found.values())


def plain_arguments(params: QueryDict) -> QueryDict:
    """Return the parameters without the lookup `exact`, which means the same as none."""
    plain = QueryDict(mutable=True)
    for parameter, texts in params.lists():
        plain.setlistdefault(parameter.removesuffix("__exact"), []).extend(texts)
    return plain


def _check_argument(allowed: list[str] | int | None, name: str, steps: list[str]) -> None:
    """Refuse a lookup that a query argument does not have; all may be lists of values."""
    lookup = "__".join(steps)
    if isinstance(allowed, list) and lookup not in ("", "exact", "in", *allowed):
        raise refused_lookup(lookup, name)


def refused_lookup(lookup: str, name: str) -> BadRequest:
    """Return the error of a lookup that a field or an argument does not have."""
    shown, of = shorten_value(lookup), shorten_value(name)
    return BadRequest(f"'{shown}' is not an allowed filter on the '{of}' field.")


def _split_lookup(field: Field, steps: list[str]) -> tuple[str, list[str]]:
    """Split off the last step if it is a lookup of the field's column (T56, T60, T83)."""
    known = lookups.OF_RELATIONS if isinstance(field, Link) else lookups.KNOWN
    if steps and steps[-1] in known:
        return steps[-1], steps[:-1]
    return "exact", steps


def _parameter_condition(
    start: WalkedRow, context: Context, steps: list[str], lookup: str, texts: list[str]
) -> models.Q:
    """Return the condition of one parameter.

    A filter for null or for "not equal" is the negation of the positive filter. So a row that is
    hidden behind a link counts as if it did not exist.
    """
    if _asks_for_null(lookup, texts):
        return ~_step_condition(start, context, steps, Asked(lookup, "isnull", ["false"]))
    if lookup == "ne":
        return ~_step_condition(start, context, steps, Asked(lookup, "exact", texts))
    return _step_condition(start, context, steps, Asked(lookup, lookup, texts))


def _asks_for_null(lookup: str, texts: list[str]) -> bool:
    found = lookups.parse_word(texts[-1])
    if lookup == "isnull":
        return lookups.is_truth(found) and lookups.parse_truth(found)
    return lookup == "exact" and found is None


def _step_condition(place: WalkedRow, context: Context, steps: list[str], asked: Asked) -> models.Q:
    name, *further = steps
    field = place.resource.fields_in(context.version).get(name)
    _check_filter(place.resource, context, name, field, asked.lookup, further)
    assert field is not None
    if not isinstance(field, Link):
        return _member_condition(place, context, field, asked)
    if further:
        return _link_condition(place, context, field, further, asked)
    return _named_end(place, context, field, asked)


def _link_condition(
    place: WalkedRow, context: Context, field: Link, further: list[str], asked: Asked
) -> models.Q:
    """Return the condition on what is behind a link.

    If the link is open, the other table is joined. Otherwise the condition only covers the rows at
    its end that the caller sees.
    """
    if isinstance(field, ToOne) and walks.is_open(place, field, context):
        return _step_condition(walks.row_behind(place, field), context, further, asked)
    seen = field.target.visible_rows(context)
    ends = seen.filter(_step_condition(WalkedRow(field.target), context, further, asked))
    return walks.linked_condition(place, field, ends)


def _named_end(place: WalkedRow, context: Context, field: Link, asked: Asked) -> models.Q:
    """Return the condition on a link itself."""
    if asked.lookup == "ne" and lookups.parse_word(asked.texts[-1]) is None:
        raise lookups.type_mismatch()
    seen = None
    if not walks.is_open(place, field, context):
        seen = field.target.visible_rows(context)
    named = None if walks.is_shown(field) else seen
    if isinstance(field, ToMany):
        own = relation_condition(
            field.target, str(field.path()), asked.compared, asked.texts, named
        )
        found = place.among(place.all_rows().filter(own))
    else:
        found = relation_condition(
            field.target, place.path(field), asked.compared, asked.texts, named
        )
    return (
        found & walks.linked_condition(place, field, seen)
        if field.guarded and seen is not None
        else found
    )


def _member_condition(place: WalkedRow, context: Context, field: Field, asked: Asked) -> models.Q:
    """Return the condition on a plain field or on one that the database computes."""
    own = field.own_condition(asked.compared, asked.texts) if place.start else None
    if own is not None:
        return own
    column = _column_of(place.resource, field)
    value = field.filter_value(column, asked.compared, asked.texts)
    if isinstance(field, AnnotatedField) and not place.start:
        rows = walks.computed_rows(place, field, context)
        met = rows.filter(**{f"{field.alias}__{asked.compared}": value})
        return place.among(met)
    return models.Q(**{f"{place.path(field)}__{asked.compared}": value})


def _check_filter(
    resource: type[ModelResource[Any]],
    context: Context,
    name: str,
    field: Field | None,
    lookup: str,
    further: list[str],
) -> None:
    shown = shorten_value(name)
    allowed = resource.filtering_in(context.version).get(name)
    if field is not None and field.path() is None:
        raise BadRequest(f"The '{shown}' field is not a valid field name")
    if allowed is None or field is None:
        raise BadRequest(f"The '{shown}' field does not allow filtering.")
    if isinstance(allowed, list) and lookup not in allowed:
        raise refused_lookup(lookup, name)
    if further and not isinstance(field, Link):
        raise BadRequest(f"The '{shown}' field does not support relations.")
    if further and allowed != lookups.ALL_WITH_RELATIONS:
        raise BadRequest(
            f"Lookups are not allowed more than one level deep on the '{shown}' field."
        )


def _column_of(resource: type[ModelResource[Any]], field: Field) -> models.Field[Any, Any]:
    if isinstance(field, AnnotatedField):
        return field.output
    column = resource.model._meta.get_field(str(field.attribute))
    assert isinstance(column, models.Field)
    return column


def relation_condition(
    target: type[ModelResource[Any]],
    path: str,
    lookup: str,
    texts: list[str],
    seen: walks.Rows | None = None,
) -> models.Q:
    """Return a condition on the relation at `path`.

    Values are ids, URIs with or without the final slash, or unique names of the target (Tastypie
    section 19). None means no relation. If `seen` is given, names only find rows among it: a caller
    who filters by an address must not learn whose it is.
    """
    if lookup in ("in", "range"):
        named = lookups.parse_many(lookup, texts, lambda text: _name_attribute(target, text))
        if lookup == "range":
            return _range_condition(path, named)
        return _any_of_condition(target, path, named, seen)
    found = lookups.parse_word(texts[-1])
    if lookup == "isnull":
        return models.Q(**{f"{path}__isnull": lookups.parse_truth(found)})
    if found is None:
        if lookup != "exact":
            raise lookups.type_mismatch()
        return models.Q(**{f"{path}__isnull": True})
    text = str(int(found)) if isinstance(found, bool) else found
    attribute, key = _name_attribute(target, text)
    if lookup == "exact":
        return _any_of_condition(target, path, [(attribute, key)], seen)
    if attribute not in ("pk", target.key):
        raise lookups.type_mismatch()
    return models.Q(**{f"{path}__{attribute}__{lookup}": key})


def asked_key(text: str) -> int | None:
    """Return the id in a value, which is an id or a URI; None for anything else."""
    uri = ASKED_URI.fullmatch(text)
    return whole_key(uri["key"] if uri else text)


def whole_key(text: str) -> int | None:
    """Return the id that a text is; None for one that no row can have."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_KEY else None


def _name_attribute(target: type[ModelResource[Any]], text: str) -> tuple[str, int | str]:
    """Return the attribute of the target that a value names, and the value in its type."""
    text = text.strip()
    uri = ASKED_URI.fullmatch(text)
    try:
        if uri and uri["name"] == target.name:
            return target.key, target.parse_key(uri["key"])
        return "pk", int(text)
    except ValueError:
        if uri or not target.names or not text or "\0" in text:
            raise lookups.type_mismatch() from None
        return target.names[0], text


def _any_of_condition(
    target: type[ModelResource[Any]],
    path: str,
    named: list[tuple[str, int | str]],
    seen: walks.Rows | None,
) -> models.Q:
    """Return the condition that the related row is one of those named. Other texts are tried on
    every unique name."""
    keys = [key for attribute, key in named if attribute == "pk"]
    found = models.Q(**{f"{path}__in": keys})
    for attribute, key in named:
        if attribute == target.key:
            found |= models.Q(**{f"{path}__{attribute}": key})
        elif attribute != "pk":
            found |= _by_name(target, path, key, seen)
    return found


def _by_name(
    target: type[ModelResource[Any]], path: str, text: int | str, seen: walks.Rows | None
) -> models.Q:
    if seen is None:
        names = (models.Q(**{f"{path}__{name}": text}) for name in target.names)
        return reduce(or_, names)
    names = (models.Q(**{name: text}) for name in target.names)
    named = seen.filter(reduce(or_, names))
    return models.Q(**{f"{path}__in": named.order_by().values("pk")})


def _range_condition(path: str, ends: list[tuple[str, int | str]]) -> models.Q:
    (attribute, low), (other, high) = ends
    if attribute != other:
        raise lookups.type_mismatch()
    return models.Q(**{f"{path}__{attribute}__range": (low, high)})
