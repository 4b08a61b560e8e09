"""RIFF/WAV headers as genuine downloads have them (wire F1 and F2, behaviour 3.3).

Exactly 44 bytes, one channel of PCM, and then the counts as they are: those without a sign are
written in the same bits. Readers know by the channel which is which.
"""

from __future__ import annotations

from apps.signals.formats.wav import header as wav_header
from apps.signals.formats.wav.header import CHUNK, Format
from hexostore.hexotime import TICKS_PER_SECOND

HEADER = wav_header.OPENING + CHUNK.size + wav_header.FIELDS.size + CHUNK.size
"""Bytes before the samples."""


def header(step: int, samples: int, width: int) -> bytes:
    """The header of so many samples of `width` bytes each, one per `step` ticks.

    The size in it is what follows it, as the standard and genuine files since 2021 have it. A
    size beyond 32 bits is written as the largest that fits.
    """
    size = samples * width
    described = Format.of(wav_header.frame_rate(step), width).pack()
    return b"".join([
        wav_header.chunk(wav_header.RIFF, HEADER + size - CHUNK.size),
        wav_header.WAVE,
        wav_header.chunk(wav_header.FORMAT, len(described)),
        described,
        wav_header.chunk(wav_header.DATA, size),
    ])  # fmt: skip


def delay(step: int) -> int:
    """The ticks from the start of an archive to where readers put the first sample of a file.

    Sample k of a fast channel stands k steps after the start, of one of 1 Hz or slower k + 1.
    """
    return step if step >= TICKS_PER_SECOND else 0
