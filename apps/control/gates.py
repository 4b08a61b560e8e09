"""Gates of worlds: a request passes one for as long as it works, and who closes it waits for them.

A world must have no connections while it is copied, renamed or dropped. The gate of a world is a
lock on a file, shared by requests and exclusive for who closes it, so it opens by itself when its
holder is killed. A second lock, the turnstile, keeps new requests from overtaking the one who
waits. Requests only look at it while something is being closed at all.
"""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.control.shared_numbers import SharedNumbers
from hexostore.home import make_private


class Gates:
    """The gates in a folder of a home."""

    def __init__(self, folder: Path, numbers: SharedNumbers) -> None:
        self._folder, self._numbers = folder, numbers
        self._idle: defaultdict[str, list[int]] = defaultdict(list)
        make_private(folder)

    def enter(self, world: str) -> Passage:
        """Pass the gate of a world. This waits while it is closed."""
        passage = Passage(self, world, self._open_gate(world))
        fcntl.flock(passage.lock, fcntl.LOCK_SH)
        if self._numbers.are_closing():
            fcntl.flock(passage.lock, fcntl.LOCK_UN)
            self._pass_turnstile(world, passage.lock)
        return passage

    @contextmanager
    def closed(self, world: str) -> Iterator[None]:
        """Close the gate of a world for a block, after everybody inside has left."""
        self._numbers.begin_closing()
        turnstile, gate = self._open_turnstile(world), self._open_gate(world)
        try:
            fcntl.flock(turnstile, fcntl.LOCK_EX)
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)
            os.close(turnstile)
            self._numbers.end_closing()

    def is_left(self, world: str) -> bool:
        """Return whether nobody is in a world. Nobody enters one that no sandbox has."""
        gate = _open(self._gate_file(world))
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(gate)
        return True

    def remove(self, world: str) -> None:
        """Remove the files of a world that nobody enters any more."""
        for file in (self._gate_file(world), self._turnstile_file(world)):
            file.unlink(missing_ok=True)

    def keep_only(self, worlds: Collection[str]) -> None:
        """Close what this process keeps open for other worlds."""
        for world in [each for each in self._idle if each not in worlds]:
            for lock in self._idle.pop(world):
                os.close(lock)

    def take_back(self, world: str, lock: int) -> None:
        """Release a lock and keep it for the next request."""
        fcntl.flock(lock, fcntl.LOCK_UN)
        self._idle[world].append(lock)

    def _open_gate(self, world: str) -> int:
        try:
            return self._idle[world].pop()
        except IndexError:
            return _open(self._gate_file(world))

    def _pass_turnstile(self, world: str, lock: int) -> None:
        turnstile = self._open_turnstile(world)
        try:
            fcntl.flock(turnstile, fcntl.LOCK_SH)
            fcntl.flock(lock, fcntl.LOCK_SH)
        finally:
            os.close(turnstile)

    def _open_turnstile(self, world: str) -> int:
        return _open(self._turnstile_file(world))

    def _gate_file(self, world: str) -> Path:
        return self._folder / f"{world}.gate"

    def _turnstile_file(self, world: str) -> Path:
        return self._folder / f"{world}.turnstile"


class Passage:
    """That a request is in a world. Call `leave` once."""

    def __init__(self, gates: Gates, world: str, lock: int) -> None:
        self._gates, self._world, self.lock = gates, world, lock

    def leave(self) -> None:
        """Leave the world."""
        self._gates.take_back(self._world, self.lock)


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
