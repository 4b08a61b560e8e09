"""Locks between processes. The kernel releases them when their holder dies."""

import fcntl
import os
import re
import sys
from pathlib import Path


class Lock:
    """A lock on a file, held exclusively by one or shared by many."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor: int | None = None

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        """Take the lock. Return False if others hold it and `wait` is off."""
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        if not shared:
            os.ftruncate(descriptor, 0)
            command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
            os.write(descriptor, f"{command} (process {os.getpid()})".encode())
        return True

    def holder(self) -> str:
        """Return command and process id of the exclusive holder, as text for a message."""
        return self.file.read_text() or "another process"

    def holder_pid(self) -> int:
        """Return the process id of the last exclusive holder; 0 if there was none."""
        found = re.search(r"process (\d+)", self.file.read_text())
        return int(found[1]) if found else 0

    def hand_over(self) -> int:
        """Return the number of the open file by which this lock is held, for `adopt`."""
        assert self._descriptor is not None
        return self._descriptor

    def adopt(self, descriptor: int) -> None:
        """Hold the lock by an open file that the program before has left to this one."""
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock, if it is held.

        After a fork, parent and child hold it together until both have released it.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
