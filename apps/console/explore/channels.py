"""What the explorer knows of the channels of a record before it reads a sample: one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from apps.signals.models import Channel
from apps.signals.storage.reader import StoredChannel
from hexostore.hexotime import TICKS_PER_SECOND

MARKED = {
    "QRS": "ECG_",
    "inspiration": "respiration_",
    "expiration": "respiration_",
    "step": "acceleration_",
}
"""Events that are drawn as marks: the name of each, and how the channels begin that it marks."""

HEART_RATE = "heart_rate"

QUALITY = "_quality"
"""How the names of channels of quality flags end; before it stands what they are about."""


class DrawnAs(StrEnum):
    """How a channel is drawn: as a line, as marks on other channels, or as bands of time."""

    LINE = "line"
    MARKS = "marks"
    STATES = "states"
    FLAGS = "flags"


@dataclass(frozen=True, slots=True)
class ExploredChannel:
    """A channel with the facts of its data type; a count c means c * `gain` + `offset` in `unit`.

    `step` is the ticks from one sample to the next, 0 for events. `codes` are the meanings of
    states or of bits.
    """

    record: int
    datatype: int
    name: str
    info: str
    unit: str
    gain: float
    offset: float
    start: int
    step: int
    count: int
    dtype: str
    version: bytes
    codes: dict[str, Any]
    position: int

    @property
    def stored(self) -> StoredChannel:
        """What the reader of chunks needs."""
        return StoredChannel(
            self.record, self.datatype, self.start, self.step, self.count, self.dtype
        )

    @property
    def title(self) -> str:
        """The name as people read it."""
        words = self.name.replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def role(self) -> DrawnAs:
        """How it is drawn."""
        if "bits" in self.codes:
            return DrawnAs.FLAGS
        if "codes" in self.codes:
            return DrawnAs.STATES
        return DrawnAs.MARKS if self.name in MARKED else DrawnAs.LINE

    @property
    def rate(self) -> str:
        """How often there is a value, in words."""
        if not self.step:
            return "events"
        if self.step <= TICKS_PER_SECOND:
            return f"{TICKS_PER_SECOND / self.step:g} Hz"
        return f"every {self.step / TICKS_PER_SECOND:g} s"

    def value_of(self, count: float) -> float:
        """Return what a count is in the unit."""
        return count * self.gain + self.offset

    def is_about(self, other: ExploredChannel) -> bool:
        """Return whether these marks or flags belong to another channel."""
        if self.name in MARKED:
            return other.name.startswith(MARKED[self.name])
        about, is_quality, _ = self.name.partition(QUALITY)
        begins_alike = other.name == about or other.name.startswith(f"{about}_")
        return bool(is_quality) and begins_alike and other.role is DrawnAs.LINE

    def describe(self) -> dict[str, Any]:
        """Return what the page of a record tells its scripts."""
        return {
            "id": self.datatype,
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "gain": self.gain,
            "offset": self.offset,
            "step": self.step,
            "role": self.role,
            "codes": self.codes.get("bits") or self.codes.get("codes") or {},
        }


LEAD_III = 4115
"""The lead that is the difference of two others, and so lies around 0 counts. The catalogue gives
it the offset of the others, with which it would be drawn at -9 mV."""

_COLUMNS = (
    "record_id", "datatype_id", "datatype__name", "datatype__info", "datatype__unit",
    "datatype__gain", "datatype__offset", "start", "step", "count", "dtype", "version",
    "datatype__codes", "datatype__position",
)  # fmt: skip


def find_channels(record: int, datatypes: Iterable[int] | None = None) -> list[ExploredChannel]:
    """Return the channels of a record that hold something: the fastest first, then events.

    With `datatypes`, only those of them that there are.
    """
    return find_channels_of([record], datatypes)


def find_channels_of(
    records: Collection[int], datatypes: Iterable[int] | None = None
) -> list[ExploredChannel]:
    """Return the same of several records together."""
    found = Channel.objects.filter(record__in=records, count__gt=0)
    if datatypes is not None:
        found = found.filter(datatype__in=list(datatypes))
    rows = found.order_by().values_list(*_COLUMNS)
    return sorted(map(_channel, rows), key=_place)


def _channel(row: tuple[Any, ...]) -> ExploredChannel:
    facts = dict(zip((each.name for each in fields(ExploredChannel)), row, strict=True))
    if facts["datatype"] == LEAD_III:
        facts["offset"] = 0.0
    return ExploredChannel(**facts | {"step": row[8] or 0, "version": bytes(row[11])})


def _place(channel: ExploredChannel) -> tuple[float, int]:
    return channel.step or float("inf"), channel.position
