"""Numbers stored while a record is read, so that memory does not depend on its length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

MEMORY = 8 << 20
"""The bytes that are kept in memory. More go into an anonymous file, which ends with the
process."""


class Spool:
    """Arrays under keys, added and read again in pieces.

    This is a context manager, and its content lasts until its end.
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
        """Add a one-dimensional array after those of that key."""
        if not len(array):
            return
        self._pieces[key].append((self._end, len(array), array.dtype.str))
        self._file.seek(self._end)
        self._end += self._file.write(np.ascontiguousarray(array).data.cast("B"))

    def read(self, key: Hashable) -> Iterator[NDArray[Any]]:
        """Yield the arrays of that key as they were added."""
        for at, count, dtype in self._pieces[key]:
            self._file.seek(at)
            yield np.frombuffer(self._file.read(count * np.dtype(dtype).itemsize), dtype)
