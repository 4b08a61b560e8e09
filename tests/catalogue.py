"""The catalogue, for tests that need some of it.

Loading it from its files takes most of a second. So each process does this once, and later tests
get the same rows in one statement for each table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import Model

from apps.api import registry
from apps.sandbox import seeds

CATALOG = Path(__file__).parents[1] / "fixtures" / "catalog"

Table = tuple[type[Model], list[dict[str, Any]]]

_loaded: dict[tuple[str, ...], list[Table]] = {}


def load_catalogue(*names: str) -> None:
    """Load the rows of resources, and the links between them. Their tables must be empty."""
    if names not in _loaded:
        everything = seeds.read_all(CATALOG)
        seeds.load({name: everything[name] for name in names})
        _loaded[names] = [(model, _rows(model)) for model in _models(names)]
        return
    for model, rows in _loaded[names]:
        model._default_manager.bulk_create(model(**row) for row in rows)


def _models(names: tuple[str, ...]) -> Iterator[type[Model]]:
    models = [registry.model_resource(name).model for name in names]
    yield from models
    for model in models:
        for link in model._meta.many_to_many:
            if link.related_model in models:
                yield link.remote_field.through


def _rows(model: type[Model]) -> list[dict[str, Any]]:
    return list(model._default_manager.values())
