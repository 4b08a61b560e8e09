"""How the samples of a chunk become bytes and are read back.

RAW is the arrays one after the other in little-endian order. PCODEC packs each array with pcodec
level 4. If there are several arrays, the size of each except the last precedes it (four bytes,
little-endian).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, standalone

_CONFIG = ChunkConfig(compression_level=4)
_SIZE = 4


class Codec(IntEnum):
    """The number next to a payload."""

    RAW = 0
    PCODEC = 1


def pack(arrays: Sequence[NDArray[Any]], codec: Codec = Codec.PCODEC) -> bytes:
    """Return the payload for `arrays`, which have the same length."""
    if codec is Codec.RAW:
        return b"".join(_little(array).tobytes() for array in arrays)
    contiguous = (np.ascontiguousarray(array) for array in arrays)
    *blocks, last = [standalone.simple_compress(array, _CONFIG) for array in contiguous]
    sized = [len(block).to_bytes(_SIZE, "little") + block for block in blocks]
    return b"".join([*sized, last])


def unpack(payload: bytes, codec: int, dtypes: Sequence[str], count: int) -> list[NDArray[Any]]:
    """Return the arrays of a payload, `count` items each, in the given numpy types.

    Raise ValueError for an unknown codec or a payload with fewer items.
    """
    if Codec(codec) is Codec.RAW:
        return _unpack_raw(payload, dtypes, count)
    arrays = []
    for remaining, dtype in zip(range(len(dtypes) - 1, -1, -1), dtypes, strict=True):
        size = len(payload)
        if remaining:
            size, payload = int.from_bytes(payload[:_SIZE], "little"), payload[_SIZE:]
        arrays.append(_decompress(payload[:size], dtype, count))
        payload = payload[size:]
    return arrays


def _decompress(block: bytes, dtype: str, count: int) -> NDArray[Any]:
    array = np.empty(count, dtype)
    progress = standalone.simple_decompress_into(block, array)
    if progress.n_processed != count:
        raise ValueError(f"a block of {progress.n_processed} items where {count} were expected")
    return array


def _unpack_raw(payload: bytes, dtypes: Sequence[str], count: int) -> list[NDArray[Any]]:
    arrays, place = [], 0
    for dtype in dtypes:
        kind = np.dtype(dtype).newbyteorder("<")
        arrays.append(np.frombuffer(payload, kind, count, place).astype(dtype, copy=False))
        place += count * kind.itemsize
    return arrays


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)
