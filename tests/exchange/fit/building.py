"""FIT files for tests, put together from definitions and messages with struct.

None of the program's own code is in it, so that reader and writer are compared with the protocol.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from fit_tool.utils.crc import crc16

START = 1_000_000_000
"""A FIT time: 8 September 2021."""

FILE_ID, SPORT, SESSION, LAP, RECORD, EVENT = 0, 12, 18, 19, 20, 21
WORKOUT, WORKOUT_STEP, ACTIVITY, HRV, HR = 26, 27, 34, 78, 132
FIELD_DESCRIPTION, DEVELOPER_DATA_ID = 206, 207

TIMESTAMP, LATITUDE, LONGITUDE, HEART_RATE = 253, 0, 1, 3

_BASE_TYPES = {
    "b": 0x01,
    "B": 0x02,
    "h": 0x83,
    "H": 0x84,
    "i": 0x85,
    "I": 0x86,
    "s": 0x07,
    "f": 0x88,
    "d": 0x89,
}


@dataclass(frozen=True)
class Rows:
    """Messages of one definition: a struct format per field, such as I, 5H or 16s."""

    local: int
    message: int
    fields: dict[int, str]
    developer: dict[tuple[int, int], str] = field(default_factory=dict)
    big: bool = False
    base_types: dict[int, int] = field(default_factory=dict)

    def definition(self) -> bytes:
        """Return the definition of the fields."""
        order = ">" if self.big else "<"
        head = bytes([0x40 | (0x20 if self.developer else 0) | self.local, 0, self.big])
        known = [
            bytes([number, struct.calcsize(f"<{kind}"), self._base_type(number, kind)])
            for number, kind in self.fields.items()
        ]
        whole = head + struct.pack(f"{order}HB", self.message, len(known)) + b"".join(known)
        if not self.developer:
            return whole
        added = [
            bytes([number, struct.calcsize(f"<{kind}"), index])
            for (index, number), kind in self.developer.items()
        ]
        return whole + bytes([len(added)]) + b"".join(added)

    def _base_type(self, number: int, kind: str) -> int:
        return self.base_types.get(number, _BASE_TYPES[kind[-1]])

    def row(self, *values: Any, offset: int | None = None) -> bytes:
        """Return a message; with `offset` its header has the last five bits of the time."""
        head = self.local if offset is None else 0x80 | self.local << 5 | offset % 32
        kinds = "".join([*self.fields.values(), *self.developer.values()])
        return bytes([head]) + struct.pack((">" if self.big else "<") + kinds, *values)

    def table(self, *rows: tuple[Any, ...]) -> bytes:
        """Return the definition and messages."""
        return self.definition() + b"".join(self.row(*values) for values in rows)


def wrapped(*pieces: bytes, header_size: int = 14, size: int | None = None) -> bytes:
    """Return a FIT file with these messages, and right CRCs."""
    body = b"".join(pieces)
    length = len(body) if size is None else size
    head = struct.pack("<BBHI4s", header_size, 0x20, 2132, length, b".FIT")
    if header_size == 14:
        head += struct.pack("<H", crc16(head))
    return head + body + struct.pack("<H", crc16(head + body))


def with_right_crc(content: bytes) -> bytes:
    """Return a file whose last two bytes are the CRC of the others."""
    return content[:-2] + struct.pack("<H", crc16(content[:-2]))


FILE_IDS = Rows(0, FILE_ID, {0: "B", 1: "H", 4: "I"})
RECORDS = Rows(1, RECORD, {TIMESTAMP: "I", LATITUDE: "i", LONGITUDE: "i", HEART_RATE: "B"})
LAPS = Rows(2, LAP, {TIMESTAMP: "I", 2: "I", 7: "I", 8: "I"})
SESSIONS = Rows(3, SESSION, {TIMESTAMP: "I", 2: "I", 7: "I", 5: "B", 6: "B"})

RUNNING, CYCLING, TRANSITION, SWIMMING = 1, 2, 3, 5


def file_id(kind: int = 4) -> bytes:
    """Return the first message of a file: an activity unless it is another one."""
    return FILE_IDS.table((kind, 255, START))


def record(second: int, heart_rate: int = 70) -> tuple[int, int, int, int]:
    """Return the values of a record on its way to the north east."""
    return START + second, 536_870_912 + second % 1000, -870_000_000 + second % 1000, heart_rate


def records(begin: int, end: int) -> bytes:
    """Return a record for each second from START on, with a definition."""
    return RECORDS.table(*(record(second, 60 + second % 100) for second in range(begin, end)))


def lap(begin: int, end: int, written: int | None = None) -> tuple[int, int, int, int]:
    """Return the values of a lap between two seconds from START on, and when it was written."""
    length = (end - begin) * 1000
    return START + (end if written is None else written), START + begin, length, length


def session(
    begin: int, end: int, sport: int = RUNNING, written: int | None = None
) -> tuple[int, int, int, int, int]:
    """Return the values of a session between two seconds from START on."""
    time = START + (end if written is None else written)
    return time, START + begin, (end - begin) * 1000, sport, 0


def activity(*messages: bytes) -> bytes:
    """Return a file with a file_id before these messages."""
    return wrapped(file_id(), *messages)


def ten_minutes(*messages: bytes) -> bytes:
    """Return a file of ten minutes with a record per second, two laps and a session."""
    return activity(
        records(0, 600),
        *messages,
        LAPS.table(lap(0, 300), lap(300, 600)),
        SESSIONS.table(session(0, 600)),
    )
