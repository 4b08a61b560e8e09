"""Points as FIT records: one row of a numpy table each, which is on the wire as it is in memory."""

from __future__ import annotations

import numpy as np
from fit_tool.base_type import BaseType as ToolType
from fit_tool.developer_field_definition import DeveloperFieldDefinition
from fit_tool.field_definition import FieldDefinition
from numpy.typing import NDArray

from apps.exchange.activity import Column, Floats, Points

from . import messages
from .profile import (
    BASE_TYPES,
    CADENCE,
    DEVELOPER_FIELDS,
    EPOCH,
    FEET,
    FIRST_ABSOLUTE,
    FLOAT32,
    FRACTIONAL_CADENCE,
    INVALID_TIME,
    RECORD_FIELDS,
    TICKS,
    TIMESTAMP,
    Message,
    Quantity,
    numpy_type,
)

Rows = NDArray[np.void]

_UINT8, _UINT16, _UINT32, _SINT32 = 0x02, 0x84, 0x86, 0x85
_TYPES = {
    Column.LATITUDE: _SINT32,
    Column.LONGITUDE: _SINT32,
    Column.ALTITUDE: _UINT32,
    Column.DISTANCE: _UINT32,
    Column.SPEED: _UINT32,
    Column.BREATHING_RATE: _UINT16,
    Column.HEART_RATE: _UINT8,
    Column.HORIZONTAL_ACCURACY: _UINT8,
}
"""The columns of the profile in the order in which they are written, and their base types."""

TIME = "time"
"""The field of a row that has its FIT time."""

_STRIDES, _PARTS_OF_STRIDES = "strides", "parts_of_strides"
_LARGEST_SEMICIRCLES = 2**31 - 1
_FLOAT32_LIMIT = float(np.finfo(np.float32).max)


def _native_fields() -> dict[str, tuple[int, int]]:
    """Return number and base type of each field of a row in order."""
    columns = {
        column.value: (RECORD_FIELDS[column][0].field, kind) for column, kind in _TYPES.items()
    }
    return {
        TIME: (TIMESTAMP, _UINT32),
        **columns,
        _STRIDES: (CADENCE.field, _UINT8),
        _PARTS_OF_STRIDES: (FRACTIONAL_CADENCE.field, _UINT8),
    }


_NATIVE = _native_fields()
_ROW = np.dtype(
    [
        ("header", np.uint8),
        *((name, numpy_type(kind)) for name, (_, kind) in _NATIVE.items()),
        *((column.value, numpy_type(FLOAT32)) for column in DEVELOPER_FIELDS),
    ]
)
ROW_SIZE = _ROW.itemsize


def definition() -> bytes:
    """Return the definition of all records."""
    native = [
        FieldDefinition(number, numpy_type(kind).itemsize, ToolType(kind))
        for number, kind in _NATIVE.values()
    ]
    size = numpy_type(FLOAT32).itemsize
    developer = [DeveloperFieldDefinition(field, size, 0) for field in range(len(DEVELOPER_FIELDS))]
    return messages.definition(Message.RECORD, native, developer)


def positioned(points: Points) -> NDArray[np.bool_]:
    """Return which points become records: those with a position and a time that FIT can tell."""
    latitude = np.abs(points.column(Column.LATITUDE))
    longitude = np.abs(points.column(Column.LONGITUDE))
    seconds = _seconds(points)
    in_time = (seconds >= FIRST_ABSOLUTE) & (seconds < INVALID_TIME)
    return (latitude <= 90) & (longitude <= 180) & in_time


def rows(points: Points, on_foot: bool) -> Rows:
    """Return records of the points that have a position.

    Values that are unknown, or too large for their field, become what says "unknown". Steps are
    only written for sports on foot; those of others would be taken for turns of pedals.
    """
    which = positioned(points)
    table = np.zeros(np.count_nonzero(which), dtype=_ROW)
    table["header"] = messages.local_number(Message.RECORD)
    table[TIME] = _seconds(points)[which]
    for column, kind in _TYPES.items():
        values = points.column(column)[which]
        table[column.value] = _encoded(values, RECORD_FIELDS[column][0], kind)
    for column, field in DEVELOPER_FIELDS.items():
        table[column.value] = _encoded_floats(points.column(column)[which] * field.factor)
    steps = points.column(Column.STEP_RATE)[which]
    _put_strides(table, steps if on_foot else np.full(len(table), np.nan))
    return table


def _seconds(points: Points) -> NDArray[np.int64]:
    return points.times // TICKS - EPOCH


def _encoded(values: Floats, quantity: Quantity, kind: int) -> NDArray[np.generic]:
    scaled = np.rint((values + quantity.offset) * quantity.scale)
    if quantity.field <= 1:
        scaled = _wrapped(scaled)
    target = numpy_type(kind)
    limits, invalid = np.iinfo(target.str), BASE_TYPES[kind].invalid
    assert invalid is not None
    fits = (scaled >= limits.min) & (scaled <= limits.max)  # NaN does not
    return np.where(fits, scaled, invalid).astype(target)


def _wrapped(semicircles: Floats) -> Floats:
    """Return 180 degrees east as west: the largest number means that there is no position."""
    return np.where(semicircles >= _LARGEST_SEMICIRCLES, -(2.0**31), semicircles)


def _encoded_floats(values: Floats) -> NDArray[np.float32]:
    """Return numbers of four bytes; all bits are set in those that are unknown."""
    fits = np.abs(values) <= _FLOAT32_LIMIT
    numbers = np.where(fits, values, 0).astype(numpy_type(FLOAT32))
    numbers.view("<u4")[~fits] = 0xFFFFFFFF
    return numbers


def _put_strides(table: Rows, steps: Floats) -> None:
    """Put steps of both feet per minute in as strides and 1/128 strides."""
    parts = np.rint(steps / FEET * FRACTIONAL_CADENCE.scale)
    whole = np.floor(parts / FRACTIONAL_CADENCE.scale)
    table[_STRIDES] = _encoded(whole, CADENCE, _UINT8)
    fits = table[_STRIDES] != BASE_TYPES[_UINT8].invalid
    rest = np.where(fits, parts % FRACTIONAL_CADENCE.scale, np.nan)
    table[_PARTS_OF_STRIDES] = _encoded(rest, CADENCE, _UINT8)
