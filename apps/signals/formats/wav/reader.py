"""Reading the WAV files of downloads, whose headers are not always correct (wire F1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO

import numpy as np

from apps.catalog.models import Datatype
from apps.signals.formats.reading.members import DownloadMember
from apps.signals.formats.wav import header
from apps.signals.formats.wav.header import CHUNK, OPENING, Format
from apps.signals.storage.ingestion import IncomingColumn, fit, sample_type
from apps.signals.storage.series import Arrays, Series

CHUNKS = 100
"""The most chunks of a file besides the samples."""

SKIPPED = 1 << 20
"""The most bytes of them that are skipped."""

BLOCK = 1 << 18
"""The number of samples that are read at a time."""


@contextmanager
def samples(member: DownloadMember, datatype: Datatype) -> Iterator[Series]:
    """Yield the counts of a synchronous channel: 16 bit as in the catalogue, signed or unsigned, or
    32 bit signed.

    The file size in the header is ignored, because it is wrong in genuine files. The data must be
    complete. Raise ArchiveError for a file that is cut off or does not match the channel. Reading
    the series raises IngestionError for a count that the channel cannot have.
    """
    with member.open_content() as file:
        if not header.is_wav(file.read(OPENING)):
            raise member.error("is not a WAV file")
        data = _find_data(member, datatype, file)
        width = data.format.bits // 8
        if data.size % width:
            raise member.error(f"{data.size} bytes are not a whole number of samples")
        pieces = partial(_read_pieces, file, datatype, data)
        yield Series(data.size // width, sample_type(datatype), pieces)


@dataclass(frozen=True, slots=True)
class Data:
    """The place of the samples in a file, and their size in bytes."""

    format: Format
    place: int
    size: int


def _find_data(member: DownloadMember, datatype: Datatype, file: IO[bytes]) -> Data:
    found, data, at, skipped = None, None, OPENING, 0
    for _ in range(CHUNKS):
        if at >= member.size:
            break
        name, size = _read_chunk_head(member, file, at)
        if name == header.FORMAT:
            found = _read_format(member, file, size)
        elif name == header.DATA and data is None:
            data = Data(_require_format(member, datatype, found), at + CHUNK.size, size)
        else:
            skipped += size
            if skipped > SKIPPED:
                raise member.error(f"more than {SKIPPED} bytes that are not samples")
        at += CHUNK.size + size + size % 2
        file.seek(at)
    if found is None or data is None or at < member.size:
        raise member.error("has no samples" if data is None else "has too many chunks")
    return data


def _describe_bits(bits: int, *, is_signed: bool) -> str:
    if bits == 32:
        return "<i4"
    return "<i2" if is_signed else "<u2"


def _read_pieces(file: IO[bytes], datatype: Datatype, data: Data) -> Iterator[Arrays]:
    kind = _describe_bits(data.format.bits, is_signed=datatype.signed)
    width = data.format.bits // 8
    for first in range(0, data.size // width, BLOCK):
        place = first * width
        file.seek(data.place + place)
        content = file.read(min(BLOCK * width, data.size - place))
        samples = np.frombuffer(content, kind)
        column = IncomingColumn(datatype.name, None, first)
        yield (fit(column, samples, sample_type(datatype)),)


def _read_chunk_head(member: DownloadMember, stream: IO[bytes], at: int) -> tuple[bytes, int]:
    head = stream.read(CHUNK.size)
    if len(head) < CHUNK.size:
        raise member.error(f"{len(head)} bytes too many at its end, or cut off")
    name, size = CHUNK.unpack(head)
    held = member.size - at - CHUNK.size
    if size > held:
        raise member.error(f"cut off: {size} bytes announced, {held} are there")
    return name, size


def _read_exactly(member: DownloadMember, stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) != size:
        raise member.error(f"cut off: {size} bytes announced, {len(content)} are there")
    return content


def _read_format(member: DownloadMember, stream: IO[bytes], size: int) -> Format:
    if not header.FIELDS.size <= size <= 64:
        raise member.error(f"a format of {size} bytes")
    return Format.unpack(_read_exactly(member, stream, size))


def _require_format(member: DownloadMember, datatype: Datatype, found: Format | None) -> Format:
    if found is None:
        raise member.error("samples before their format")
    is_mono_pcm = found.coding == header.PCM and found.channels == header.MONO
    if not is_mono_pcm or found.bits not in (16, 32):
        raise member.error(
            f"16 or 32 bit PCM of one channel wanted, not coding {found.coding} of "
            f"{found.bits} bit and {found.channels} channels"
        )
    wanted = header.frame_rate(datatype.hexo_freq or 0)
    if found.rate != wanted:
        raise member.error(f"a frame rate of {found.rate} where {datatype.name} has {wanted}")
    return found
