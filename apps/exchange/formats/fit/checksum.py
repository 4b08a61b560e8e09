"""The CRC of FIT files, quick enough for files of many megabytes.

It is CRC-16/ARC: polynomial 0x8005 with the bits reversed, from 0. A CRC is linear, so that two
halves of a file can be checked side by side and put together afterwards: the first half counts as
if it was followed by as many zeros as the second one has. Words are halved so until one is left,
and each halving is one step of numpy for all words.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint16]

_POLYNOMIAL = 0xA001
_WORD = 2  # bytes


@cache
def _after_zeros(power: int) -> Words:
    """Return the CRC after 2**power words of zeros, for each CRC before them."""
    if power == 0:
        return _after_bits(_WORD * 8)
    half = _after_zeros(power - 1)
    return half[half]


def _after_bits(count: int) -> Words:
    crc = np.arange(0x10000, dtype=np.uint16)
    for _ in range(count):
        low = crc & np.uint16(1)
        crc = (crc >> np.uint16(1)) ^ low * np.uint16(_POLYNOMIAL)
    return crc


@cache
def _after_zero_byte() -> Words:
    return _after_bits(8)


def crc16(data: bytes, crc: int = 0) -> int:
    """Return the CRC of bytes that follow others with the CRC `crc`."""
    if len(data) < _WORD:
        return _one_byte(data[0], crc) if data else crc
    words = _padded_words(data, crc)
    while len(words) > 1:
        half = len(words) // 2
        zeros = _after_zeros(half.bit_length() - 1)
        words = zeros[words[:half]] ^ words[half:]
    return int(_after_zeros(0)[words[0]])


def _one_byte(byte: int, crc: int) -> int:
    return int(_after_zero_byte()[crc ^ byte])


def _padded_words(data: bytes, crc: int) -> Words:
    """Return the words of the data behind zeros, a power of two in all.

    Zeros before the first byte leave a CRC of 0 as it is; so `crc` goes into the first two bytes.
    """
    count = 1 << (-(-len(data) // _WORD) - 1).bit_length()
    padded = np.zeros(count * _WORD, dtype=np.uint8)
    begin = len(padded) - len(data)
    padded[begin:] = np.frombuffer(data, dtype=np.uint8)
    padded[begin] ^= crc & 0xFF
    padded[begin + 1] ^= crc >> 8
    return padded.view("<u2")
