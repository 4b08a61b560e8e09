"""Reading EDF and EDF+ files (https://www.edfplus.info): ours exactly, others where they fit.

A signal is taken where its label, or its transducer in our older files, names a channel
(apps/signals/edflabels.py), its unit is that of the channel, and its physical values are counts of
it. Annotations that say a datatype and a value become events; the others are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

import numpy as np
from numpy.typing import NDArray

from apps.archives.columns import EXACT, TableColumn
from apps.archives.edf_marks import Marks
from apps.archives.members import Member, damage
from apps.archives.spool import Spool
from apps.catalog.models import Datatype
from apps.signals import edflabels
from apps.signals.ingestion import Column, fit, sample_type
from apps.signals.series import Arrays, Series
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND

SIGNALS = 512
"""Signals of a file."""

ANNOTATIONS = 20_000_000
"""Annotations of a file."""

RECORD = 2 << 20
"""Bytes of a data record."""

BLOCK = 1 << 20
"""Bytes of data records that are looked at together, if they are not larger themselves."""

ROUNDED = 1e-4
"""How far from each other scales may be that are the same: the header's numbers have eight
characters."""

_HEAD, _EACH = 256, 256
_FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
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
class Recording:
    """An EDF file: `start` and `end` in ticks, the labels that are `unknown`, the fields of its
    channels, and what its annotations say: events by datatype, and where a channel ends.
    """

    member: Member
    spool: Spool
    start: int
    step: int
    records: int
    end: int | None = None
    others: int = 0
    unknown: list[str] = field(default_factory=list)
    channels: list[tuple[Datatype, Field]] = field(default_factory=list)
    marks: dict[int, Marks] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def samples(self) -> Iterator[tuple[Datatype, Series]]:
        """The counts of each synchronous channel, one after the other.

        One that ends where the file begins holds a place only, and was not recorded.
        """
        for datatype, channel in self.channels:
            count = self.records * channel.samples
            end = self.ends.get(datatype.pk)
            if end is not None:
                least = max(0, (end - self.start) // (datatype.hexo_freq or 1))
                count = min(count, least)
            if not count:
                continue
            pieces = _pieces(self, datatype, channel, count)
            yield datatype, Series(count, sample_type(datatype), pieces)

    def events(self) -> Iterator[TableColumn]:
        """The values that are annotations."""
        for marks in self.marks.values():
            yield marks.column(self.member)


def _pieces(
    recording: Recording, datatype: Datatype, channel: Field, count: int
) -> Callable[[], Iterator[Arrays]]:
    """How the first `count` samples of a channel are read."""

    def pieces() -> Iterator[Arrays]:
        first = 0
        for digital in recording.spool.read((recording.member.path, channel.place)):
            column = Column(datatype.name, None, first)
            kept = digital[: max(0, count - first)]
            yield (fit(column, _counts(column, datatype, channel, kept), sample_type(datatype)),)
            first += len(kept)

    return pieces


def read(member: Member, names: Mapping[str, Datatype], spool: Spool) -> Recording:
    """What an EDF file holds; its samples and annotations are put into the spool.

    Raises ArchiveError where it is none, or not complete.
    """
    with damage(member.path), member.opener() as file:
        return _read(member, file, names, spool)


def _read(
    member: Member, file: IO[bytes], names: Mapping[str, Datatype], spool: Spool
) -> Recording:
    head = file.read(_HEAD)
    count = _whole(member, head[252:256], "signals", SIGNALS)
    size = _HEAD + _EACH * count
    records = _whole(member, head[236:244], "data records", 10**8)
    ticks = _duration(member, head)
    fields = _fields(member, file.read(_EACH * count), count)
    width = sum(each.samples for each in fields)
    if not 0 < 2 * width <= RECORD:
        raise member.error(f"data records of {2 * width} bytes")
    if member.size != size + 2 * width * records:
        raise member.error(
            f"cut off or damaged: {member.size} bytes where {size + 2 * width * records} are due"
        )
    if head[192:197] == b"EDF+D":
        raise member.error("is interrupted (EDF+D), which is not supported")
    made = Recording(member, spool, _start(member, head), ticks, records)
    annotations = _sort(made, fields, names)
    _take_apart(made, file, width, annotations, names)
    if made.others:
        made.unknown.insert(0, f"{made.others} annotations")
    return made


def _whole(member: Member, text: bytes, what: str, most: int) -> int:
    stripped = text.strip()
    if not re.fullmatch(rb"\d{1,8}", stripped) or not 0 < int(stripped) <= most:
        told = stripped[:8].decode("ascii", "replace")
        raise member.error(f"is not an EDF file: its header says {told!r} {what}")
    return int(stripped)


def _duration(member: Member, head: bytes) -> int:
    """Ticks of a data record."""
    text = head[244:252].strip()
    ticks = float(text) * TICKS_PER_SECOND if re.fullmatch(rb"\d{1,6}(\.\d*)?", text) else 0.0
    if not ticks or ticks != int(ticks):
        told = text.decode("ascii", "replace")
        raise member.error(f"data records of {told!r} seconds are not supported")
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


def _sort(made: Recording, fields: list[Field], names: Mapping[str, Datatype]) -> list[Field]:
    """Tells channels from what is not known, and from annotations, which it gives."""
    for each in fields:
        if each.label == edflabels.ANNOTATIONS:
            continue
        datatype = _channel(each, names)
        if datatype is None:
            made.unknown.append(f"{each.label} [{each.unit}]")
            continue
        if made.step != (datatype.hexo_freq or 0) * each.samples:
            rate = each.samples * TICKS_PER_SECOND / made.step
            raise made.member.error(f"{each.label} at {rate:g} Hz, which {datatype} has not")
        made.channels.append((datatype, each))
    return [each for each in fields if each.label == edflabels.ANNOTATIONS]


def _channel(signal: Field, names: Mapping[str, Datatype]) -> Datatype | None:
    """The synchronous channel in whose unit a signal is, None if there is none."""
    found = edflabels.find(signal.label, signal.transducer, names)
    if found is None or found.hexo_freq is None:
        return None
    return found if signal.unit.casefold() == found.unit.casefold()[:8] else None


def _take_apart(
    made: Recording,
    file: IO[bytes],
    width: int,
    annotations: list[Field],
    names: Mapping[str, Datatype],
) -> None:
    """Puts the samples of each channel away, and reads the annotations, block after block."""
    each = max(1, BLOCK // (2 * width))
    readers = [_Annotations(made, channel, names) for channel in annotations]
    for first in range(0, made.records, each):
        count = min(each, made.records - first)
        content = file.read(2 * width * count)
        if len(content) != 2 * width * count:
            raise made.member.error("cut off or damaged: it ends within its data records")
        rows = np.frombuffer(content, "<i2").reshape(count, width)
        for reader in readers:
            reader.take(rows)
        for _, channel in made.channels:
            samples = rows[:, channel.place : channel.place + channel.samples]
            made.spool.add((made.member.path, channel.place), samples.reshape(-1))


def _counts(
    column: Column, datatype: Datatype, channel: Field, digital: NDArray[np.int16]
) -> NDArray[np.integer]:
    """What the device gave, from what the file's physical range makes of the digital values."""
    (low, high), (least, most) = channel.physical, channel.digital
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
        raise column.error(at, f"{digital[at]} is on another scale")
    result: NDArray[np.int64] = whole.astype(np.int64)
    return result


def _shifted(digital: NDArray[np.int16], by: int) -> NDArray[np.integer]:
    """The numbers with `by` added, without a wider type in the two cases that are common."""
    if by == 0:
        return digital
    if by == 1 << 15:
        return (digital ^ np.int16(-by)).view(np.uint16)
    return digital.astype(np.int32) + np.int32(np.clip(by, -(2**30), 2**30))


class _Annotations:
    """Reads one signal of annotations."""

    def __init__(self, made: Recording, channel: Field, names: Mapping[str, Datatype]) -> None:
        self.made, self.channel, self.names = made, channel, names
        self._begin, self._total = made.start, 0

    def take(self, rows: NDArray[np.int16]) -> None:
        """Reads what a block of data records says."""
        place = self.channel.place
        content = rows[:, place : place + self.channel.samples].tobytes()
        lists = [one for one in content.split(b"\0") if one]
        for one in lists:
            self._read(one)

    def _read(self, one: bytes) -> None:
        made = self.made
        self._total += 1
        if self._total > ANNOTATIONS:
            raise made.member.error(f"more than {ANNOTATIONS} annotations")
        found = _LIST.fullmatch(one)
        if found is None:
            raise made.member.error(f"a malformed annotation: {one[:40]!r}")
        tick = _tick(made.member, self._begin, float(found[1]))
        if self._total == 1:
            made.start = tick
        for text in filter(None, found[2].split(b"\x14")):
            made.others += not _take(made, tick, text.decode("utf-8", "replace"), self.names)


def _tick(member: Member, begin: int, seconds: float) -> int:
    ticks = seconds * TICKS_PER_SECOND
    if abs(ticks - round(ticks)) > EXACT:
        raise member.error(f"an annotation at {seconds:.10g} s, which is not a whole tick")
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
        _marks(made, names[said[1]]).add(tick, said[2])
    except ValueError:
        raise made.member.error(f"a malformed annotation: {text!r}") from None
    return True


def _marks(made: Recording, datatype: Datatype) -> Marks:
    if datatype.pk not in made.marks:
        made.marks[datatype.pk] = Marks(made.spool, datatype)
    return made.marks[datatype.pk]
