"""Size and CRC-32 of bytes. Those of a whole are computed from those of its parts.

A CRC-32 is the remainder of the bytes, read as a polynomial over two elements, after division by
another polynomial. If more bytes follow, that polynomial is multiplied by a power of x. This is
linear, so it can be looked up byte by byte.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

Tables = tuple[list[int], ...]

_DIVISOR = 0xEDB8_8320
"""The polynomial of CRC-32, with its highest power in the lowest bit, as everywhere below."""

_BITS = 32


@dataclass(frozen=True, slots=True)
class Digest:
    """A number of bytes with that CRC-32. The default is that of no bytes."""

    size: int = 0
    crc: int = 0

    @classmethod
    def of(cls, data: Any) -> Digest:
        """Return the digest of anything with a buffer of bytes."""
        return cls(memoryview(data).nbytes, zlib.crc32(data))

    def __add__(self, after: Digest) -> Digest:
        """Return the digest of these bytes followed by the others."""
        return Digest(self.size + after.size, _moved(self.crc, after.size) ^ after.crc)


def _moved(crc: int, size: int) -> int:
    """Return the CRC after so many zero bytes."""
    while size:
        step = size & -size  # the lowest power of two in it
        first, second, third, fourth = _tables(step.bit_length() - 1)
        low, high = first[crc & 255] ^ second[crc >> 8 & 255], third[crc >> 16 & 255]
        crc = low ^ high ^ fourth[crc >> 24]
        size -= step
    return crc


@cache
def _tables(power: int) -> Tables:
    """Return for each byte of a CRC what it becomes after 2 ** power zero bytes."""
    images = _images(power)
    return tuple(_sums(images[place : place + 8]) for place in range(0, _BITS, 8))


def _images(power: int) -> list[int]:
    """Return for each single bit of a CRC what it becomes after 2 ** power zero bytes."""
    bits = [1 << place for place in range(_BITS)]
    if power == 0:
        return [_by_eight_bits(bit) for bit in bits]
    half = 1 << power - 1
    return [_moved(_moved(bit, half), half) for bit in bits]


def _by_eight_bits(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (_DIVISOR if crc & 1 else 0)
    return crc


def _sums(images: list[int]) -> list[int]:
    """Return for every byte, the sum of the images of its set bits."""
    found = [0]
    for image in images:
        found += [each ^ image for each in found]
    return found
