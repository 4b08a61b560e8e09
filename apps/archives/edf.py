"""Reading EDF and EDF+ files (https://www.edfplus.info): ours exactly, others where they fit.

A signal is taken where its label, or its transducer in our own files, names a channel, its unit
is that of the channel, and its physical values are counts of it. Annotations that say a datatype
and a value become events; the others are left out.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from apps.archives.members import Member
from apps.archives.text import EXACT, Cells
from apps.catalog.models import Datatype
from apps.signals.ingestion import Column
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND

SIGNALS = 512
"""Signals of a file."""

ANNOTATIONS = 20_000_000
"""Annotations of a file."""

RECORD = 16 << 20
"""Bytes of a data record."""

BLOCK = 4 << 20
"""Bytes of annotations that are looked at together."""

ROUNDED = 1e-4
"""How far from each other scales may be that are the same: the header's numbers have eight
characters."""

_HEAD, _EACH = 256, 256
_FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
_ANNOTATIONS = "EDF Annotations"
_DATATYPE = re.compile(r".*\(datatype (\d{1,6})\)")
_TEXT = re.compile(r"([A-Za-z]\w{0,63}) ([-+]?\d[\d.eE+-]{0,30})(?: .{1,20})?")
_ENDS = re.compile(r"([A-Za-z]\w{0,63}) ends")
_LIST = re.compile(
    rb"([+-]\d{1,10}(?:\.\d{1,12})?)(?:\x15\d{1,10}(?:\.\d{1,12})?)?\x14(.*)\x14", re.DOTALL
)
_RECORDING_ENDS = "Recording ends"


@dataclass(frozen=True, slots=True)
class Field:
    """What the header says of a signal, of which a data record holds `samples` from `place` on."""

    label: str
    transducer: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[float, float]
    samples: int
    place: int


@dataclass
class Marks:
    """Annotations of one datatype; see text.Cells."""

    ticks: array[int] = dataclass_field(default_factory=lambda: array("q"))
    numbers: array[float] = dataclass_field(default_factory=lambda: array("d"))
    fractions: bool = False

    def add(self, tick: int, text: str) -> None:
        """One more; ValueError where the text is no number."""
        number = float(text)
        if not isfinite(number):
            raise ValueError(text)
        self.numbers.append(number)
        self.ticks.append(tick)
        self.fractions |= "." in text


@dataclass
class Recording:
    """An EDF file: `start` and `end` in ticks, the labels that are `unknown`, the fields of its
    channels, and what its annotations say: events by datatype, and where a channel ends.
    """

    member: Member
    start: int
    end: int | None
    unknown: list[str]
    step: int
    rows: NDArray[np.int16]
    fields: list[tuple[Datatype, Field]]
    marks: dict[int, Marks]
    ends: dict[int, int]
    datatypes: Mapping[int, Datatype]

    def samples(self) -> Iterator[tuple[Datatype, NDArray[np.integer]]]:
        """The counts of each synchronous channel, one after the other."""
        for datatype, field in self.fields:
            digital = self.rows[:, field.place : field.place + field.samples].reshape(-1)
            end = self.ends.get(datatype.pk)
            if end is not None:
                digital = digital[: max(0, (end - self.start) // (datatype.hexo_freq or 1))]
            yield datatype, _counts(datatype, field, digital)

    def events(self) -> Iterator[Cells]:
        """The values that are annotations."""
        for dataid, marks in self.marks.items():
            datatype, ticks = self.datatypes[dataid], np.array(marks.ticks, np.int64)
            order = np.argsort(ticks, kind="stable")
            rows, numbers = np.arange(1, len(ticks) + 1), np.array(marks.numbers)
            yield Cells(
                datatype, datatype.unit, rows, ticks[order], numbers[order], marks.fractions
            )


def read(member: Member, names: Mapping[str, Datatype]) -> Recording:
    """What an EDF file holds. Raises ArchiveError where it is none, or not complete."""
    content = member.mapped()
    head = bytes(content[:_HEAD])
    count = _whole(member, head[252:256], "signals", SIGNALS)
    size = _HEAD + _EACH * count
    records = _whole(member, head[236:244], "data records", 10**8)
    ticks = _duration(member, head)
    fields = _fields(member, bytes(content[_HEAD:size]), count)
    width = sum(field.samples for field in fields)
    if not 0 < 2 * width <= RECORD:
        raise member.error(f"data records of {2 * width} bytes")
    if member.size != size + 2 * width * records:
        raise member.error(
            f"cut off or damaged: {member.size} bytes where {size + 2 * width * records} are due"
        )
    if head[192:197] == b"EDF+D":
        raise member.error("is interrupted (EDF+D), which is not read")
    rows = content[size:].view("<i2").reshape(records, width)
    made = Recording(member, _start(member, head), None, [], ticks, rows, [], {}, {}, {
        datatype.pk: datatype for datatype in names.values()
    })  # fmt: skip
    _sort(made, fields, names)
    return made


def _whole(member: Member, text: bytes, what: str, most: int) -> int:
    stripped = text.strip()
    if not re.fullmatch(rb"\d{1,8}", stripped) or not 0 < int(stripped) <= most:
        raise member.error(f"is no EDF file: {stripped[:8]!r} {what}")
    return int(stripped)


def _duration(member: Member, head: bytes) -> int:
    """Ticks of a data record."""
    text = head[244:252].strip()
    ticks = float(text) * TICKS_PER_SECOND if re.fullmatch(rb"\d{1,6}(\.\d*)?", text) else 0.0
    if not ticks or ticks != int(ticks):
        raise member.error(f"data records of {text[:8]!r} seconds are not read")
    return int(ticks)


def _start(member: Member, head: bytes) -> int:
    """The tick that the header tells; annotations may move it within its second."""
    text = head[168:184].decode("ascii", "replace")
    try:
        begin = datetime.strptime(text, "%d.%m.%y%H.%M.%S")  # noqa: DTZ007 - it has no zone
    except ValueError as error:
        raise member.error(f"no start: {text!r}") from error
    century = 1900 if begin.year % 100 >= 85 else 2000
    return hexotime.from_datetime(begin.replace(year=century + begin.year % 100))


def _fields(member: Member, text: bytes, count: int) -> list[Field]:
    columns, at = [], 0
    for width in _FIELDS:
        cells = [text[at + n * width : at + (n + 1) * width] for n in range(count)]
        columns.append([cell.decode("ascii", "replace").strip() for cell in cells])
        at += width * count
    found, place = [], 0
    for label, transducer, unit, low, high, least, most, _, samples, _ in zip(
        *columns, strict=True
    ):
        number = _whole(member, samples.encode(), f"samples of {label}", RECORD)
        physical, digital = _span(member, low, high), _span(member, least, most)
        found.append(Field(label, transducer, unit, physical, digital, number, place))
        place += number
    return found


def _span(member: Member, low: str, high: str) -> tuple[float, float]:
    numbers = [
        text for text in (low, high) if re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d)?", text)
    ]
    if len(numbers) < 2 or float(numbers[0]) == float(numbers[1]):
        raise member.error(f"a range from {low[:8]!r} to {high[:8]!r}")
    return float(numbers[0]), float(numbers[1])


def _sort(made: Recording, fields: list[Field], names: Mapping[str, Datatype]) -> None:
    """Tells channels from annotations and from what is not known."""
    for field in fields:
        if field.label == _ANNOTATIONS:
            _annotate(made, field, names)
    for field in fields:
        datatype = _datatype(field, names, made.datatypes)
        if field.label == _ANNOTATIONS:
            continue
        if datatype is None or field.unit.casefold() != datatype.unit.casefold()[:8]:
            made.unknown.append(f"{field.label} [{field.unit}]")
            continue
        if made.step != (datatype.hexo_freq or 0) * field.samples:
            rate = field.samples * TICKS_PER_SECOND / made.step
            raise made.member.error(f"{field.label} at {rate:g} Hz, which {datatype} has not")
        made.fields.append((datatype, field))


def _datatype(
    field: Field, names: Mapping[str, Datatype], datatypes: Mapping[int, Datatype]
) -> Datatype | None:
    told = _DATATYPE.fullmatch(field.transducer)
    found = datatypes.get(int(told[1])) if told else names.get(field.label)
    return found if found is not None and found.hexo_freq is not None else None


def _counts(datatype: Datatype, field: Field, digital: NDArray[np.int16]) -> NDArray[np.integer]:
    """What the device gave, from what the file's physical range makes of the digital values."""
    (low, high), (least, most) = field.physical, field.digital
    gain = (high - low) / (most - least)
    factor = gain / datatype.gain
    shift = (low - least * gain - datatype.offset) / datatype.gain
    if abs(factor - 1) < ROUNDED:
        return _shifted(digital, round(shift))
    counts = digital * factor + shift
    whole = np.rint(counts)
    wrong = np.flatnonzero((np.abs(counts - whole) > EXACT) | (np.abs(whole) > 2**31))
    if len(wrong):
        at = int(wrong[0])
        raise Column(datatype.name).error(at, f"{digital[at]} is on another scale")
    result: NDArray[np.int64] = whole.astype(np.int64)
    return result


def _shifted(digital: NDArray[np.int16], by: int) -> NDArray[np.integer]:
    """The numbers with `by` added, without a wider type in the two cases that are common."""
    if by == 0:
        return digital
    if by == 1 << 15:
        return (digital ^ np.int16(-by)).view(np.uint16)
    return digital.astype(np.int32) + np.int32(np.clip(by, -(2**30), 2**30))


def _annotate(made: Recording, field: Field, names: Mapping[str, Datatype]) -> None:
    """Reads all annotations of one signal."""
    each = max(1, BLOCK // (2 * field.samples))
    begin, others, total = made.start, 0, 0
    for first in range(0, len(made.rows), each):
        rows = made.rows[first : first + each, field.place : field.place + field.samples]
        lists = [one for one in np.ascontiguousarray(rows).tobytes().split(b"\0") if one]
        total += len(lists)
        if total > ANNOTATIONS:
            raise made.member.error(f"more than {ANNOTATIONS} annotations")
        for one in lists:
            found = _LIST.fullmatch(one)
            if found is None:
                raise made.member.error(f"an annotation that is none: {one[:40]!r}")
            tick = _tick(made.member, begin, float(found[1]))
            if first == 0 and one is lists[0]:
                made.start = tick
            for text in filter(None, found[2].split(b"\x14")):
                others += not _take(made, tick, text.decode("utf-8", "replace"), names)
    if others:
        made.unknown.append(f"{others} annotations")


def _tick(member: Member, begin: int, seconds: float) -> int:
    ticks = seconds * TICKS_PER_SECOND
    if abs(ticks - round(ticks)) > EXACT:
        raise member.error(f"an annotation at {seconds:.10g} s, which is no tick")
    return begin + round(ticks)


def _take(made: Recording, tick: int, text: str, names: Mapping[str, Datatype]) -> bool:
    """Keeps an annotation of ours; False for another."""
    if text == _RECORDING_ENDS:
        made.end = tick
        return True
    ending = _ENDS.fullmatch(text)
    if ending and ending[1] in names:
        made.ends[names[ending[1]].pk] = tick
        return True
    said = _TEXT.fullmatch(text)
    if said is None or said[1] not in names:
        return False
    try:
        made.marks.setdefault(names[said[1]].pk, Marks()).add(tick, said[2])
    except ValueError:
        raise made.member.error(f"an annotation that is none: {text!r}") from None
    return True
