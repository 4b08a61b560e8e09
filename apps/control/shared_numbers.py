"""Two numbers that all processes of a home share in memory, so that reading them costs nothing.

The *edition* grows with each change of what the control database holds. A process keeps what it has
read under the edition. The other number says how many worlds are being closed (gates.py).

Both are in a file that each process maps into its memory. A number is written as eight bytes at
once, and writers wait for each other.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from pathlib import Path

from hexostore.home import make_private

_NUMBER = struct.Struct("=Q")
_EDITION, _CLOSING = 0, _NUMBER.size
_SIZE = 2 * _NUMBER.size


class SharedNumbers:
    """The numbers in the file of one home, which is made if it is missing."""

    def __init__(self, file: Path) -> None:
        make_private(file.parent)
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._file).st_size < _SIZE:
            os.ftruncate(self._file, _SIZE)
        self._memory = mmap.mmap(self._file, _SIZE)

    def edition(self) -> int:
        """Return the edition of the control database."""
        return self._read(_EDITION)

    def grow_edition(self) -> None:
        """Have every process read the control database again, before its next request."""
        self._add(_EDITION, 1)

    def are_closing(self) -> bool:
        """Return whether a world may be closed now."""
        return self._read(_CLOSING) != 0

    def begin_closing(self) -> None:
        """Have requests look whether their world is closed."""
        self._add(_CLOSING, 1)

    def end_closing(self) -> None:
        """Take back what `begin_closing` did."""
        self._add(_CLOSING, -1)

    def forget_closing(self) -> None:
        """Forget what killed processes were closing. Only call it while nobody serves."""
        self._add(_CLOSING, -self._read(_CLOSING))

    def _read(self, place: int) -> int:
        return int(_NUMBER.unpack_from(self._memory, place)[0])

    def _add(self, place: int, number: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX)  # of processes; Python's lock is that of threads
        try:
            _NUMBER.pack_into(self._memory, place, self._read(place) + number)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
