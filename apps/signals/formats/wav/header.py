"""The header before the samples of a WAV file, written and read (wire F1 and F2, behaviour 3.3).

It is RIFF, then chunks of a name, a size and that many bytes. Readers know from the channel which
samples are signed.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass

from hexostore.hexotime import TICKS_PER_SECOND

RIFF, WAVE, FORMAT, DATA = b"RIFF", b"WAVE", b"fmt ", b"data"
"""Name of the file and its kind, and names of the chunks with the format and the samples."""

PCM, MONO = 1, 1

CHUNK = struct.Struct("<4sI")
"""Name and size of a chunk. The file itself begins like one, followed by its kind."""

OPENING = CHUNK.size + len(WAVE)
"""Bytes before the first chunk."""

FIELDS = struct.Struct("<HHIIHH")
"""The fields of a Format."""

MOST = 2**32 - 1
"""The largest size that a chunk can have."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a WAV header says about its samples."""

    coding: int
    channels: int
    rate: int
    byte_rate: int
    align: int
    bits: int

    @classmethod
    def format_of(cls, rate: int, width: int) -> Format:
        """Return the format of `rate` samples a second of `width` bytes each."""
        return cls(PCM, MONO, rate, rate * width, width, 8 * width)

    def pack(self) -> bytes:
        """Return the content of the chunk."""
        return FIELDS.pack(*astuple(self))

    @classmethod
    def unpack(cls, content: bytes) -> Format:
        """Return what the content of the chunk says. It may be longer."""
        return cls(*FIELDS.unpack_from(content))


def is_wav(opening: bytes) -> bool:
    """Return whether a file with these first OPENING bytes is WAV. Its size is ignored."""
    name, kind = opening[: len(RIFF)], opening[CHUNK.size :]
    return (name, kind) == (RIFF, WAVE)


def chunk_header(name: bytes, size: int) -> bytes:
    """Return the header of a chunk. A size above MOST is written as MOST."""
    return CHUNK.pack(name, min(size, MOST))


def frame_rate(step: int) -> int:
    """Return samples per second; for slower channels, the seconds between samples."""
    return TICKS_PER_SECOND // step if step < TICKS_PER_SECOND else step // TICKS_PER_SECOND
