"""FIT messages on the wire by fit-tool: header, definitions and the few that are no records."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping
from contextlib import suppress

from fit_tool.base_type import BaseType as ToolType
from fit_tool.data_message import DataMessage
from fit_tool.definition_message import DefinitionMessage
from fit_tool.developer_field import DeveloperField
from fit_tool.developer_field_definition import DeveloperFieldDefinition
from fit_tool.exceptions import FitEncodingError
from fit_tool.field_definition import FieldDefinition
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.developer_data_id_message import DeveloperDataIdMessage
from fit_tool.profile.messages.device_info_message import DeviceInfoMessage
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.field_description_message import FieldDescriptionMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.messages.workout_message import WorkoutMessage
from fit_tool.profile.messages.workout_step_message import WorkoutStepMessage
from fit_tool.record import Record

from .checksum import crc16
from .profile import APPLICATION_ID, FileType, Message, OwnField, Quantity

HEADER_SIZE, CRC_SIZE = 14, 2
PROTOCOL, PROFILE = 0x20, 21_212
"""Version 2.0 is the first one with developer fields; the profile is the one of fit-tool."""

MANUFACTURER, PRODUCT, PRODUCT_NAME = 255, 1, "Hexostore"
"""The manufacturer is the number for those who have none."""

LONGEST_TEXT = 240
"""Bytes of a text; the size of a field has one byte."""

Value = float | str | bytes | None
Values = Mapping[Quantity | OwnField | int, Value]

_US, _VERSION = 0, 1
"""Our index among the developers of a file, and the version of our fields."""

_LOCAL_NUMBERS = {message: number for number, message in enumerate(Message)}
_CLASSES = {
    Message.FILE_ID: FileIdMessage,
    Message.SESSION: SessionMessage,
    Message.LAP: LapMessage,
    Message.EVENT: EventMessage,
    Message.DEVICE_INFO: DeviceInfoMessage,
    Message.WORKOUT: WorkoutMessage,
    Message.WORKOUT_STEP: WorkoutStepMessage,
    Message.ACTIVITY: ActivityMessage,
    Message.FIELD_DESCRIPTION: FieldDescriptionMessage,
    Message.DEVELOPER_DATA_ID: DeveloperDataIdMessage,
}


def header(body: int) -> bytes:
    """Return the header of a file with that many bytes between header and CRC."""
    begin = struct.pack("<BBHI4s", HEADER_SIZE, PROTOCOL, PROFILE, body, b".FIT")
    return begin + struct.pack("<H", crc16(begin))


def footer(crc: int) -> bytes:
    """Return the end of a file: the CRC of everything before."""
    return struct.pack("<H", crc)


def file_id(kind: FileType, key: int, created: int | None) -> Values:
    """Return the first message of a file: its type, the id of its object, its FIT time if any."""
    return {0: kind, 1: MANUFACTURER, 2: PRODUCT, 3: key, 4: created}


def shortened(text: str) -> str:
    """Return as much of a text as fits into a field."""
    begin = text.replace("\0", " ").encode(errors="replace")[:LONGEST_TEXT]
    return begin.decode(errors="ignore")


def local_number(message: Message) -> int:
    """Return by which number the records of a file refer to the definition of a message."""
    return _LOCAL_NUMBERS[message]


def definition(
    message: Message,
    fields: list[FieldDefinition],
    developer_fields: list[DeveloperFieldDefinition],
) -> bytes:
    """Return a definition with these fields."""
    content = DefinitionMessage(
        local_number(message),
        message,
        field_definitions=fields,
        developer_field_definitions=developer_fields,
    )
    return _on_wire(content)


class Encoder:
    """Puts messages on the wire, each behind its definition if that differs from the last one."""

    def __init__(self) -> None:
        self._defined: dict[Message, bytes] = {}

    def encode(self, message: Message, values: Values) -> bytes:
        """Return a message. Values that are unknown or too large for their field are left out."""
        content = _CLASSES[message](local_id=local_number(message))
        for field, value in values.items():
            if isinstance(field, OwnField):
                _put_own(content, field, value)
            else:
                _put(content, field if isinstance(field, Quantity) else Quantity(field), value)
        defined = _on_wire(DefinitionMessage.from_data_message(content))
        again = self._defined.get(message) == defined
        self._defined[message] = defined
        return _on_wire(content) if again else defined + _on_wire(content)

    def describe(self, fields: Iterable[OwnField], units: Mapping[int, str]) -> bytes:
        """Return who we are and which fields are ours; `units` are those of some numbers."""
        pieces = [self.encode(Message.DEVELOPER_DATA_ID, {1: APPLICATION_ID, 3: _US, 4: _VERSION})]
        for field in fields:
            texts: Values = {3: field.name, 8: units.get(field.number)}
            description = {0: _US, 1: field.number, 2: field.base_type, **texts}
            pieces.append(self.encode(Message.FIELD_DESCRIPTION, description))
        return b"".join(pieces)


def _on_wire(message: object) -> bytes:
    encoded: bytes = Record.from_message(message).to_bytes()
    return encoded


def _put(content: DataMessage, quantity: Quantity, value: Value) -> None:
    field = content.get_field(quantity.field)
    with suppress(FitEncodingError):  # it does not fit
        for index, each in enumerate(_encoded(quantity, value)):
            field.set_encoded_value(index, each)


def _put_own(content: DataMessage, own: OwnField, value: Value) -> None:
    field = DeveloperField(
        own.number,
        own.name,
        ToolType(own.base_type),
        growable=True,
        developer_data_index=_US,
    )
    with suppress(FitEncodingError):  # it does not fit
        for index, each in enumerate(_encoded(Quantity(own.number), value)):
            field.set_encoded_value(index, each)
        content.developer_fields.append(field)


def _encoded(quantity: Quantity, value: Value) -> list[int | str]:
    """Return the values that a field gets on the wire; none for what is unknown."""
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, str):
        return [shortened(value)] if value else []
    if value is None:
        return []
    scaled = (value + quantity.offset) * quantity.scale
    return [round(scaled)] if math.isfinite(scaled) else []
