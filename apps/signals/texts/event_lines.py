"""The lines of a CSV file of events, as in later downloads (wire 5.4).

Chunks are stored with the digest of their lines, so this module is below the storage.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from apps.catalog import datatype_facts
from apps.signals.texts import encode, quads
from hexostore.hexotime import TICKS_PER_SECOND

MISSING = b"nan"
"""Stands for a missing value."""

FRAMED = datatype_facts.framed()
"""Positions. Their CSV begins and ends with a line whose value is `nan` (wire 5.4)."""

_EXACT = 10_000_000 * TICKS_PER_SECOND
"""Up to this tick, a double has all digits of a time in seconds."""

_FRACTIONS = quads.table([f"{tick / TICKS_PER_SECOND},"[1:] for tick in range(TICKS_PER_SECOND)], 3)
"""`.0,` to `.99609375,`"""

_FEED = quads.table(["\n"], 1)[0]


def lines(offsets: NDArray[np.int64], values: NDArray[Any]) -> bytes:
    """Return a line per event: seconds from the start, exact to the tick, and the value as stored.

    A tick is 0.00390625 s, so eight decimals are enough. The digests of stored chunks are those of
    these lines. Whoever changes the lines must empty the columns `size` and `crc` of chunks of
    events.
    """
    if not len(offsets):
        return b""
    is_plain = values.dtype.kind in "iu" and offsets[0] >= 0 and offsets.max() < _EXACT
    return _plain_lines(offsets, values) if is_plain else _long_lines(offsets, values)


def frame(offset: int) -> bytes:
    """Return a line without a value."""
    return b"%b,%b\n" % (orjson.dumps(offset / TICKS_PER_SECOND), MISSING)


def _plain_lines(offsets: NDArray[np.int64], values: NDArray[Any]) -> bytes:
    seconds, ticks = np.divmod(offsets, TICKS_PER_SECOND)
    columns = [
        *quads.numbers(seconds),
        *_FRACTIONS[:, ticks],
        *quads.numbers(values),
        _FEED,
    ]
    return quads.join(columns, len(offsets))


def _long_lines(offsets: NDArray[np.int64], values: NDArray[Any]) -> bytes:
    times = encode.texts(b"", offsets / TICKS_PER_SECOND, b",")
    return encode.rows([times, encode.texts(b"", values, b"\n")])
