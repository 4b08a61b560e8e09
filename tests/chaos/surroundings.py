"""Faults of what surrounds a store: its disk, its clock and its clients."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from time import sleep

from tests.chaos.faults import Fault
from tests.chaos.model import Violation
from tests.chaos.store import Store

HELD = 3.0  # seconds that a fault lasts
DISK = "300m"  # a demo store takes half of it
SLOW_BODIES, STALLED_READERS = 40, 10
JUMPS = (-1_200, -60, 60, 1_200)  # seconds; tokens live longer, so none may end by a jump
_SOURCE = Path(__file__).with_name("clock.c")
_BLOCK = bytes(1 << 20)


class FullDisk(Fault):
    """The file system of the home is full for a while."""

    name = "full disk"

    def reason_to_skip(self, store: Store) -> str:
        return "" if store.home.is_mount() else "a small file system needs root and mount"

    def strike(self, store: Store, random: Random) -> list[Violation]:
        ballast = store.home / "ballast"
        try:
            _fill(ballast)
            sleep(HELD)
        finally:
            ballast.unlink()
        return []


def _fill(path: Path) -> None:
    """Write to a file until nothing more goes onto its disk."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        for block in (_BLOCK, bytes(4096)):
            with suppress(OSError):
                while file.write(block):
                    pass


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a small file system on a folder if the machine lets us."""
    mounted = os.geteuid() == 0 and _call("mount", "-t", "tmpfs", "-o", _options(), "tmpfs", folder)
    try:
        yield folder
    finally:
        if mounted:
            _call("umount", "--lazy", folder)


def _options() -> str:
    return f"size={DISK},mode=0711"


def _call(*command: str | Path) -> bool:
    try:
        done = subprocess.run(["/usr/bin/env", *command], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


class ClockJumps(Fault):
    """The wall clock of all processes of the store jumps, and jumps back.

    A library that is loaded before all others adds the offset; the product knows nothing of it.
    """

    name = "clock jumps"

    def __init__(self, folder: Path) -> None:
        self.library, self.offset = folder / "clock.so", folder / "offset"
        folder.chmod(0o711)  # the database may run as another user
        self._set(0)
        self._built = _call("cc", "-shared", "-fPIC", "-O2", "-o", self.library, _SOURCE)

    def environment(self) -> dict[str, str]:
        """Return the variables with which the store has to be started."""
        if not self._built:
            return {}
        return {"LD_PRELOAD": str(self.library), "CHAOS_CLOCK": str(self.offset)}

    def reason_to_skip(self, store: Store) -> str:
        return "" if self._built else "a clock that jumps needs a C compiler (cc)"

    def strike(self, store: Store, random: Random) -> list[Violation]:
        try:
            for _ in range(3):
                self._set(random.choice(JUMPS))
                sleep(HELD / 3)
        finally:
            self._set(0)
        return []

    def _set(self, seconds: int) -> None:
        """Change the offset at once: a file that is being written would be read half."""
        draft = self.offset.with_suffix(".new")
        draft.write_text(f"{seconds}\n")
        draft.chmod(0o644)
        draft.rename(self.offset)


class SlowClients(Fault):
    """Bodies that do not come and readers that do not read, held open for a while."""

    name = "slow clients"

    def strike(self, store: Store, random: Random) -> list[Violation]:
        body = b"POST /api/label/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"
        page = b"GET /docs/api/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        with ExitStack() as held:
            for sent in SLOW_BODIES * [body] + STALLED_READERS * [20 * page]:
                with suppress(OSError):
                    address = "127.0.0.1", store.port
                    client = held.enter_context(socket.create_connection(address, timeout=5))
                    client.sendall(sent)
            sleep(HELD)
        return []
