"""Which rows of a seed are in the store already, so that it can be loaded again.

A row is known by its id or by what is unique in its table. One that gives neither is known by
all that it says: as many equal rows as the seed has are taken to be these.
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


def match(batch: Sequence[SeedRow], taken: Taken) -> None:
    """Give each row of a batch, which is of one table, the instance that it is already.

    `taken` are rows of the store that others of the seed are; it grows. Raise SeedError for a
    row whose id is of one row of the store and whose name is of another.
    """
    model = batch[0].table.model
    if not model._base_manager.exists():
        return
    known = [row for row in batch if identities(row)]
    nameless = [row for row in batch if not identities(row)]
    _match_by_identity(model, known)
    taken |= {(model, row.primary_key) for row in known if row.instance is not None}
    if nameless:
        _match_by_values(model, nameless, taken)


def identities(row: SeedRow) -> list[Identity]:
    """Return the sets of columns by which a row is known, of those that it gives."""
    given = {column for column, value in row.values.items() if value is not None}
    return [each for each in unique_columns(row.table.model) if given.issuperset(each)]


def unique_columns(model: type[models.Model]) -> Iterator[Identity]:
    """Yield what is unique in a table, whatever the values."""
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


def differences(row: SeedRow) -> list[Column]:
    """Return the columns that are otherwise in the store than the seed says."""
    return [column for column in row.values if not is_equal(row, column)]


def is_equal(row: SeedRow, column: Column) -> bool:
    """Whether the store has the value that the seed gives; of a password it has the hash."""
    there, wanted = getattr(row.instance, column.attname), row.values[column]
    if is_password(row, column):
        return check_password(wanted, there)
    return bool(there == wanted)


def is_password(row: SeedRow, column: Column) -> bool:
    """Whether a column is kept as a hash of what the seed says."""
    return issubclass(row.table.model, AbstractBaseUser) and column.attname == "password"


def _match_by_identity(model: type[models.Model], rows: Iterable[SeedRow]) -> None:
    by_identity: dict[Identity, list[SeedRow]] = {}
    for row in rows:
        for identity in identities(row):
            by_identity.setdefault(identity, []).append(row)
    for identity, those in by_identity.items():
        found = {_key(each, identity): each for each in _candidates(model, identity[0], those)}
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
        for each in _candidates(model, _most_telling(columns, those), those):
            if (model, each.pk) not in taken:
                found.setdefault(repr(_key(each, columns)), []).append(each)
        for row in those:
            equal = found.get(repr(tuple(row.values[column] for column in columns)))
            if equal:
                row.instance = equal.pop(0)
                taken.add((model, row.primary_key))


def _most_telling(columns: Identity, rows: Sequence[SeedRow]) -> Column:
    """Return the column with the most different values, by which few rows are looked at."""
    return max(columns, key=lambda column: len({repr(row.values[column]) for row in rows}))


def _candidates(
    model: type[models.Model], column: Column, rows: Iterable[SeedRow]
) -> Iterable[models.Model]:
    """Return the rows of the store that have the value of one of those in a column."""
    values = [row.values[column] for row in rows]
    wanted = models.Q(**{f"{column.attname}__in": [value for value in values if value is not None]})
    if None in values:
        wanted |= models.Q(**{f"{column.attname}__isnull": True})
    return model._base_manager.filter(wanted).order_by("pk")


def _key(instance: models.Model, columns: Identity) -> tuple[Any, ...]:
    return tuple(getattr(instance, column.attname) for column in columns)
