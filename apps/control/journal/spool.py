"""The spool: a file to which all processes of a home append what they answered.

Each process keeps it open and holds a shared lock while it writes a line. Who empties the file
takes the lock alone. A line is written at once and begins with a line feed, so what a killed
process has left of one spoils no other. The first line is the generation, which is a new one
whenever the file was emptied: so a position in it is never mistaken for one in another.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

from django.conf import settings

from hexostore.home import make_private
from hexostore.locks import Lock as FileLock

LARGE = 2**20
"""Bytes above which the file is emptied when all of it was moved."""

_AT_ONCE = 8 * 2**20  # bytes
_GENERATION = 16  # characters


class RequestSpool:
    """The spool in a folder of a home, as one process sees it."""

    def __init__(self, folder: Path) -> None:
        make_private(folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(folder / "requests", flags, 0o600)
        self._turn = folder / "requests.lock"
        self._threads = Lock()  # which share the lock of the file, since they share the file
        with self._alone():
            if not os.fstat(self._file).st_size:
                self._begin_generation()

    def append(self, line: bytes) -> None:
        """Add a line. Raise OSError if there is no space."""
        with self._threads:
            fcntl.flock(self._file, fcntl.LOCK_SH)
            try:
                os.write(self._file, b"\n" + line)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have a block run while nobody else moves lines, in this process or another."""
        lock = FileLock(self._turn)
        lock.take(wait=True)
        try:
            yield
        finally:
            lock.release()

    def generation(self) -> str:
        """Return the name of what is in the file since it was emptied last."""
        return os.pread(self._file, _GENERATION, 0).decode()

    def end(self) -> int:
        """Return the position behind the last line. All lines before it are whole."""
        with self._alone():
            return os.fstat(self._file).st_size

    def read(self, start: int, end: int) -> tuple[list[bytes], int]:
        """Return lines from a position on, and the position behind them. Some may be left."""
        start = max(start, _GENERATION)
        data = os.pread(self._file, min(end - start, _AT_ONCE), start)
        if start + len(data) < end:
            data = data[: data.rfind(b"\n")] or os.pread(self._file, end - start, start)
        return data.split(b"\n"), start + len(data)

    def empty(self, end: int) -> None:
        """Empty the file if it is large and has nothing behind that position."""
        if end < LARGE:
            return
        with self._alone():
            if os.fstat(self._file).st_size == end:
                self._begin_generation()

    def _begin_generation(self) -> None:
        os.ftruncate(self._file, 0)
        os.write(self._file, secrets.token_hex(_GENERATION // 2).encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Run a block while nobody appends."""
        with self._threads:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def home_spool() -> RequestSpool:
    """Return the spool of this process."""
    return _spool_of(os.getpid(), settings.HEXOSTORE_HOME)


@cache
def _spool_of(_process: int, home: Path) -> RequestSpool:
    """Return the spool of a process. A forked process must not share the lock of its parent."""
    return RequestSpool(home / "control")
