"""The catalogue, for tests that need some of it.

Loading it from its files takes most of a second. So each process does this once, and later tests
get the same rows in one statement for each table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model

from apps.sandbox import seeds, store
from apps.sandbox.seed_rows import SeedTable

Table = tuple[type[Model], list[Model]]

_loaded: dict[tuple[str, ...], list[Table]] = {}


def load_catalogue(*names: str) -> None:
    """Load the rows of these resources, or of all, and the links between them. Those that are
    there already stay as they are."""
    if names not in _loaded:
        everything = store.read_fixtures("catalogue")
        wanted = {name: everything[name] for name in names or everything}
        seeds.load(wanted)
        _loaded[names] = list(_tables(wanted))
        return
    with transaction.atomic():  # at whose end the links are checked
        for model, rows in _loaded[names]:
            model._default_manager.bulk_create(rows, ignore_conflicts=True)


def _tables(seed: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[Table]:
    """Yield the rows of a seed that was just loaded, and their links, by table."""
    models = {SeedTable(name).model: rows for name, rows in seed.items()}
    for model, rows in models.items():
        keys = {row.get(model._meta.pk.attname) for row in rows.values()}
        there = model._default_manager.all()
        yield model, list(there if None in keys else there.filter(pk__in=keys))
    for model in models:
        for link in model._meta.many_to_many:
            through = link.remote_field.through
            if link.related_model in models and through is not None:
                yield through, list(through._default_manager.all())
