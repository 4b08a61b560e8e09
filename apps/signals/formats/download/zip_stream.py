"""ZIP archives that are sent while they are written, and read while they arrive.

Nothing is compressed: samples hardly shrink, and compressing costs ten times as much as everything
else. Size and CRC of a file precede it, so that it can be extracted from a stream. 64-bit fields
are only used if 32 bits are not enough. An archive of the same files is the same to the byte every
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

PIECE = 256 * 1024
"""How many bytes are collected before they are sent."""

LARGEST = 2**32 - 2
"""The largest number in a 32-bit field."""

MOST = 2**16 - 2
"""The largest number of files in a 16-bit field."""

Moment = tuple[int, int, int, int, int, int]

_ELSEWHERE, _ELSEWHERE_16 = 2**32 - 1, 2**16 - 1
"""What a short field contains if a long one has the number."""

_STORED, _UTF8 = 0, 1 << 11
_PLAIN, _WIDE = 20, 45
"""Versions 2.0 and 4.5 of the format. The later one has 64-bit fields."""

_UNIX, _READABLE = 3 << 8, 0o100644 << 16

_LOCAL = Struct("<4s5H3L2H")
_CENTRAL = Struct("<4s6H3L5H2L")
_END = Struct("<4s4H2LH")
_WIDE_END = Struct("<4sQ2H2L4Q")
_WIDE_END_PLACE = Struct("<4sLQL")


@dataclass(frozen=True)
class ZipMember:
    """A file of an archive: name, modification time, size, and functions for its CRC and its
    content.

    `crc` is called first, and `data` after everything before it was written. The pieces of `data`
    have a buffer of bytes, `size` bytes together.
    """

    name: str
    moment: Moment
    size: int
    crc: Callable[[], int]
    data: Callable[[], Iterable[Any]]


@dataclass
class _Sink:
    """Collects what is written until it is sent."""

    kept: list[Any] = field(default_factory=list)
    size: int = 0

    def write(self, data: Any) -> None:
        self.kept.append(data)
        self.size += memoryview(data).nbytes

    def take_written(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self.kept)
        self.kept.clear()
        self.size = 0
        return taken


def stream_members(members: Iterable[ZipMember]) -> Iterator[bytes]:
    """Yield the archive in pieces. The first piece has only the first file, so that it is sent at
    once."""
    sink, entries, begin = _Sink(), list[bytes](), 0
    for member in members:
        crc = member.crc()
        local = _local_header(member, crc)
        sink.write(local)
        for piece in member.data():
            sink.write(piece)
            if sink.size >= PIECE:
                yield sink.take_written()
        if not entries:
            yield sink.take_written()
        entries.append(_directory_entry(member, crc, begin))
        begin += len(local) + member.size
    for entry in entries:
        sink.write(entry)
    sink.write(_end_of_directory(len(entries), sum(map(len, entries)), begin))
    yield sink.take_written()


def archive_size(members: Iterable[ZipMember]) -> int:
    """Return the size of the archive in bytes."""
    begin = directory = count = 0
    for member in members:
        directory += len(_directory_entry(member, 0, begin))
        begin += len(_local_header(member, 0)) + member.size
        count += 1
    return begin + directory + len(_end_of_directory(count, directory, begin))


def _local_header(member: ZipMember, crc: int) -> bytes:
    """Return the header in front of a file's bytes."""
    name = member.name.encode()
    sizes, wide = _widen_numbers([member.size, member.size])
    version = _WIDE if wide else _PLAIN
    form = version, _name_flags(name), _STORED, *_dos_time(member.moment)
    lengths = len(name), len(wide)
    return _LOCAL.pack(b"PK\3\4", *form, crc, *sizes, *lengths) + name + wide


def _directory_entry(member: ZipMember, crc: int, begin: int) -> bytes:
    """Return the directory entry of a file that begins at that byte."""
    name = member.name.encode()
    (*sizes, place), wide = _widen_numbers([member.size, member.size, begin])
    version = _WIDE if wide else _PLAIN
    form = _UNIX | version, version, _name_flags(name), _STORED, *_dos_time(member.moment)
    lengths = len(name), len(wide), 0
    rest = 0, 0, _READABLE, place
    return _CENTRAL.pack(b"PK\1\2", *form, crc, *sizes, *lengths, *rest) + name + wide


def _end_of_directory(count: int, directory: int, begin: int) -> bytes:
    """Return what follows the directory of so many files and bytes, which begins at that byte."""
    far = max(directory, begin) > LARGEST or count > MOST
    wide = b""
    if far:
        numbers = _WIDE_END.size - 12, _UNIX | _WIDE, _WIDE, 0, 0, count, count, directory, begin
        wide = _WIDE_END.pack(b"PK\6\6", *numbers)
        wide += _WIDE_END_PLACE.pack(b"PK\6\7", 0, begin + directory, 1)
    short = count if count <= MOST else _ELSEWHERE_16
    (size, place), _ = _widen_numbers([directory, begin])
    return wide + _END.pack(b"PK\5\6", 0, 0, short, short, size, place, 0)


def _widen_numbers(numbers: list[int]) -> tuple[list[int], bytes]:
    """Return the numbers for 32-bit fields, and the extra field for those that are too large."""
    # 5 and 2 ** 32 become 5 and 0xFFFFFFFF, with 2 ** 32 as the one number of the extra field.
    large = [number for number in numbers if number > LARGEST]
    if not large:
        return numbers, b""
    short = [_ELSEWHERE if number > LARGEST else number for number in numbers]
    extra = Struct(f"<2H{len(large)}Q").pack(1, 8 * len(large), *large)
    return short, extra


def _name_flags(name: bytes) -> int:
    return 0 if name.isascii() else _UTF8


def _dos_time(moment: Moment) -> tuple[int, int]:
    """Return time and date in 16 bits each. Seconds are even."""
    # 19:38:07 is stored as 19:38:06.
    year, month, day, hour, minute, second = moment
    time = hour << 11 | minute << 5 | second // 2
    date = year - 1980 << 9 | month << 5 | day
    return time, date
