"""The rows that a store begins with, compared with those of this program and updated.

A row is identified by its number, or if it has none, by its unique values. Rows of the catalogue
are added and corrected. Rows of the demo world belong to people and are at most added. A row that a
user or another program has created under such a number stays unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction

from apps.sandbox import seeds
from apps.sandbox.seed_rows import SeedRow, SeedTable

Keys = Mapping[str, list[Any]]
"""The primary keys of rows, by resource."""

NATURAL = {"population": ("kpi_id", "gender", "age_min")}
"""What identifies rows without a number."""


@dataclass
class Outcome:
    """What was done, in rows of the seed, and the keys of the catalogue as it is now."""

    added: list[SeedRow] = field(default_factory=list)
    corrected: list[SeedRow] = field(default_factory=list)
    missing: list[SeedRow] = field(default_factory=list)
    """Rows of the demo world that were left unchanged."""
    left_out: list[SeedRow] = field(default_factory=list)
    """Rows whose number or unique name belongs to somebody else, and rows that refer to them."""
    keys: dict[str, list[Any]] = field(default_factory=dict)


class Refresh:
    """One pass over a seed, whose tables in `catalogue` are the catalogue.

    `known` has the keys of its rows after the last pass. With `add`, missing rows of the other
    tables are added as well.
    """

    def __init__(self, catalogue: set[str], known: Keys, *, add: bool) -> None:
        self.catalogue, self.known, self.add = catalogue, known, add
        self.outcome = Outcome()
        self._own: list[SeedRow] = []  # what this pass has added or may correct

    def run(self, seed: seeds.Seed) -> Outcome:
        """Update the store to the seed, in one transaction."""
        with transaction.atomic():
            for batch in seeds.order_rows(seed):
                for row in batch:
                    self._take_row(row)
            for row in self._own:
                self._link_row(row)
            touched = {model for row in self.outcome.added for model in row.table.each_model()}
            seeds.move_sequences(touched)
        return self.outcome

    def _take_row(self, row: SeedRow) -> None:
        ours = row.table.name in self.catalogue
        if self._lacks_what_it_needs(row):
            self._leave_row(row, missing=not (ours or self.add))
            return
        found = _find_existing(row)
        if found is None and not (ours or self.add):
            self._leave_row(row, missing=True)
        elif found is None:
            self._add_row(row)
        elif self._is_of_others(row, found):
            self._leave_row(row, missing=False)
        elif ours:
            self._correct_row(row, found)
        else:
            row.instance = found
        if ours and not self._is_gone(row):
            self.outcome.keys.setdefault(row.table.name, []).append(row.primary_key)

    def _leave_row(self, row: SeedRow, *, missing: bool) -> None:
        (self.outcome.missing if missing else self.outcome.left_out).append(row)

    def _lacks_what_it_needs(self, row: SeedRow) -> bool:
        return any(self._is_gone(needed) for needed in row.needed_rows())

    def _is_gone(self, row: SeedRow) -> bool:
        return row in self.outcome.missing or row in self.outcome.left_out

    def _is_of_others(self, row: SeedRow, found: models.Model) -> bool:
        """Return whether the row with the number of a seed row is a different one.

        It is different if the catalogue did not create it or, where that is not known, if its owner
        or name differs.
        """
        if row.table.name in self.catalogue and row.table.name in self.known:
            return found.pk not in self.known[row.table.name]
        differs = {
            column: getattr(found, column.attname) != wanted
            for column, wanted in row.values.items()
        }
        owners = [column for column in differs if column.related_model is get_user_model()]
        names = [column for column in differs if column.unique and not column.primary_key]
        of_others = any(differs[column] for column in owners)
        return of_others or (bool(names) and all(differs[column] for column in names))

    def _add_row(self, row: SeedRow) -> None:
        """Add a row, or leave it out if its unique name belongs to another row."""
        seeds.hash_passwords([row], lambda _: None)
        try:
            with transaction.atomic():
                row.make_instance().save(force_insert=True)
        except IntegrityError:
            self._leave_row(row, missing=False)
        else:
            self.outcome.added.append(row)
            self._own.append(row)

    def _correct_row(self, row: SeedRow, found: models.Model) -> None:
        """Give a row the values of the seed. Columns that the seed does not name stay unchanged."""
        row.instance = found
        changed = {
            column.attname: wanted
            for column, wanted in row.values.items()
            if not column.primary_key and getattr(found, column.attname) != wanted
        }
        if changed:
            type(found)._base_manager.filter(pk=found.pk).update(**changed)
            self.outcome.corrected.append(row)
        self._own.append(row)

    def _link_row(self, row: SeedRow) -> None:
        """Set the links from a row to rows of the catalogue as in the seed."""
        changed = [self._link_by(row, name, column) for name, column in row.to_many()]
        is_told = row in self.outcome.added or row in self.outcome.corrected
        if any(changed) and not is_told:
            self.outcome.corrected.append(row)

    def _link_by(self, row: SeedRow, name: str, column: models.ManyToManyField[Any, Any]) -> bool:
        through, far = column.remote_field.through, f"{column.m2m_reverse_field_name()}_id"
        assert through is not None
        near = {f"{column.m2m_field_name()}_id": row.primary_key}
        manager = through._base_manager.filter(**near)
        wanted = set(self._link_ends(row.find_targets(name, column)))
        there = set(manager.values_list(far, flat=True))
        surplus = {key for key in there - wanted if self._is_known(column.related_model, key)}
        manager.filter(**{f"{far}__in": surplus}).delete()
        added = [through(**near, **{far: key}) for key in wanted - there]
        through._base_manager.bulk_create(added)
        return bool(added or surplus)

    def _link_ends(self, targets: list[Any]) -> Iterator[Any]:
        for target in targets:
            if not isinstance(target, SeedRow):
                yield target
            elif not self._is_gone(target):
                yield target.primary_key

    def _is_known(self, model: object, key: object) -> bool:
        """Return whether a row at the other end of a link belongs to the catalogue and not to a
        user."""
        for name in self.catalogue:
            if SeedTable(name).model is model:
                before = self.known.get(name, [])
                if key in self.outcome.keys.get(name, before):
                    return True
        return False


def _find_existing(row: SeedRow) -> models.Model | None:
    """Return the row of the store that has the number of a seed row."""
    model = row.table.model
    given = {column.attname: value for column, value in row.values.items()}
    names = NATURAL.get(row.table.name, (model._meta.pk.attname,))
    wanted = {name: given.get(name) for name in names}
    return model._base_manager.filter(**wanted).first()
