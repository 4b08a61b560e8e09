"""Faults in answers that are a ZIP of data: WAV files and tables of events."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath

from apps.catalog.models import Datatype
from apps.control.faults.actions import FaultAction
from apps.signals.formats.wav import header as wav_header
from apps.signals.formats.wav.writer import HEADER

_SIZES = 4, HEADER - 4
"""Where the header of a WAV file has the size of what follows: of all, and of the samples."""


def change_archive(content: bytes, action: FaultAction) -> bytes | None:
    """Return the archive with the fault in it; None if it has nothing that the fault changes."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        return None
    names = _file_names(action)
    made, count = io.BytesIO(), 0
    with archive, zipfile.ZipFile(made, "w") as changed:
        for info in archive.infolist():
            before = archive.read(info)
            after = _change_file(PurePosixPath(info.filename), before, action, names)
            count += after != before
            if after is not None:
                changed.writestr(info, after)
    return made.getvalue() if count else None


def _file_names(action: FaultAction) -> Collection[str]:
    """Return what the file of a missing channel may be called."""
    if action.missing_channel is None:
        return ()
    row = Datatype.objects.filter(pk=action.missing_channel).values_list("name", "channel").first()
    return [name for name in row or () if name]


def _change_file(
    path: PurePosixPath, content: bytes, action: FaultAction, missing: Collection[str]
) -> bytes | None:
    """Return the content of a file with the fault in it; None to leave the file out."""
    if path.stem in missing:
        return None
    is_wav = wav_header.is_wav(content[: wav_header.OPENING])
    if not is_wav or len(content) <= HEADER:
        return content
    if action.truncated_wav:
        return content[: HEADER + (len(content) - HEADER) // 4 * 2]
    return content if action.samples is None else _change_count(content, action.samples)


def _change_count(content: bytes, samples: int) -> bytes:
    """Remove the last sample of a WAV file, or have it there twice. Its header says how many there
    are."""
    changed = bytearray(content[:-2] if samples < 0 else content + content[-2:])
    for place in _SIZES:
        (size,) = struct.unpack_from("<I", changed, place)
        struct.pack_into("<I", changed, place, size + 2 * samples)
    return bytes(changed)
