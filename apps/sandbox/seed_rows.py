"""The rows of a seed: their fields checked and turned into model instances."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache, cached_property
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from apps.api import registry
from apps.api.resources import ModelResource
from apps.api.versions import Version
from hexostore import hexotime

_URI = re.compile(r"(?:.*/)?(?P<name>[^/]+)/(?P<key>[^/]+)/?")


class SeedError(Exception):
    """A seed that cannot be loaded; the text names resource, handle and field."""


class State(Enum):
    """What became of a row: it was missing, had other values, or was there already."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "as it was"


class SeedTable:
    """A resource of the seed: its model and the names of its fields."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.resource = row_resources().get(name)
        self.model = self.resource.model if self.resource else _find_model(name)

    @cached_property
    def columns(self) -> dict[str, models.Field[Any, Any]]:
        """Model fields by the names that a seed may use.

        These are their own names, those of differently named columns, and those of the resource,
        unless another column has the name.
        """
        meta = self.model._meta
        found = {field.name: field for field in (*meta.concrete_fields, *meta.many_to_many)}
        found |= {field.db_column: field for field in meta.concrete_fields if field.db_column}
        for name, field in (self.resource.fields if self.resource else {}).items():
            attribute = field.attribute or name
            if attribute in found:
                found.setdefault(name, found[attribute])
        return found

    @cached_property
    def not_stored(self) -> frozenset[str]:
        """Members that a seed may have besides: other parts of the program read them."""
        return getattr(self.model, "not_stored", frozenset())

    @cached_property
    def required(self) -> list[models.Field[Any, Any]]:
        """Columns without a default."""
        return [
            column
            for column in self.model._meta.concrete_fields
            if not (column.null or column.blank or column.has_default())
        ]

    def each_model(self) -> Iterator[type[models.Model]]:
        """Yield the model and those behind its to-many fields."""
        yield self.model
        for field in self.model._meta.many_to_many:
            yield _link_model(field)


class SeedRow:
    """One row of the seed. It raises SeedError at once if it has unknown or missing fields."""

    def __init__(self, table: SeedTable, handle: str, fields: object, rows: Rows) -> None:
        self.table, self.handle, self.rows = table, handle, rows
        if not isinstance(fields, Mapping):
            raise SeedError(f"{self}: a JSON object with fields is expected")
        self.not_stored = {name: fields[name] for name in table.not_stored & fields.keys()}
        fields = {name: value for name, value in fields.items() if name not in table.not_stored}
        unknown = [name for name in fields if name not in table.columns]
        if unknown:
            known = ", ".join(sorted(table.columns.keys() | table.not_stored))
            raise SeedError(f"{self}: unknown field {unknown[0]!r}; {table.name} has {known}")
        self.fields = fields
        given = {table.columns[name] for name in fields}
        for column in table.required:
            if column not in given:
                raise self.error_in_field(column.name, "is missing")
        self.instance: models.Model | None = None
        self.state = State.NEW

    def __str__(self) -> str:
        return f"{self.table.name} {self.handle}"

    def error_in_field(self, field: str, what: str) -> SeedError:
        """Return the error that names resource, handle and field."""
        return SeedError(f"{self}: field {field!r}: {what}")

    def needed_rows(self) -> list[SeedRow]:
        """Return the rows of the seed that must be stored before this one."""
        found = (
            self.rows.resolve(self, name, column, self.fields[name])
            for name, column in self._given_columns()
            if isinstance(column, models.ForeignKey) and self.fields[name] is not None
        )
        return [row for row in found if isinstance(row, SeedRow)]

    @cached_property
    def values(self) -> dict[models.Field[Any, Any], Any]:
        """The checked values of its columns. The rows that it needs are already stored."""
        return {
            column: self._checked_value(name, column)
            for name, column in self._given_columns()
            if not column.many_to_many
        }

    def make_instance(self) -> models.Model:
        """Return the instance to save. The rows that it needs are already stored."""
        self.instance = self.table.model()
        for column, value in self.values.items():
            setattr(self.instance, column.attname, value)
        return self.instance

    def to_many(self) -> list[tuple[str, models.ManyToManyField[Any, Any]]]:
        """Return the to-many fields in the seed, with the names used there."""
        given = list(self._given_columns())
        return [(name, each) for name, each in given if isinstance(each, models.ManyToManyField)]

    def find_targets(self, name: str, column: models.ManyToManyField[Any, Any]) -> list[Any]:
        """Return the targets of a to-many field: rows of the seed, or keys of existing rows."""
        values = self.fields[name] or []
        if not isinstance(values, list):
            raise self.error_in_field(name, "a list of handles is expected")
        return [self.rows.resolve(self, name, column, value) for value in values]

    def make_links(self) -> Iterator[models.Model]:
        """Yield the rows that connect this stored one with those of its to-many fields."""
        for name, column in self.to_many():
            near, far = f"{column.m2m_field_name()}_id", f"{column.m2m_reverse_field_name()}_id"
            for target in self.find_targets(name, column):
                key = target.primary_key if isinstance(target, SeedRow) else target
                yield _link_model(column)(**{near: self.primary_key, far: key})

    @property
    def primary_key(self) -> Any:
        """The key of the saved row."""
        assert self.instance is not None
        return self.instance.pk

    def _given_columns(self) -> Iterator[tuple[str, models.Field[Any, Any]]]:
        return ((name, self.table.columns[name]) for name in self.fields)

    def _key_of(self, name: str, column: models.Field[Any, Any], value: object) -> Any:
        found = self.rows.resolve(self, name, column, value)
        return found.primary_key if isinstance(found, SeedRow) else found

    def _checked_value(self, name: str, column: models.Field[Any, Any]) -> Any:
        value = self.fields[name]
        if value is None:
            if not (column.null or column.has_default()):
                raise self.error_in_field(name, "must not be null")
            return None if column.null else column.get_default()
        if isinstance(column, models.ForeignKey):
            return self._key_of(name, column, value)
        try:
            if isinstance(column, models.DateTimeField):
                return hexotime.from_iso(value)
            cleaned = column.to_python(value)
            column.run_validators(cleaned)
        except ValidationError as error:
            raise self.error_in_field(name, " ".join(error.messages)) from error
        except (TypeError, ValueError) as error:
            raise self.error_in_field(name, str(error)) from error
        return cleaned


class Rows:
    """The rows of the seed by all their names, and the existing rows."""

    def __init__(self) -> None:
        self._by_handle: dict[tuple[Any, Any], SeedRow] = {}
        self._by_key: dict[tuple[Any, str], SeedRow] = {}
        self._existing: dict[tuple[Any, str], Any] = {}

    def add(self, row: SeedRow) -> None:
        """Register a row under its handle and its explicit key."""
        model = row.table.model
        self._by_handle[model, row.handle] = row
        for name in {"pk", model._meta.pk.name, _key_name(model)}:
            if name in row.fields:
                self._by_key[model, str(row.fields[name])] = row

    def all_rows(self) -> list[SeedRow]:
        """Return all rows, in the order of the seed."""
        return list(self._by_handle.values())

    def resolve(
        self, row: SeedRow, name: str, column: models.Field[Any, Any], value: object
    ) -> Any:
        """Return what `value` in the field `name` of `row` means: a Row, or the key of an existing
        row.

        Raise SeedError if there is no such row.
        """
        model = column.related_model
        assert isinstance(model, type)
        if (model, value) in self._by_handle:
            return self._by_handle[model, value]
        key = _key_in(model, value)
        found = self._by_key.get((model, key)) or self._find_row(model, key)
        if found is None:
            what = f"no row with the handle {value!r} in {_resource_name(model)}"
            raise row.error_in_field(name, what)
        return found

    def _find_row(self, model: type[models.Model], key: str) -> Any:
        if (model, key) not in self._existing:
            self._existing[model, key] = _find_key(model, key)
        return self._existing[model, key]


def _link_model(column: models.ManyToManyField[Any, Any]) -> type[models.Model]:
    model = column.remote_field.through
    assert model is not None
    return model


def _key_in(model: type[models.Model], value: object) -> str:
    """Return the key in a URI of the model; other values as text."""
    uri = _URI.fullmatch(str(value))
    return uri["key"] if uri and uri["name"] == _resource_name(model) else str(value)


def _find_key(model: type[models.Model], key: str) -> Any:
    """Return the primary key of an existing row, by its key or a unique name."""
    resource = _resource_of(model)
    for attribute in dict.fromkeys(["pk", _key_name(model), *(resource.names if resource else ())]):
        try:
            found = model._base_manager.filter(**{attribute: key}).values_list("pk", flat=True)
            if first := found.first():
                return first
        except ValueError:  # a text where the column holds numbers
            continue
    return None


def _resource_of(model: type[models.Model]) -> type[ModelResource[Any]] | None:
    """Return the resource of a model; the one with the model's name if several show it."""
    found = [each for each in row_resources().values() if each.model is model]
    return min(found, key=lambda each: each.name != model._meta.model_name, default=None)


def _resource_name(model: type[models.Model]) -> str:
    resource = _resource_of(model)
    return resource.name if resource else str(model._meta.model_name)


def _key_name(model: type[models.Model]) -> str:
    resource = _resource_of(model)
    return resource.key if resource else "pk"


@cache
def row_resources() -> dict[str, type[ModelResource[Any]]]:
    """Return the resources that are rows of a model, by name."""
    return {
        resource.name: resource
        for version in Version
        for resource in registry.all_in(version)
        if issubclass(resource, ModelResource)
    }


def _find_model(name: str) -> type[models.Model]:
    """Return the model of a seed table that is not a resource, for instance `bundle_permission`."""
    ours = {
        model._meta.model_name: model
        for model in apps.get_models()
        if model.__module__.startswith("apps.")
    }
    try:
        return ours[name.replace("_", "")]
    except KeyError:
        known = ", ".join(sorted({*row_resources(), *map(str, ours)}))
        raise SeedError(f"unknown resource {name!r}; choose from {known}") from None
