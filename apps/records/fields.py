"""Fields that only records and ranges have."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Model, OuterRef, Subquery

from apps.api import reading, registry
from apps.api.bodies import JSONValue
from apps.api.bounds import shorten_value
from apps.api.context import Context
from apps.api.derived import PageField
from apps.api.errors import BadRequest, InvalidFields
from apps.api.fields import Field, Float, Reader
from apps.api.relations import ToOne, resolve_relation, sent_objects
from apps.records.models import ActivityAttributeValue, LabelledObject, Range
from hexostore.database.turns import take_turns

_URI = re.compile(r".*/(?P<name>[^/]+)/(?P<key>[^/]+)/")
CONTEXT = ("activitytype", "trainingroutine")


class RangeContext(Field):
    """`context`: the pair of links that newer versions write (behaviour 11).

    A routine also sets its activity type, unless another one is given.
    """

    type = "dict"
    kept_by_put = True

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        root = context.prefix

        def show(*keys: int | None) -> dict[str, str | None]:
            return {
                name: None if key is None else f"{root}/{name}/{key}/"
                for name, key in zip(CONTEXT, keys, strict=True)
            }

        return Reader(tuple(f"{prefix}{name}_id" for name in CONTEXT), show)

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, Range)
        if not isinstance(value, dict):
            shown = shorten_value(value)
            raise BadRequest(
                f"The '{self.name}' field was given data that is not an object: {shown}."
            )
        sent = {name: value[name] for name in CONTEXT if name in value}
        for name, link in sent.items():
            found = link and resolve_relation(
                registry.model_resource(name), self.name, link, context
            )
            setattr(row, name, found or None)
        if sent.get("trainingroutine") and not sent.get("activitytype"):
            assert row.trainingroutine is not None
            row.activitytype = row.trainingroutine.activitytype

    def accept_null(self, row: Model) -> None:
        assert isinstance(row, Range)
        row.activitytype = row.trainingroutine = None


_IS_ABOVE = """
    WITH RECURSIVE above (id) AS (
        SELECT %s::bigint
        UNION
        SELECT parent_id FROM records_range JOIN above USING (id) WHERE parent_id IS NOT NULL
    )
    SELECT exists(SELECT FROM above WHERE id = %s)
"""


class Parent(ToOne):
    """`parent`: a range that contains this one. It cannot be the range itself or one below it."""

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, Range)
        before = row.parent_id
        super().accept(row, value, context)
        if row.pk is not None and row.parent_id not in (None, before) and _is_above(row):
            raise InvalidFields("range", {self.name: ["A range cannot be its own ancestor."]})


def _is_above(row: Range) -> bool:
    """Return whether a range is above its own parent.

    The check locks the ranges. Otherwise two simultaneous requests could each put one range below
    the other.
    """
    take_turns("records_range.parent")
    with connection.cursor() as cursor:
        cursor.execute(_IS_ABOVE, [row.parent_id, row.pk])
        (found,) = cursor.fetchone()
    return bool(found)


class RangeAttributes(PageField):
    """`activityattributes`: the questions of the range's activity type with their answers.

    Without the field, a write changes nothing. Listed values are replaced or added. Attributes that
    are left out or null lose their value (behaviour 11).
    """

    type = "list"
    emptied_by_put = False

    def collect(self, context: Context, values: list[Any]) -> list[Any]:
        template = reading.nested_reader(
            registry.model_resource("activityattribute"), context, "activitytype__attributes__", ()
        )
        answer = ActivityAttributeValue.objects.filter(
            range=OuterRef("pk"), activityattribute=OuterRef("activitytype__attributes")
        )
        rows = (
            Range.objects.filter(pk__in=values, activitytype__attributes__isnull=False)
            .annotate(answer=Subquery(answer.values("value")))
            .order_by("activitytype__attributes__pk")
            .values_list("pk", "answer", *template.paths)
        )
        assert template.render is not None
        found: dict[Any, list[Any]] = defaultdict(list)
        for pk, value, *columns in rows:
            found[pk].append(dict(sorted({**template.render(*columns), "value": value}.items())))
        return [found[pk] for pk in values]

    def attach(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, Range)
        objects = sent_objects(self.name, [] if value is None else value)
        target = registry.model_resource("activityattribute")
        answers = {
            resolve_relation(target, self.name, item, context): item.get("value")
            for item in objects
        }
        self._check_answers(row, answers)
        kept = {template: number for template, number in answers.items() if number is not None}
        ActivityAttributeValue.objects.filter(range=row).exclude(
            activityattribute__in=kept
        ).delete()
        for template, number in kept.items():
            ActivityAttributeValue.objects.update_or_create(
                range=row,
                activityattribute=template,
                defaults={"value": self._require_number(number), "start": row.start},
            )

    def _require_number(self, value: JSONValue) -> float:
        field = Float()
        field.name = self.name
        return field.convert(value, ActivityAttributeValue._meta.get_field("value"))

    def _check_answers(self, row: Range, answers: Mapping[Any, JSONValue]) -> None:
        """Raise an error for calculated values, which the server sets, and for attributes of other
        activity types."""
        allowed = set(row.activitytype.attributes.all()) if row.activitytype else set()
        kept = {value.activityattribute_id: value.value for value in row.attribute_values.all()}
        wrong = [
            str(template)
            for template, value in answers.items()
            if value is not None
            and kept.get(template.pk) != value
            and (template not in allowed or template.attrtype == "calculated")
        ]
        if wrong:
            text = f"These attributes cannot be set on this range: {', '.join(wrong)}."
            raise InvalidFields("range", {self.name: [text]})


class LabelledThing(Field):
    """`object`: the URI of any object of this API, stored as resource and id."""

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader(
            (f"{prefix}object_type", f"{prefix}object_id"),
            lambda kind, key: f"{context.prefix}/{kind}/{key}/",
        )

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        uri = value.get("resource_uri") if isinstance(value, dict) else value
        parts = _URI.fullmatch(uri) if isinstance(uri, str) else None
        try:
            target = registry.model_resource(parts["name"]) if parts else None
        except KeyError:
            target = None
        if target is None or target.key != "id":
            raise BadRequest(
                f"The '{self.name}' field was given data that was not a URI: {shorten_value(uri)}."
            )
        found = resolve_relation(target, self.name, uri, context)
        assert isinstance(row, LabelledObject)
        row.object_type, row.object_id = target.name, found.pk
