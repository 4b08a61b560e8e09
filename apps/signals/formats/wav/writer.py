"""RIFF/WAV headers as in genuine downloads (wire F1 and F2, behaviour 3.3).

They have exactly 44 bytes and one channel of PCM, then the counts as they are. Unsigned ones are
written in the same bits. Readers know from the channel which is which.
"""

from __future__ import annotations

from apps.signals.formats.wav import header as wav_header
from apps.signals.formats.wav.header import CHUNK, Format
from hexostore.hexotime import TICKS_PER_SECOND

HEADER = wav_header.OPENING + CHUNK.size + wav_header.FIELDS.size + CHUNK.size
"""Bytes before the samples."""


def header(step: int, samples: int, width: int) -> bytes:
    """Return the header of so many samples of `width` bytes each, one per `step` ticks.

    The size in it is that of the rest, as in the standard and in genuine files since 2021. A size
    beyond 32 bits is written as the largest possible one.
    """
    size = samples * width
    described = Format.format_of(wav_header.frame_rate(step), width).pack()
    return b"".join([
        wav_header.chunk_header(wav_header.RIFF, HEADER + size - CHUNK.size),
        wav_header.WAVE,
        wav_header.chunk_header(wav_header.FORMAT, len(described)),
        described,
        wav_header.chunk_header(wav_header.DATA, size),
    ])  # fmt: skip


def delay(step: int) -> int:
    """Return the ticks from the start of an archive to the first sample of a file, as readers see
    it.

    Sample k of a fast channel is k steps after the start, sample k of one of 1 Hz or slower k + 1
    steps.
    """
    return step if step >= TICKS_PER_SECOND else 0
