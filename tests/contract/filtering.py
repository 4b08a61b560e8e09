"""Every filter with every lookup, and every text that refuses one (Tastypie rules T56 to T89)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models

from apps.api import lookups
from apps.api.derived import AnnotatedField
from apps.api.fields import Field
from apps.api.resources import ModelResource, Resource
from apps.api.versions import NEWEST
from tests.contract.contract import RowContract, case, is_relation, real_fields, refused
from tests.people import Caller

COMPUTED = "The '{}' field is not a valid field name"
NOT_LISTED = "The '{}' field does not allow filtering."
TOO_DEEP = "Lookups are not allowed more than one level deep on the '{}' field."
NO_EXACT = "'exact' is not an allowed filter on the '{}' field."
MISMATCH = "Invalid resource lookup data provided (mismatched type)."
BAD_DATE = (
    "['“{}” value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format.']"
)
BAD_DAY = "['“{}” value has an invalid date format. It must be in YYYY-MM-DD format.']"
PAIR = tuple[str, str]


def fields_with_filters(resource: type[Resource]) -> dict[str, Field]:
    """The fields that the newest version lists for filtering."""
    listed = resource.filtering_in(NEWEST)
    return {name: field for name, field in real_fields(resource).items() if name in listed}


def open_lookups(resource: type[Resource], name: str) -> frozenset[str]:
    """The lookups that a filter allows."""
    listed = resource.filtering_in(NEWEST)[name]
    if isinstance(listed, list):
        return frozenset(listed)
    return lookups.OF_RELATIONS if is_relation(real_fields(resource)[name]) else lookups.KNOWN


@case("filter_field")
def filter_fields(resource: type[Resource]) -> list[str]:
    """The fields that can be filtered."""
    return list(fields_with_filters(resource))


@case("filter_relation")
def filter_relations(resource: type[Resource]) -> list[str]:
    """The relations that can be filtered."""
    return [name for name, field in fields_with_filters(resource).items() if is_relation(field)]


@case("walk")
def walks(resource: type[Resource]) -> list[str]:
    """The relations through which filters may walk."""
    listed = resource.filtering_in(NEWEST)
    return [name for name in fields_with_filters(resource) if listed[name] == 2]


@case("ignored")
def ignored(resource: type[Resource]) -> list[str]:
    """Names listed for filtering that are neither fields nor arguments with a meaning."""
    if not issubclass(resource, ModelResource):
        return []
    meant = resource.arguments.base_filters if resource.arguments else {}
    return [name for name in resource.filtering if name not in (*resource.fields, *meant)]


def probes(lookup: str, value: Any) -> PAIR:
    """Two filter values for a row that has `value`: one that finds it and one that does not."""
    if lookup == "isnull":
        return "false", "true"
    if lookup == "startswith":
        return value[:3], f"x{value}"
    less, equal, more, most = (written(found) for found in around(value))
    return {
        "exact": (equal, more),
        "in": (f"{more},{equal}", f"{more},{most}"),
        "ne": (more, equal),
        "gt": (less, equal),
        "gte": (equal, more),
        "lt": (more, equal),
        "lte": (equal, less),
        "range": (f"{less},{more}", f"{more},{most}"),
    }[lookup]


def around(value: Any) -> tuple[Any, Any, Any, Any]:
    """Something less than the value, the value, and two things that are more."""
    if isinstance(value, str):
        return "", value, f"{value}x", f"{value}y"
    step: Any = 1
    if isinstance(value, date):  # a datetime is one too
        step = timedelta(hours=1) if isinstance(value, datetime) else timedelta(days=1)
    return value - step, value, value + step, value + step + step


def written(value: Any) -> str:
    """A value as a filter takes it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def wrong_values(column: Any, lookup: str) -> list[PAIR]:
    """Values that a column does not take under a lookup, each with the refusal's text."""
    if lookup == "isnull":
        return [("maybe", MISMATCH), ("", MISMATCH), ("none", MISMATCH)]
    if lookup == "in":
        return [("true", MISMATCH), ("none", MISMATCH), *wrong_items(column, "{0},{0}")]
    if lookup == "range":
        wrong = [(text, MISMATCH) for text in ("true", "none", "")]
        return [*wrong, *wrong_items(column, "{0},{0}")]
    return [*wrong_items(column, "{}"), *([("none", MISMATCH)] if lookup != "exact" else [])]


def wrong_items(column: Any, form: str) -> list[PAIR]:
    """A value of the wrong type in a form that may repeat it."""
    if isinstance(column, models.DateTimeField):
        return [(form.format("yesterday"), BAD_DATE.format("yesterday"))]
    if isinstance(column, models.DateField):
        return [(form.format("yesterday"), BAD_DAY.format("yesterday"))]
    if isinstance(column, models.IntegerField):
        return [(form.format(text), MISMATCH) for text in ("abc", "1.5")]
    text = {"FloatField": "abc", "CharField": "\0", "EmailField": "\0"}
    kind = column.get_internal_type() if isinstance(column, models.Field) else ""
    return [(form.format(text.get(kind, "/api/nothing/1/")), MISMATCH)]


class FilterContract(RowContract):
    """The query parameters that narrow a list."""

    def finds(self, caller: Caller, name: str, value: str, row: models.Model) -> bool:
        """Whether the list with one filter holds the row."""
        return self.key(row) in self.keys(caller.get(self.list_path, {name: value, "limit": 0}))

    def stored(self, caller: Caller, name: str, row: models.Model) -> Any:
        """What filters on a field compare with in a row."""
        path = str(self.resource.fields[name].path())
        return self.visible(caller, name).values_list(path, flat=True).get(pk=row.pk)

    def test_every_lookup_finds_its_rows(self, owner: Caller, filter_field: str) -> None:
        row = self.make(owner.user)
        value = self.stored(owner, filter_field, row)
        for lookup in open_lookups(self.resource, filter_field):
            right, other = probes(lookup, value)
            assert self.finds(owner, f"{filter_field}__{lookup}", right, row)
            assert not self.finds(owner, f"{filter_field}__{lookup}", other, row)

    def test_every_lookup_refuses_the_wrong_type(self, owner: Caller, filter_field: str) -> None:
        for lookup in open_lookups(self.resource, filter_field):
            for value, text in wrong_values(self.column(filter_field), lookup):
                words = self.wrong_filters.get(filter_field, text)
                refused(owner.get(self.list_path, {f"{filter_field}__{lookup}": value}), words)

    def column(self, name: str) -> Any:
        """What decides about the type of a filter's values: a column, or None for a relation."""
        field = self.resource.fields[name]
        if is_relation(field):
            return None
        if isinstance(field, AnnotatedField):
            return field.output
        return self.resource.model._meta.get_field(str(field.attribute))

    def test_a_number_out_of_range_finds_nothing(self, owner: Caller, filter_field: str) -> None:
        self.make(owner.user)
        if isinstance(self.column(filter_field), models.IntegerField):
            lookup = "exact" if "exact" in open_lookups(self.resource, filter_field) else "gt"
            query = {f"{filter_field}__{lookup}": 10**30}
            assert self.keys(owner.get(self.list_path, query)) == []

    def test_plain_values_mean_exact(self, owner: Caller, filter_field: str) -> None:
        row = self.make(owner.user)
        value = written(self.stored(owner, filter_field, row))
        if "exact" not in open_lookups(self.resource, filter_field):
            refused(owner.get(self.list_path, {filter_field: value}), NO_EXACT.format(filter_field))
            return
        assert self.finds(owner, filter_field, value, row)
        assert not self.finds(owner, filter_field, "none", row)

    def test_lookups_not_listed(self, owner: Caller, filter_field: str) -> None:
        field = self.resource.fields[filter_field]
        known = lookups.OF_RELATIONS if is_relation(field) else lookups.KNOWN
        for lookup in known - open_lookups(self.resource, filter_field):
            text = f"'{lookup}' is not an allowed filter on the '{filter_field}' field."
            refused(owner.get(self.list_path, {f"{filter_field}__{lookup}": "1"}), text)

    def test_unknown_lookups_are_walks(self, owner: Caller, filter_field: str) -> None:
        if self.resource.filtering_in(NEWEST)[filter_field] == lookups.ALL_WITH_RELATIONS:
            text = NOT_LISTED.format("foo")
        elif "exact" not in open_lookups(self.resource, filter_field):
            text = NO_EXACT.format(filter_field)
        elif is_relation(self.resource.fields[filter_field]):
            text = (
                f"Lookups are not allowed more than one level deep on the '{filter_field}' field."
            )
        else:
            text = f"The '{filter_field}' field does not support relations."
        refused(owner.get(self.list_path, {f"{filter_field}__foo": "1"}), text)

    def test_fields_not_listed(self, owner: Caller) -> None:
        listed = fields_with_filters(self.resource)
        for name, field in real_fields(self.resource).items():
            computed = f"The '{name}' field is not a valid field name"
            text = (
                computed
                if field.path() is None
                else f"The '{name}' field does not allow filtering."
            )
            if name not in listed:
                refused(owner.get(self.list_path, {name: "1"}), text)
                refused(owner.get(self.list_path, {f"{name}__gt": "1"}), text)

    def test_names_that_are_no_fields_mean_nothing(self, owner: Caller) -> None:
        row = self.make(owner.user)
        for name in ("foo", "foo__bar", "pk", "user_id", "__id"):
            assert self.finds(owner, name, "0", row)

    def test_listed_names_that_are_no_fields_mean_nothing(
        self, owner: Caller, ignored: str
    ) -> None:
        row = self.make(owner.user)
        assert self.finds(owner, ignored, "1", row)

    def test_relations_are_named_in_many_ways(self, owner: Caller, filter_relation: str) -> None:
        row = self.make(owner.user)
        target = self.resource.fields[filter_relation].target  # type: ignore[attr-defined]
        other = target.model._default_manager.get(pk=self.stored(owner, filter_relation, row))
        end = f"{target.name}/{getattr(other, target.key)}"
        ways = [
            f"/api/{end}/",
            f"/api/v1/{end}/",
            f"/api/v1/{end}",
            f"https://a.example/api/{end}/",
        ]
        for way in [*ways, other.pk, *(getattr(other, name) for name in target.names)]:
            assert self.finds(owner, filter_relation, str(way), row)
            if "in" in open_lookups(self.resource, filter_relation):
                assert self.finds(owner, f"{filter_relation}__in", f"{way},{way}", row)

    def test_walks_obey_the_other_resource(self, owner: Caller, walk: str) -> None:
        row = self.make(owner.user)
        key = self.stored(owner, walk, row)
        assert self.finds(owner, f"{walk}__id", key, row)
        assert not self.finds(owner, f"{walk}__id__in", f"{key + 1}", row)
        answer = owner.get(self.list_path, {f"{walk}__resource_uri": "1"})
        refused(answer, COMPUTED.format("resource_uri"))
