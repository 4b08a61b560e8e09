"""What files of a whole channel have of one chunk, and its digest, which is stored beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.signals.storage.digests import Digest
from apps.signals.texts import event_lines


def digest(step: int | None, arrays: Sequence[NDArray[Any]]) -> Digest:
    """The digest of samples as WAV has them, or of events (without `step`) as CSV has them.

    `arrays` are the samples, or the offsets of events from the start of the record and the values.
    """
    return Digest.of(little_endian(arrays[0]) if step else event_lines.lines(arrays[0], arrays[1]))


def little_endian(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """The numbers as little-endian bytes, not copied where they are."""
    little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8)
