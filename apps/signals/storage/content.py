"""The part of one chunk in the file of a whole channel, and its digest, which is stored with the
chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.signals.storage.digests import Digest
from apps.signals.texts import event_lines


def digest(step: int | None, arrays: Sequence[NDArray[Any]]) -> Digest:
    """Return the digest of samples in WAV, or of events (without `step`) in CSV.

    `arrays` are the samples, or the offsets of events from the start of the record and the values.
    """
    if step:
        (samples,) = arrays
        return Digest.of(little_endian(samples))
    offsets, values = arrays
    return Digest.of(event_lines.lines(offsets, values))


def little_endian(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the numbers as little-endian bytes, without a copy if they already are."""
    little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8)
