"""What a killed server leaves behind: processes, lock files, unfinished folders.

The caller holds the locks of the home, so whatever is found here belongs to no living process.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

DRAFT = "draft-"
"""The prefix of folders in which initdb is working."""

_PROGRAMS = {"postgres", "initdb"}
_PROC = Path("/proc")
_PATIENCE = 30.0  # seconds for killed processes to be gone


def processes_in(folder: Path) -> Iterator[int]:
    """Yield the processes of PostgreSQL that work inside the folder; none without /proc."""
    for entry in _PROC.glob("[0-9]*"):
        try:
            inside = (entry / "cwd").resolve(strict=True) == folder
            program = (entry / "exe").readlink().name.removesuffix(" (deleted)")
        except OSError:  # it has ended, or is somebody else's
            continue
        if inside and program in _PROGRAMS:
            yield int(entry.name)


def end_processes(folder: Path) -> None:
    """Kill the children of a dead server, because their memory would keep the next one from
    starting.

    The next start recovers as after any crash. Raise TimeoutError if one cannot be killed.
    """
    deadline = monotonic() + _PATIENCE
    while left := list(processes_in(folder)):
        if monotonic() > deadline:
            raise TimeoutError(f"processes {left} of an earlier start cannot be stopped")
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        sleep(0.01)


def disarm_pid_file(file: Path) -> None:
    """Write our own process id into a `postmaster.pid` whose server is gone.

    Meanwhile its id may belong to any other process, and PostgreSQL would then refuse to start. It
    ignores the id of its parent, which is ours. The rest of the file stays, because PostgreSQL
    still checks the shared memory that it names, so that two servers never write to one folder.
    """
    if file.exists():
        _, *rest = file.read_text(errors="replace").split("\n")
        file.write_text("\n".join([str(os.getpid()), *rest]))


def remove_sockets(folder: Path, port: int) -> None:
    """Remove the socket and its lock file, whose process id has the same problem."""
    for name in (f".s.PGSQL.{port}", f".s.PGSQL.{port}.lock"):
        (folder / name).unlink(missing_ok=True)


def remove_drafts(place: Path) -> None:
    """Remove the folders of unfinished clusters, and end the processes that still work in them."""
    for draft in place.glob(f"{DRAFT}*"):
        end_processes(draft.resolve())
        shutil.rmtree(draft, ignore_errors=True)
