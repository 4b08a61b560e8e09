"""Reading EDF and EDF+ files (https://www.edfplus.info): ours exactly, others if they fit.

A signal is read if its label, or its transducer in our older files, names a channel (labels.py),
its unit is that of the channel, and its physical values are counts of it. Annotations with a
datatype and a value become events. The others are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.signals.formats.edf import annotation_texts, header, labels
from apps.signals.formats.edf.event_reader import DatatypeAnnotations
from apps.signals.formats.edf.header import HeaderField
from apps.signals.formats.reading.columns import EXACT, TableColumn
from apps.signals.formats.reading.members import DownloadMember, damage
from apps.signals.formats.reading.spool import Spool
from apps.signals.storage.ingestion import IncomingColumn, fit, sample_type
from apps.signals.storage.series import Arrays, Series
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND

SIGNALS = 512
"""The most signals of a file."""

ANNOTATIONS = 20_000_000
"""The most annotations of a file."""

RECORD = 2 << 20
"""The most bytes of a data record."""

BLOCK = 1 << 20
"""Bytes of data records that are processed together, unless one record is larger."""

ROUNDED = 1e-4
"""The largest difference of scales that count as equal, since the numbers in the header have eight
characters."""


@dataclass
class Recording:
    """An EDF file: `start` and `end` in ticks, the `unknown` labels, the fields of its channels,
    and its annotations.

    The annotations are events by datatype, and the ends of channels.
    """

    member: DownloadMember
    spool: Spool
    start: int
    step: int
    records: int
    end: int | None = None
    others: int = 0
    unknown: list[str] = field(default_factory=list)
    channels: list[tuple[Datatype, HeaderField]] = field(default_factory=list)
    marks: dict[int, DatatypeAnnotations] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def samples(self) -> Iterator[tuple[Datatype, Series]]:
        """Yield the counts of each synchronous channel, one after the other.

        A channel that ends where the file begins only fills a place, and was not recorded.
        """
        for datatype, channel in self.channels:
            count = self.records * channel.samples
            end = self.ends.get(datatype.pk)
            if end is not None:
                least = max(0, (end - self.start) // (datatype.hexo_freq or 1))
                count = min(count, least)
            if not count:
                continue
            pieces = _pieces_reader(self, datatype, channel, count)
            yield datatype, Series(count, sample_type(datatype), pieces)

    def events(self) -> Iterator[TableColumn]:
        """Yield the values of annotations."""
        for marks in self.marks.values():
            yield marks.make_column(self.member)


def _pieces_reader(
    recording: Recording, datatype: Datatype, channel: HeaderField, count: int
) -> Callable[[], Iterator[Arrays]]:
    """Return a function that reads the first `count` samples of a channel."""

    def pieces() -> Iterator[Arrays]:
        first = 0
        for digital in recording.spool.read((recording.member.path, channel.place)):
            column = IncomingColumn(datatype.name, None, first)
            kept = digital[: max(0, count - first)]
            yield (
                fit(column, _device_counts(column, datatype, channel, kept), sample_type(datatype)),
            )
            first += len(kept)

    return pieces


def read(member: DownloadMember, names: Mapping[str, Datatype], spool: Spool) -> Recording:
    """Return the content of an EDF file. Its samples and annotations are stored in the spool.

    Raise ArchiveError if it is not an EDF file or is incomplete.
    """
    with damage(member.path), member.opener() as file:
        return _read_recording(member, file, names, spool)


def _read_recording(
    member: DownloadMember, file: IO[bytes], names: Mapping[str, Datatype], spool: Spool
) -> Recording:
    head = header.read_whole(file.read(header.opening_size()))
    count = _parse_whole(member, head["signals"], "signals", SIGNALS)
    size = header.header_size(count)
    records = _parse_whole(member, head["records"], "data records", 10**8)
    ticks = _parse_duration(member, head)
    fields = _parse_fields(member, file.read(size - header.opening_size()), count)
    width = sum(each.samples for each in fields)
    if not 0 < 2 * width <= RECORD:
        raise member.error(f"data records of {2 * width} bytes")
    if member.size != size + 2 * width * records:
        raise member.error(
            f"cut off or damaged: {member.size} bytes where {size + 2 * width * records} are due"
        )
    if head["kind"].startswith(header.INTERRUPTED.encode()):
        raise member.error(f"is interrupted ({header.INTERRUPTED}), which is not supported")
    made = Recording(member, spool, _parse_start(member, head), ticks, records)
    annotations = _sort_signals(made, fields, names)
    _take_apart(made, file, width, annotations, names)
    if made.others:
        made.unknown.insert(0, f"{made.others} annotations")
    return made


def _parse_whole(member: DownloadMember, text: bytes, what: str, most: int) -> int:
    stripped = text.strip()
    if not re.fullmatch(rb"\d{1,8}", stripped) or not 0 < int(stripped) <= most:
        told = stripped[:8].decode("ascii", "replace")
        raise member.error(f"is not an EDF file: its header says {told!r} {what}")
    return int(stripped)


def _parse_duration(member: DownloadMember, head: Mapping[str, bytes]) -> int:
    """Return the ticks of a data record."""
    text = head["duration"].strip()
    ticks = float(text) * TICKS_PER_SECOND if re.fullmatch(rb"\d{1,6}(\.\d*)?", text) else 0.0
    if not ticks or ticks != int(ticks):
        told = text.decode("ascii", "replace")
        raise member.error(f"data records of {told!r} seconds are not supported")
    return int(ticks)


def _parse_start(member: DownloadMember, head: Mapping[str, bytes]) -> int:
    """Return the tick in the header. Annotations may move it within its second."""
    try:
        return hexotime.from_datetime(header.read_start(head))
    except ValueError as error:
        text = (head["date"] + head["time"]).decode("ascii", "replace")
        raise member.error(f"no start: {text!r}") from error


def _parse_fields(member: DownloadMember, text: bytes, count: int) -> list[HeaderField]:
    found: list[HeaderField] = []
    place = 0
    for each in header.read_each(text, count):
        samples = _parse_whole(
            member, each["samples"].encode(), f"samples of {each['label']}", RECORD
        )
        physical = _require_span(member, each["physical_lowest"], each["physical_highest"])
        digital = _require_span(member, each["digital_lowest"], each["digital_highest"])
        named = each["label"], each["transducer"], each["unit"]
        found.append(HeaderField(*named, physical, samples, digital, place))
        place += samples
    return found


def _require_span(member: DownloadMember, low: str, high: str) -> tuple[float, float]:
    numbers = [
        text for text in (low, high) if re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d)?", text)
    ]
    if len(numbers) < 2 or float(numbers[0]) == float(numbers[1]):
        raise member.error(f"a range from {low[:8]!r} to {high[:8]!r}")
    return float(numbers[0]), float(numbers[1])


def _sort_signals(
    made: Recording, fields: list[HeaderField], names: Mapping[str, Datatype]
) -> list[HeaderField]:
    """Separate channels from unknown signals and from annotations; return the annotations."""
    for each in fields:
        if each.label == labels.ANNOTATIONS:
            continue
        datatype = _channel_of(each, names)
        if datatype is None:
            made.unknown.append(f"{each.label} [{each.unit}]")
            continue
        if made.step != (datatype.hexo_freq or 0) * each.samples:
            rate = each.samples * TICKS_PER_SECOND / made.step
            raise made.member.error(f"{each.label} at {rate:g} Hz, which {datatype} has not")
        made.channels.append((datatype, each))
    return [each for each in fields if each.label == labels.ANNOTATIONS]


def _channel_of(signal: HeaderField, names: Mapping[str, Datatype]) -> Datatype | None:
    """Return the synchronous channel of a signal with the unit of the channel, else None."""
    found = labels.find_datatype(signal.label, signal.transducer, names)
    if found is None or found.hexo_freq is None:
        return None
    room = header.EACH["unit"]
    is_same_unit = signal.unit.casefold() == found.unit.casefold()[:room]
    return found if is_same_unit else None


def _take_apart(
    made: Recording,
    file: IO[bytes],
    width: int,
    annotations: list[HeaderField],
    names: Mapping[str, Datatype],
) -> None:
    """Store the samples of each channel, and read the annotations, block by block."""
    each = max(1, BLOCK // (2 * width))
    readers = [_AnnotationReader(made, channel, names) for channel in annotations]
    for first in range(0, made.records, each):
        count = min(each, made.records - first)
        content = file.read(2 * width * count)
        if len(content) != 2 * width * count:
            raise made.member.error("cut off or damaged: it ends within its data records")
        rows = np.frombuffer(content, "<i2").reshape(count, width)
        for reader in readers:
            reader.read_block(rows)
        for _, channel in made.channels:
            samples = rows[:, channel.place : channel.place + channel.samples]
            made.spool.add((made.member.path, channel.place), samples.reshape(-1))


def _device_counts(
    column: IncomingColumn, datatype: Datatype, channel: HeaderField, digital: NDArray[np.int16]
) -> NDArray[np.integer]:
    """Return the counts of the device, from the digital values and the physical range of the
    file."""
    (low, high), (least, most) = channel.physical, channel.digital
    gain = (high - low) / (most - least)
    factor = gain / datatype.gain
    shift = (low - least * gain - datatype.offset) / datatype.gain
    if abs(factor - 1) < ROUNDED:
        return _shift_numbers(digital, round(shift))
    counts = digital * factor + shift
    whole = np.rint(counts)
    wrong = np.flatnonzero((np.abs(counts - whole) > EXACT) | (np.abs(whole) > 2**31))
    if len(wrong):
        at = int(wrong[0])
        raise column.error(at, f"{digital[at]} is on another scale")
    result: NDArray[np.int64] = whole.astype(np.int64)
    return result


def _shift_numbers(digital: NDArray[np.int16], by: int) -> NDArray[np.integer]:
    """Return the numbers plus `by`, without a wider type in the two common cases."""
    if by == 0:
        return digital
    if by == 1 << 15:
        return (digital ^ np.int16(-by)).view(np.uint16)
    return digital.astype(np.int32) + np.int32(np.clip(by, -(2**30), 2**30))


class _AnnotationReader:
    """Reads one signal of annotations."""

    def __init__(
        self, made: Recording, channel: HeaderField, names: Mapping[str, Datatype]
    ) -> None:
        self.made, self.channel, self.names = made, channel, names
        self._begin, self._total = made.start, 0

    def read_block(self, rows: NDArray[np.int16]) -> None:
        """Read the annotations in a block of data records."""
        place = self.channel.place
        content = rows[:, place : place + self.channel.samples].tobytes()
        lists = [one for one in content.split(annotation_texts.FILLING) if one]
        for one in lists:
            self._read_one(one)

    def _read_one(self, one: bytes) -> None:
        made = self.made
        self._total += 1
        if self._total > ANNOTATIONS:
            raise made.member.error(f"more than {ANNOTATIONS} annotations")
        found = annotation_texts.read_list(one)
        if found is None:
            raise made.member.error(f"a malformed annotation: {one[:40]!r}")
        tick = _parse_tick(made.member, self._begin, found.onset)
        if self._total == 1:
            made.start = tick
        for text in found.texts:
            made.others += not _store_annotation(made, tick, text, self.names)


def _parse_tick(member: DownloadMember, begin: int, seconds: float) -> int:
    ticks = seconds * TICKS_PER_SECOND
    if abs(ticks - round(ticks)) > EXACT:
        raise member.error(f"an annotation at {seconds:.10g} s, which is not a whole tick")
    return begin + round(ticks)


def _store_annotation(made: Recording, tick: int, text: str, names: Mapping[str, Datatype]) -> bool:
    """Store an annotation of ours; return False for another."""
    if text == annotation_texts.RECORDING_ENDS:
        made.end = tick
        return True
    ending = annotation_texts.SIGNAL_ENDS.read(text)
    if ending and ending["name"] in names:
        made.ends[names[ending["name"]].pk] = tick
        return True
    said = annotation_texts.read_value(text)
    if said is None or said[0] not in names:
        return False
    try:
        _annotations_of(made, names[said[0]]).add(tick, said[1])
    except ValueError:
        raise made.member.error(f"a malformed annotation: {text!r}") from None
    return True


def _annotations_of(made: Recording, datatype: Datatype) -> DatatypeAnnotations:
    if datatype.pk not in made.marks:
        made.marks[datatype.pk] = DatatypeAnnotations(made.spool, datatype)
    return made.marks[datatype.pk]
