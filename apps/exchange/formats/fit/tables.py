"""Messages of one definition as a table: their bytes, which numpy reads when it is asked for.

A file of a day has a million values. Python objects for each would take half a gigabyte and ten
times the time.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.exchange.activity import Floats

from .profile import BASE_TYPES, BYTE, STRING, TIMESTAMP, Quantity, numpy_type

DeveloperKey = tuple[int, int]
"""Index of the developer and number of the field."""


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a field is in the bytes of a message. Developer fields tell their type elsewhere."""

    offset: int
    size: int
    base_type: int


@dataclass(slots=True)
class Table:
    """All messages of one definition.

    `times` are their FIT times, `INVALID_TIME` for those without. `order` counts the messages of
    the file, so that those of several tables can be put in order again.
    """

    message: int
    big_endian: bool
    size: int
    places: dict[int, FieldPlace]
    developer_places: dict[DeveloperKey, FieldPlace]
    rows: bytearray = field(default_factory=bytearray)
    times: array[int] = field(default_factory=lambda: array("I"))
    order: array[int] = field(default_factory=lambda: array("Q"))

    def __len__(self) -> int:
        return len(self.order)

    @property
    def key(self) -> object:
        """Return what is equal for definitions that mean the same."""
        fields = (tuple(self.places.items()), tuple(self.developer_places.items()))
        return (self.message, self.big_endian, self.size, *fields)

    @property
    def clock(self) -> Callable[[bytes], tuple[int]] | None:
        """Return what reads the FIT time of a message, None if it has none."""
        place = self.places.get(TIMESTAMP)
        if place is None or place.size != 4:
            return None
        return struct.Struct(f"{'>' if self.big_endian else '<'}{place.offset}xI").unpack_from

    def values(self, place: FieldPlace) -> NDArray[np.generic] | None:
        """Return all values of a field, a row per message; None if its size is wrong."""
        if place.base_type not in BASE_TYPES or not len(self):
            return None
        kind = numpy_type(place.base_type, self.big_endian)
        count, rest = divmod(place.size, kind.itemsize)
        if rest or not count:
            return None
        strides = (self.size, kind.itemsize)
        shape = (len(self), count)
        return np.ndarray(shape, kind, self.rows, place.offset, strides)

    def floats(self, place: FieldPlace | None) -> Floats | None:
        """Return all values of a field as they are on the wire, NaN where they are unknown."""
        found = None if place is None else self.values(place)
        if place is None or found is None:
            return None
        invalid = BASE_TYPES[place.base_type].invalid
        with np.errstate(invalid="ignore"):
            numbers = found.astype(np.float64)
        unknown = ~np.isfinite(numbers) if invalid is None else found == invalid
        numbers[unknown] = np.nan
        return numbers

    def quantity(self, wanted: Quantity) -> Floats | None:
        """Return the first value that each message has of a field, in its unit.

        Fields whose size does not fit their type come from fitdecode as bytes: these are no value.
        """
        place = self.places.get(wanted.field)
        if place is not None and place.base_type == BYTE and place.size > 1:
            return None
        found = self.floats(place)
        return None if found is None else found[:, 0] / wanted.scale - wanted.offset

    def texts(self, number: int) -> list[str]:
        """Return a text per message. Bytes that are no UTF-8 become replacement characters."""
        place = self.places.get(number)
        return [""] * len(self) if place is None else self.texts_at(place)

    def texts_at(self, place: FieldPlace) -> list[str]:
        """Return the text that each message has at a place, none if the type there is another."""
        if place.base_type != STRING:
            return [""] * len(self)
        fields = self._bytes_at(place)
        return [each.split(b"\0")[0].decode(errors="replace").strip() for each in fields]

    def bytes_of(self, number: int) -> list[bytes]:
        """Return the bytes of a field per message."""
        return self._bytes_at(self.places.get(number, FieldPlace(0, 0, BYTE)))

    def _bytes_at(self, place: FieldPlace) -> list[bytes]:
        begins = range(place.offset, place.offset + len(self.rows), self.size)
        return [bytes(self.rows[begin : begin + place.size]) for begin in begins]


def numbers_of(table: Table, field: int) -> list[int | None]:
    """Return the whole number that each message has of a field, None where it is unknown."""
    found = table.quantity(Quantity(field))
    if found is None:
        return [None] * len(table)
    return [None if np.isnan(value) else int(value) for value in found]
