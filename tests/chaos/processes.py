"""What the operating system tells of a store's processes; Linux only."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"  # the state column of /proc/net/tcp
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """A process by its number and its start, for numbers are used again."""

    pid: int
    started: str
    parent: int
    command: str

    def runs(self) -> bool:
        """Return whether this very process is there and no zombie."""
        found = read_process(self.pid)
        return found is not None and found.started == self.started

    def send(self, signum: signal.Signals) -> None:
        """Send a signal, unless the process is gone already."""
        if self.runs():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def memory(self) -> int:
        """Return the bytes of memory in use that are not shared, 0 when it is gone."""
        try:
            _size, resident, shared, *_ = (PROC / f"{self.pid}/statm").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return (int(resident) - int(shared)) * _PAGE

    def descriptors(self) -> int:
        """Return the number of open descriptors, 0 when it is gone."""
        return len(_descriptors(self.pid))

    def listens(self) -> bool:
        """Return whether it holds a socket that takes TCP connections."""
        return not _listening_sockets().isdisjoint(_descriptors(self.pid))

    @property
    def is_postgres(self) -> bool:
        return "/postgres " in self.command or self.command.startswith("postgres:")

    @property
    def is_backend(self) -> bool:
        """Whether it serves a connection of the store's own user."""
        return self.command.startswith("postgres: hexostore ")


def read_process(pid: int) -> Process | None:
    """Return the process with a number; None when there is none or only a zombie."""
    try:
        stat = (PROC / f"{pid}/stat").read_text()
        command = (PROC / f"{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # "12 (name, which may hold spaces) S 1 …": the state is the first word after the name
    words = stat.rpartition(")")[2].split()
    if words[0] == "Z":
        return None
    text = command.replace(b"\0", b" ").decode(errors="replace")
    return Process(pid, started=words[19], parent=int(words[1]), command=text)


def all_processes() -> list[Process]:
    """Return every process of the machine."""
    numbers = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [process for number in numbers if (process := read_process(number))]


def descendants(root: int) -> list[Process]:
    """Return the children of a process and theirs, without itself."""
    everybody = all_processes()
    found: list[Process] = []
    parents = {root}
    while parents:
        children = [process for process in everybody if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


def processes_of_home(home: Path) -> list[Process]:
    """Return the processes that were started for a home or work inside it."""
    return [process for process in all_processes() if _belongs(process.pid, home)]


def _belongs(pid: int, home: Path) -> bool:
    folder = PROC / str(pid)
    try:
        variables = (folder / "environ").read_bytes().split(b"\0")
        cwd = (folder / "cwd").resolve()
    except OSError:
        return False
    return f"HEXOSTORE_HOME={home}".encode() in variables or cwd.is_relative_to(home)


def _descriptors(pid: int) -> list[str]:
    targets = []
    with suppress(OSError):
        for entry in (PROC / f"{pid}/fd").iterdir():
            with suppress(OSError):
                targets.append(str(entry.readlink()))
    return targets


def _listening_sockets() -> set[str]:
    rows = [line.split() for line in (PROC / "net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == _LISTENING}
