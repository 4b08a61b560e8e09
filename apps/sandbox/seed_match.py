"""Which rows of a seed are already in the store, so that it can be loaded again.

A row is identified by its id or by its unique values. A row without either is identified by all its
values: as many equal rows as the seed has are assumed to be these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password
from django.db import models

from apps.sandbox.seed_rows import SeedError, SeedRow

Column = models.Field[Any, Any]
Identity = tuple[Column, ...]
Taken = set[tuple[type[models.Model], Any]]


def match_batch(batch: Sequence[SeedRow], taken: Taken) -> None:
    """Give each row of a batch, which is of one table, its existing instance.

    `taken` are rows of the store that belong to other rows of the seed; it grows. Raise SeedError
    for a row whose id belongs to one row of the store and whose name to another.
    """
    model = batch[0].table.model
    if not model._base_manager.exists():
        return
    known = [row for row in batch if given_identities(row)]
    nameless = [row for row in batch if not given_identities(row)]
    _match_by_identity(model, known)
    taken |= {(model, row.primary_key) for row in known if row.instance is not None}
    if nameless:
        _match_by_values(model, nameless, taken)


def given_identities(row: SeedRow) -> list[Identity]:
    """Return the given sets of columns that identify a row."""
    given = {column for column, value in row.values.items() if value is not None}
    return [each for each in unique_columns(row.table.model) if given.issuperset(each)]


def unique_columns(model: type[models.Model]) -> Iterator[Identity]:
    """Yield the unique sets of columns of a table."""
    for column in model._meta.concrete_fields:
        if column.unique:
            yield (column,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and not constraint.condition:
            columns = [
                each for each in model._meta.concrete_fields if each.name in constraint.fields
            ]
            if columns:
                yield tuple(columns)


def find_differences(row: SeedRow) -> list[Column]:
    """Return the columns whose values differ between the store and the seed."""
    return [column for column in row.values if not is_equal(row, column)]


def is_equal(row: SeedRow, column: Column) -> bool:
    """Return whether the store has the value of the seed. Of a password, the store has the hash."""
    there, wanted = getattr(row.instance, column.attname), row.values[column]
    if is_password(row, column):
        return check_password(wanted, there)
    return bool(there == wanted)


def is_password(row: SeedRow, column: Column) -> bool:
    """Return whether a column stores a hash of the seed's value."""
    return issubclass(row.table.model, AbstractBaseUser) and column.attname == "password"


def _match_by_identity(model: type[models.Model], rows: Iterable[SeedRow]) -> None:
    by_identity: dict[Identity, list[SeedRow]] = {}
    for row in rows:
        for identity in given_identities(row):
            by_identity.setdefault(identity, []).append(row)
    for identity, those in by_identity.items():
        found = {
            _values_of(each, identity): each for each in _find_candidates(model, identity[0], those)
        }
        for row in those:
            instance = found.get(tuple(row.values[column] for column in identity))
            if instance is None:
                continue
            if row.instance is not None and row.instance.pk != instance.pk:
                names = " and ".join(column.name for column in identity)
                raise SeedError(f"{row}: its {names} and its other names belong to different rows")
            row.instance = instance


def _match_by_values(model: type[models.Model], rows: Iterable[SeedRow], taken: Taken) -> None:
    by_columns: dict[Identity, list[SeedRow]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row.values), []).append(row)
    for columns, those in by_columns.items():
        found: dict[str, list[models.Model]] = {}
        for each in _find_candidates(model, _most_telling(columns, those), those):
            if (model, each.pk) not in taken:
                found.setdefault(repr(_values_of(each, columns)), []).append(each)
        for row in those:
            equal = found.get(repr(tuple(row.values[column] for column in columns)))
            if equal:
                row.instance = equal.pop(0)
                taken.add((model, row.primary_key))


def _most_telling(columns: Identity, rows: Sequence[SeedRow]) -> Column:
    """Return the column with the most different values, so that few rows are looked at."""
    return max(columns, key=lambda column: len({repr(row.values[column]) for row in rows}))


def _find_candidates(
    model: type[models.Model], column: Column, rows: Iterable[SeedRow]
) -> Iterable[models.Model]:
    """Return the rows of the store that have one of these values in a column."""
    values = [row.values[column] for row in rows]
    wanted = models.Q(**{f"{column.attname}__in": [value for value in values if value is not None]})
    if None in values:
        wanted |= models.Q(**{f"{column.attname}__isnull": True})
    return model._base_manager.filter(wanted).order_by("pk")


def _values_of(instance: models.Model, columns: Identity) -> tuple[Any, ...]:
    return tuple(getattr(instance, column.attname) for column in columns)
