"""The messages of a FIT file as tables, by fitdecode.

fitdecode finds its way through headers, definitions and messages. It is told that each message is
one field of bytes, so that it neither builds objects for values that nobody wants, nor stops at
a definition that makes no sense to it. Values are read from the tables.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import fitdecode
import numpy as np
from fitdecode.types import BaseType, FieldDefinition

from apps.exchange.activity import FileError

from .appearance import BYTES_NEEDED, name_of
from .profile import BYTE, INVALID_TIME, Message
from .tables import DeveloperKey, FieldPlace, Table

MOST_MESSAGES, MOST_DEFINITIONS, MOST_PARTS = 5_000_000, 10_000, 1_000
"""What no watch writes; more would take the memory and the time of everybody."""

_ERRORS = (
    fitdecode.FitError,
    ArithmeticError,
    AssertionError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
)
"""What fitdecode raises for damaged files."""

_KEPT = {int(message) for message in Message}
_BYTES = BaseType("bytes", 0x100, "s", lambda value: value)
_NO_FIELD = 255
_SIZE_AT, _MAGIC_AT, _CRC_SIZE = slice(4, 8), slice(8, 12), 2
"""Where a header tells the size of what follows, and that it is one."""

_COMPRESSED_SECONDS = 32


class Readable(Protocol):
    """All that fitdecode needs of a file."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(slots=True)
class FitPart:
    """One of the files that a FIT file can be a chain of."""

    tables: dict[int, list[Table]] = field(default_factory=dict)

    def of(self, message: Message) -> list[Table]:
        """Return the tables of a message that have rows."""
        return [table for table in self.tables.get(message, []) if len(table)]

    @property
    def seconds(self) -> int:
        """Return how many different seconds have a record."""
        times = [np.asarray(table.times) for table in self.of(Message.RECORD)]
        return len(np.unique(np.concatenate(times))) if times else 0


def read_parts(file: BinaryIO) -> list[FitPart]:
    """Return the parts of a FIT file. What follows a whole part and is none itself is left out.

    Raise `FileError` if the file is none, is damaged or ends too early.
    """
    reading = _Reading(file)
    try:
        reading.run()
    except _ERRORS as error:
        if not reading.is_whole:
            raise FileError(reading.failure(error)) from error
    if not reading.parts:
        raise FileError("The file is empty.")
    return reading.parts


@dataclass(slots=True)
class _Definition:
    """How the messages of a local number are read; `table` is None if nobody wants them."""

    size: int
    clock: Callable[[bytes], tuple[int]] | None
    table: Table | None


class _Reading:
    """Goes through a file from one message to the next."""

    def __init__(self, file: BinaryIO) -> None:
        self.parts: list[FitPart] = []
        self._file, self._head = _opened(file)
        self._offset = 0
        self._body_end = 0
        self._messages = 0
        self._time = INVALID_TIME
        self._definitions: dict[int, _Definition] = {}
        self._known: dict[object, Table] = {}

    @property
    def is_whole(self) -> bool:
        """Whether at least one part has been read, and the last one to its end."""
        return bool(self.parts) and self._offset >= self._body_end

    def failure(self, error: Exception) -> str:
        """Return what is wrong in a sentence."""
        if not self.parts:
            return f"This is not a FIT file but {name_of(self._head)}."
        seconds = sum(part.seconds for part in self.parts)
        cut = isinstance(error, fitdecode.FitEOFError)
        what = "ends too early" if cut else "is damaged"
        where = f"the message at byte {self._offset} cannot be read"
        return f"The FIT file {what}: {where}. Before it there are {seconds} s of records."

    def run(self) -> None:
        """Read all parts."""
        reader = fitdecode.FitReader(
            self._file,
            processor=None,
            check_crc=fitdecode.CrcCheck.DISABLED,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        )
        for frame in reader:
            kind = frame.frame_type
            if kind == fitdecode.FIT_FRAME_DATA:
                self._take(frame)
            elif kind == fitdecode.FIT_FRAME_DEFINITION:
                self._define(frame)
            elif kind == fitdecode.FIT_FRAME_HEADER:
                self._begin(frame)
            else:
                self._offset += _CRC_SIZE

    def _begin(self, header: fitdecode.FitHeader) -> None:
        self.parts.append(FitPart())
        if len(self.parts) > MOST_PARTS:
            raise FileError(f"The file is a chain of more than {MOST_PARTS} FIT files.")
        self._offset += header.header_size
        self._body_end = self._offset + header.body_size
        self._time = INVALID_TIME
        self._definitions, self._known = {}, {}

    def _define(self, frame: fitdecode.FitDefinitionMessage) -> None:
        """Note where the fields of a definition are, and make one field of bytes of it."""
        self._count()
        self._offset += 6 + 3 * len(frame.field_defs)
        if frame.is_developer_data:
            self._offset += 1 + 3 * len(frame.dev_field_defs)
        self._definitions[frame.local_mesg_num] = self._definition(frame)
        size = sum(each.size for each in frame.all_field_defs)
        frame.field_defs = [FieldDefinition(None, _NO_FIELD, _BYTES, size)] if size else []
        frame.dev_field_defs = []
        frame.mesg_type = None

    def _definition(self, frame: fitdecode.FitDefinitionMessage) -> _Definition:
        table = _empty_table(frame)
        if table.message not in _KEPT or not table.size:
            return _Definition(table.size, table.clock, None)
        key = table.key
        if key not in self._known:
            self._known[key] = table
            self.parts[-1].tables.setdefault(table.message, []).append(table)
        if len(self._known) > MOST_DEFINITIONS:
            raise FileError(f"The file has more than {MOST_DEFINITIONS} different definitions.")
        return _Definition(table.size, table.clock, self._known[key])

    def _take(self, frame: fitdecode.FitDataMessage) -> None:
        """Keep a message in its table."""
        self._count()
        definition = self._definitions[frame.local_mesg_num]
        size, table = definition.size, definition.table
        row = frame.fields[0].raw_value if size else b""
        time = INVALID_TIME if definition.clock is None else definition.clock(row)[0]
        if frame.time_offset is not None and self._time != INVALID_TIME:
            time = self._time + (frame.time_offset - self._time) % _COMPRESSED_SECONDS
        if time != INVALID_TIME:
            self._time = time
        if table is not None:
            table.rows += row
            table.times.append(time)
            table.order.append(self._messages)
        self._offset += 1 + size

    def _count(self) -> None:
        self._messages += 1
        if self._messages > MOST_MESSAGES:
            raise FileError(f"The file has more than {MOST_MESSAGES} messages.")


def _empty_table(frame: fitdecode.FitDefinitionMessage) -> Table:
    places: dict[int, FieldPlace] = {}
    developer_places: dict[DeveloperKey, FieldPlace] = {}
    offset = 0
    for each in frame.field_defs:
        place = FieldPlace(offset, each.size, each.base_type.identifier)
        places.setdefault(each.def_num, place)
        offset += each.size
    for each in frame.dev_field_defs:
        place = FieldPlace(offset, each.size, BYTE)
        developer_places.setdefault((each.dev_data_index, each.def_num), place)
        offset += each.size
    return Table(frame.global_mesg_num, frame.endian == ">", offset, places, developer_places)


def _opened(file: BinaryIO) -> tuple[Readable, bytes]:
    """Return a file from its start, and its first bytes.

    A recording that was never closed says that it has no bytes. It gets those that follow.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(BYTES_NEEDED)
    file.seek(0)
    header_size = head[0] if head else 0
    rest = size - header_size - _CRC_SIZE
    if head[_SIZE_AT] != bytes(4) or head[_MAGIC_AT] != b".FIT" or rest <= 0:
        return file, head
    file.seek(_SIZE_AT.stop)
    return _Continued(head[: _SIZE_AT.start] + struct.pack("<I", rest), file), head


class _Continued:
    """Bytes, and the rest of a file after them."""

    def __init__(self, begin: bytes, file: BinaryIO) -> None:
        self._begin = io.BytesIO(begin)
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        return self._begin.read(size) or self._file.read(size)
