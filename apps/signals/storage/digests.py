"""Size and CRC-32 of bytes, of which those of a whole are made from those of its parts.

A CRC-32 is what remains of the bytes, read as a polynomial over two elements, after division by
another one. So many bytes more multiply that polynomial by a power of x; which is linear, and
can be looked up a byte at a time.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

Tables = tuple[list[int], ...]

_DIVISOR = 0xEDB8_8320
"""The polynomial of CRC-32, its highest power in the lowest bit, as in all that follows."""

_BITS = 32


@dataclass(frozen=True, slots=True)
class Digest:
    """So many bytes with that CRC-32; without arguments that of no bytes."""

    size: int = 0
    crc: int = 0

    @classmethod
    def of(cls, data: Any) -> Digest:
        """The digest of anything that has a buffer of bytes."""
        return cls(memoryview(data).nbytes, zlib.crc32(data))

    def __add__(self, after: Digest) -> Digest:
        """The digest of these bytes followed by those."""
        return Digest(self.size + after.size, _moved(self.crc, after.size) ^ after.crc)


def _moved(crc: int, size: int) -> int:
    """What a CRC becomes when so many bytes follow that are all zero."""
    while size:
        step = size & -size  # the lowest power of two in it
        first, second, third, fourth = _tables(step.bit_length() - 1)
        low, high = first[crc & 255] ^ second[crc >> 8 & 255], third[crc >> 16 & 255]
        crc = low ^ high ^ fourth[crc >> 24]
        size -= step
    return crc


@cache
def _tables(power: int) -> Tables:
    """What each byte of a CRC becomes when 2 ** power bytes of zeros follow."""
    images = _images(power)
    return tuple(_sums(images[place : place + 8]) for place in range(0, _BITS, 8))


def _images(power: int) -> list[int]:
    """What each single bit of a CRC becomes when 2 ** power bytes of zeros follow."""
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
    """For every byte, the sum of the images of the bits that are set in it."""
    found = [0]
    for image in images:
        found += [each ^ image for each in found]
    return found
