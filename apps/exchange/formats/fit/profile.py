"""What reader and writer of FIT files agree on: messages, fields, units, our developer fields.

Numbers are those of Garmin's global FIT profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from apps.exchange.activity import Column

EPOCH = 631_065_600
"""Seconds from 1970 to 31 December 1989, where FIT time begins."""

FIRST_ABSOLUTE = 0x10000000
"""Smaller times count seconds since the device was switched on."""

INVALID_TIME = 0xFFFFFFFF
TICKS = 256
SEMICIRCLES = 2**31 / 180  # per degree
JOULES_PER_KCAL = 4184


class Message(IntEnum):
    """Messages that are read or written."""

    FILE_ID = 0
    SPORT = 12
    SESSION = 18
    LAP = 19
    RECORD = 20
    EVENT = 21
    DEVICE_INFO = 23
    WORKOUT = 26
    WORKOUT_STEP = 27
    ACTIVITY = 34
    HRV = 78
    HR = 132
    FIELD_DESCRIPTION = 206
    DEVELOPER_DATA_ID = 207


class FileType(IntEnum):
    """Field `type` of file_id."""

    ACTIVITY = 4
    WORKOUT = 5


FILE_TYPES = {
    1: "a description of a device",
    2: "settings",
    3: "settings of a sport",
    6: "a course",
    7: "a schedule",
    9: "weights",
    10: "totals",
    11: "goals",
    14: "blood pressures",
    15: "daily monitoring",
    20: "a summary of activities",
    28: "a summary of daily monitoring",
    32: "daily monitoring",
    34: "a segment",
    35: "a list of segments",
    40: "a layout of screens",
}
"""What files that are neither activity nor workout contain."""

TIMESTAMP, MESSAGE_INDEX = 253, 254


class BaseType(NamedTuple):
    """A type of values on the wire: its numpy type without byte order, and what says "unknown"."""

    kind: str
    invalid: int | None  # None: NaN


ENUM, UINT8, UINT16, STRING, FLOAT32, BYTE = 0x00, 0x02, 0x84, 0x07, 0x88, 0x0D
BASE_TYPES = {
    ENUM: BaseType("u1", 0xFF),
    0x01: BaseType("i1", 0x7F),
    UINT8: BaseType("u1", 0xFF),
    0x83: BaseType("i2", 0x7FFF),
    UINT16: BaseType("u2", 0xFFFF),
    0x85: BaseType("i4", 0x7FFFFFFF),
    0x86: BaseType("u4", 0xFFFFFFFF),
    FLOAT32: BaseType("f4", None),
    0x89: BaseType("f8", None),
    0x0A: BaseType("u1", 0),
    0x8B: BaseType("u2", 0),
    0x8C: BaseType("u4", 0),
    BYTE: BaseType("u1", 0xFF),
    0x8E: BaseType("i8", 2**63 - 1),
    0x8F: BaseType("u8", 2**64 - 1),
    0x90: BaseType("u8", 0),
}


class Quantity(NamedTuple):
    """A field with numbers: (value + offset) x scale is on the wire."""

    field: int
    scale: float = 1
    offset: float = 0


RECORD_FIELDS: dict[Column, Sequence[Quantity]] = {
    Column.LATITUDE: [Quantity(0, SEMICIRCLES)],
    Column.LONGITUDE: [Quantity(1, SEMICIRCLES)],
    Column.ALTITUDE: [Quantity(78, 5, 500), Quantity(2, 5, 500)],
    Column.DISTANCE: [Quantity(5, 100)],
    Column.SPEED: [Quantity(73, 1000), Quantity(6, 1000)],
    Column.HORIZONTAL_ACCURACY: [Quantity(31)],
    Column.HEART_RATE: [Quantity(3)],
    Column.BREATHING_RATE: [Quantity(108, 100), Quantity(99)],
}
"""Where a record has each column. The first field with a value counts; the first one is written."""

PLAUSIBLE = {
    Column.ALTITUDE: (-500, 858_993_458),
    Column.DISTANCE: (0, 42_949_673),
    Column.SPEED: (0, 4_294_968),
    Column.HORIZONTAL_ACCURACY: (0, 65_535),
    Column.HEART_RATE: (1, 300),
    Column.STEP_RATE: (0, 1_000),
    Column.BREATHING_RATE: (0, 655.35),
    Column.TIDAL_VOLUME: (0, 100_000),
    Column.MINUTE_VENTILATION: (0, 1_000_000),
    Column.ENERGY: (0, 100_000),
}
"""Smallest and largest value of columns; others are unknown. A heart rate of 0 is a strap put off.

Numbers are free to have a type that tells more than the field of the profile can, or a body.
"""

LARGEST_SUM = 1e9
"""No sum or mean of an activity is as large: not in metres, not in kcal."""

CADENCE, FRACTIONAL_CADENCE = Quantity(4), Quantity(53, 128)
"""Revolutions of the crank or strides per minute, and the part after the point."""

FEET = 2
"""Steps in a stride."""

ON_FOOT = {1, 11, 17}
"""Sports whose cadence counts strides: running, walking, hiking."""

START_TIME, SPORT, SUB_SPORT = Quantity(2), Quantity(5), Quantity(6)
ELAPSED, TIMER = Quantity(7, 1000), Quantity(8, 1000)
FIRST_LAP_INDEX, NUM_LAPS = Quantity(25), Quantity(26)
PROFILE_NAME = 110
LAP_SPORT, LAP_SUB_SPORT, LAP_TRIGGER = Quantity(25), Quantity(39), Quantity(24)
SPORT_SPORT, SPORT_SUB_SPORT = Quantity(0), Quantity(1)
TOTAL_DISTANCE, TOTAL_CALORIES = Quantity(9, 100), Quantity(11)


class Summary(NamedTuple):
    """Where a session or lap has its means. The first field with a value counts."""

    average_heart_rate: Quantity
    maximum_heart_rate: Quantity
    breathing_rate: Sequence[Quantity]
    maximum_speed: Sequence[Quantity]


SESSION_SUMMARY = Summary(
    Quantity(16),
    Quantity(17),
    [Quantity(169, 100), Quantity(147)],
    [Quantity(125, 1000), Quantity(15, 1000)],
)
LAP_SUMMARY = Summary(
    Quantity(15),
    Quantity(16),
    [Quantity(136, 100), Quantity(147)],
    [Quantity(111, 1000), Quantity(14, 1000)],
)


class LapTrigger(IntEnum):
    """Why a lap ended."""

    MANUAL = 0
    SESSION_END = 7


class DeveloperField(NamedTuple):
    """A field that the profile lacks, as we write it."""

    name: str
    units: str
    factor: float  # from the units of the column to those of the field


DEVELOPER_FIELDS = {
    Column.TIDAL_VOLUME: DeveloperField("tidal_volume", "L", 1 / 1000),
    Column.MINUTE_VENTILATION: DeveloperField("minute_ventilation", "L/min", 1 / 1000),
    Column.ENERGY: DeveloperField("energy_expenditure", "W", 1),
}
"""Fields of records, numbered in this order."""


class OwnField(NamedTuple):
    """A field of ours on messages that are no records, which brings back what FIT cannot tell."""

    number: int
    name: str
    base_type: int


ACTIVITY_TYPE = OwnField(3, "activitytype", UINT16)
LAP_NAME = OwnField(4, "name", STRING)
SESSION_NOTE = OwnField(5, "note", STRING)
OWN_FIELDS = (ACTIVITY_TYPE, LAP_NAME, SESSION_NOTE)

APPLICATION_ID = bytes.fromhex("5f1d6d0c3c0b4d0b9a5b4865786f7374")
"""Which developer our fields are of."""

FOREIGN_NAMES = {
    "tyme_breath_rate": Column.BREATHING_RATE,
    "tyme_tidal_volume": Column.TIDAL_VOLUME,
    "tyme_minute_volume": Column.MINUTE_VENTILATION,
    "tidal_volume": Column.TIDAL_VOLUME,
    "minute_ventilation": Column.MINUTE_VENTILATION,
}
"""Developer fields that mean the same in the files of everybody."""

NATIVE_NUMBERS = {
    3: Column.HEART_RATE,
    99: Column.BREATHING_RATE,
    108: Column.BREATHING_RATE,
}
"""Which column a developer field stands for that names the field of the profile it replaces."""

VOLUMES = {Column.TIDAL_VOLUME, Column.MINUTE_VENTILATION}
"""Columns in mL; developers write litres, if their units do not say mL."""

HRV_TIME = Quantity(0, 1000)
HR_FRACTION, HR_BEATS = Quantity(0, 32768), Quantity(6)
HR_EVENT, HR_EVENT_12 = 9, 10


def to_ticks(seconds: int) -> int:
    """Return the tick of a FIT time."""
    return (seconds + EPOCH) * TICKS


def to_seconds(ticks: int) -> int:
    """Return the FIT time that has begun at a tick."""
    return ticks // TICKS - EPOCH


WORKOUT_SPORT, WORKOUT_SUB_SPORT, WORKOUT_STEPS = Quantity(4), Quantity(11), Quantity(6)
WORKOUT_NAME, WORKOUT_DESCRIPTION = 8, 17


def numpy_type(base_type: int, big_endian: bool = False) -> np.dtype[np.generic]:
    """Return the numpy type of a base type, which is in `BASE_TYPES`."""
    order = ">" if big_endian else "<"
    return np.dtype(order + BASE_TYPES[base_type].kind)
