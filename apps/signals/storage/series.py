"""Items of a channel on their way into the store. Only a piece of them is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[Any], ...]
"""Samples alone, or offsets and values of events."""


@dataclass(frozen=True, slots=True)
class Series:
    """A number of samples or events, in `pieces` of any size that can be read repeatedly.

    `dtype` is the numpy type of the samples or values.
    """

    count: int
    dtype: str
    pieces: Callable[[], Iterator[Arrays]]

    @classmethod
    def of(cls, *arrays: NDArray[Any]) -> Series:
        """Return a series whose single piece is already in memory."""
        return cls(len(arrays[0]), arrays[-1].dtype.name, lambda: iter([arrays]))

    def grouped(self, size: int) -> Iterator[Arrays]:
        """Yield the items in pieces of that size. The last one may be smaller."""
        rest: Arrays | None = None
        for piece in self.pieces():
            joined = piece if rest is None else _joined(rest, piece)
            whole = len(joined[0]) - len(joined[0]) % size
            for at in range(0, whole, size):
                yield tuple(array[at : at + size] for array in joined)
            rest = None
            if whole < len(joined[0]):
                rest = tuple(array[whole:] for array in joined)
        if rest is not None:
            yield rest


def _joined(first: Arrays, second: Arrays) -> Arrays:
    return tuple(np.concatenate(pair) for pair in zip(first, second, strict=True))
