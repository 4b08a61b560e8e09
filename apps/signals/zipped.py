"""ZIP archives that are sent while they are written, and whose size is known before.

Nothing is compressed: samples shrink little, and deflating costs ten times what the rest does.
An archive of the same members is the same to the byte every time.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

PIECE = 256 * 1024
"""Bytes from which on what was written is sent."""

_LOCAL, _DESCRIPTOR, _CENTRAL = 30 + 20, 24, 46
_END, _END_64 = 22, 56 + 20
_READABLE = 0o100644 << 16
_UNIX = 3

Moment = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class Member:
    """A file of an archive: name, time of change, bytes if known, and what gives them.

    The pieces of `data` are anything with a buffer of bytes.
    """

    name: str
    moment: Moment
    size: int | None
    data: Callable[[], Iterable[Any]]


class _Sink:
    """Takes what zipfile writes, until it is fetched; has no way back."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.size = 0

    def write(self, data: Any) -> int:
        length = data.nbytes if isinstance(data, memoryview) else len(data)
        self.kept.append(data)
        self.size += length
        return length

    def flush(self) -> None:
        """zipfile calls it at the end."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self.kept)
        self.kept.clear()
        self.size = 0
        return taken


def stream(members: Iterable[Member]) -> Iterator[bytes]:
    """The archive in pieces; the first holds the first member only, so that it leaves at once."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[call-overload]
        for number, member in enumerate(members):
            with archive.open(_info(member), "w", force_zip64=True) as file:
                for piece in member.data():
                    file.write(memoryview(piece))
                    if sink.size >= PIECE:
                        yield sink.take()
            if not number:
                yield sink.take()
    yield sink.take()


def _info(member: Member) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(member.name, member.moment)
    info.create_system, info.external_attr = _UNIX, _READABLE
    return info


def size(members: Iterable[Member]) -> int | None:
    """The bytes of the archive; None where the size of a member is not known.

    Numbers beyond zipfile's limit take more room in the directory at the end.
    """
    begin = directory = 0
    for member in members:
        if member.size is None:
            return None
        name, wide = len(member.name.encode()), 2 * (member.size > zipfile.ZIP64_LIMIT)
        wide += begin > zipfile.ZIP64_LIMIT
        directory += _CENTRAL + name + (4 + 8 * wide if wide else 0)
        begin += _LOCAL + name + member.size + _DESCRIPTOR
    far = max(begin, directory) > zipfile.ZIP64_LIMIT
    return begin + directory + _END + (_END_64 if far else 0)
