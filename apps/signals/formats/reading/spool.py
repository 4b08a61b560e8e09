"""Numbers put away while a record is read, so that memory stays the same whatever its length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

MEMORY = 8 << 20
"""Bytes that are kept in memory; more go into a file without a name, which ends with its user."""


class Spool:
    """Arrays under keys, added and read again in pieces.

    A context manager; what is in it lasts until it is left.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(MEMORY)  # noqa: SIM115 - __exit__ closes it
        self._end = 0
        self._pieces: defaultdict[Hashable, list[tuple[int, int, str]]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, key: Hashable, array: NDArray[Any]) -> None:
        """Puts an array of one dimension behind those of that key."""
        if not len(array):
            return
        self._pieces[key].append((self._end, len(array), array.dtype.str))
        self._file.seek(self._end)
        self._end += self._file.write(np.ascontiguousarray(array).data.cast("B"))

    def read(self, key: Hashable) -> Iterator[NDArray[Any]]:
        """The arrays of that key, each as it was added."""
        for at, count, dtype in self._pieces[key]:
            self._file.seek(at)
            yield np.frombuffer(self._file.read(count * np.dtype(dtype).itemsize), dtype)
