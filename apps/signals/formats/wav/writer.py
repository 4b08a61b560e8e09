"""RIFF/WAV headers as genuine downloads have them (wire F1 and F2, behaviour 3.3).

Exactly 44 bytes, one channel of PCM, and then the counts as they are: those without a sign are
written in the same bits. Readers know by the channel which is which.
"""

from __future__ import annotations

import struct

from hexostore.hexotime import TICKS_PER_SECOND

HEADER = 44
_PCM, _MONO = 1, 1
_MOST = 2**32 - 1
_LAYOUT = struct.Struct("<4sI4s4sIHHIIHH4sI")


def header(step: int, samples: int, width: int) -> bytes:
    """The header of so many samples of `width` bytes each, one per `step` ticks.

    The size in it is what follows it, as the standard and genuine files since 2021 have it. A
    size beyond 32 bits is written as the largest that fits.
    """
    rate, data = frame_rate(step), samples * width
    return _LAYOUT.pack(
        b"RIFF", min(HEADER + data - 8, _MOST), b"WAVE",
        b"fmt ", 16, _PCM, _MONO, rate, rate * width, width, 8 * width,
        b"data", min(data, _MOST),
    )  # fmt: skip


def frame_rate(step: int) -> int:
    """Samples a second; for channels slower than that, the seconds from one to the next."""
    return TICKS_PER_SECOND // step if step < TICKS_PER_SECOND else step // TICKS_PER_SECOND


def delay(step: int) -> int:
    """The ticks from the start of an archive to where readers put the first sample of a file.

    Sample k of a fast channel stands k steps after the start, of one of 1 Hz or slower k + 1.
    """
    return step if step >= TICKS_PER_SECOND else 0
