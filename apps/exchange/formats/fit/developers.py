"""Fields that developers added to records: which of them are ours, or mean the same as ours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from apps.exchange.activity import Column

from .frames import FitPart
from .profile import (
    APPLICATION_ID,
    DEVELOPER_FIELDS,
    FOREIGN_NAMES,
    NATIVE_NUMBERS,
    VOLUMES,
    Message,
    OwnField,
    Quantity,
)
from .tables import DeveloperKey, FieldPlace, Table, numbers_of

_INDEX, _NUMBER, _BASE_TYPE, _NAME, _SCALE, _OFFSET, _UNITS = 0, 1, 2, 3, 6, 7, 8
_NATIVE_MESSAGE, _NATIVE_NUMBER = 14, 15
_APPLICATION, _DEVELOPER_INDEX = 1, 3

_ML_PER_LITRE = 1000


@dataclass(frozen=True, slots=True)
class Described:
    """A developer field that stands for a column.

    Values on the wire have the type `base_type`. Those of the column are (value / scale - offset)
    of `quantity`, times `factor`.
    """

    column: Column
    base_type: int
    quantity: Quantity
    factor: float


def described_fields(part: FitPart) -> dict[DeveloperKey, Described]:
    """Return the developer fields that mean something to us; the last description counts."""
    ours = _our_indices(part)
    found: dict[DeveloperKey, Described] = {}
    for table in part.of(Message.FIELD_DESCRIPTION):
        found |= _described_in(table, ours)
    return found


def is_ours(part: FitPart) -> bool:
    """Return whether a file has developer fields of ours, so that we have written it."""
    return bool(_our_indices(part))


def own_numbers(part: FitPart, table: Table, field: OwnField) -> list[int | None]:
    """Return the number that each message has of a field of ours."""
    for place in _own_places(part, table, field):
        found = table.floats(place)
        if found is not None:
            return [None if np.isnan(value) else int(value) for value in found[:, 0]]
    return [None] * len(table)


def own_texts(part: FitPart, table: Table, field: OwnField) -> list[str]:
    """Return the text that each message has of a field of ours."""
    for place in _own_places(part, table, field):
        return table.texts_at(place)
    return [""] * len(table)


def _own_places(part: FitPart, table: Table, field: OwnField) -> list[FieldPlace]:
    """Return where the messages of a table have a field of ours."""
    keys = {(index, field.number) for index in _our_indices(part)}
    places = [place for key, place in table.developer_places.items() if key in keys]
    return [replace(place, base_type=field.base_type) for place in places]


def _our_indices(part: FitPart) -> set[int | None]:
    indices: set[int | None] = set()
    for table in part.of(Message.DEVELOPER_DATA_ID):
        pairs = zip(table.bytes_of(_APPLICATION), numbers_of(table, _DEVELOPER_INDEX), strict=True)
        indices |= {index for application, index in pairs if application == APPLICATION_ID}
    return indices


def _described_in(table: Table, ours: set[int | None]) -> dict[DeveloperKey, Described]:
    numbers = {
        field: numbers_of(table, field)
        for field in (_INDEX, _NUMBER, _BASE_TYPE, _SCALE, _OFFSET, _NATIVE_MESSAGE, _NATIVE_NUMBER)
    }
    names, units = table.texts(_NAME), table.texts(_UNITS)
    found: dict[DeveloperKey, Described] = {}
    for row, (name, unit) in enumerate(zip(names, units, strict=True)):
        values = {field: column[row] for field, column in numbers.items()}
        index, number, base_type = values[_INDEX], values[_NUMBER], values[_BASE_TYPE]
        column = _column(name, values, index in ours)
        if column is None or index is None or number is None or base_type is None:
            continue
        quantity = Quantity(number, values[_SCALE] or 1, values[_OFFSET] or 0)
        found[index, number] = Described(column, base_type, quantity, _factor(column, unit))
    return found


def _column(name: str, values: dict[int, int | None], ours: bool) -> Column | None:
    """Return which column a field stands for: by its name, else by the field that it replaces."""
    lower = name.lower()
    if ours and lower == DEVELOPER_FIELDS[Column.ENERGY].name:
        return Column.ENERGY
    if lower in FOREIGN_NAMES:
        return FOREIGN_NAMES[lower]
    replaces_record = values[_NATIVE_MESSAGE] in {None, Message.RECORD}
    native = values[_NATIVE_NUMBER]
    return NATIVE_NUMBERS.get(native) if native is not None and replaces_record else None


def _factor(column: Column, unit: str) -> float:
    """Return what makes a column of the values in a unit: volumes are litres unless it says mL."""
    if column not in VOLUMES or unit.lower().startswith("ml"):
        return 1
    return _ML_PER_LITRE
