"""Restarting a server in its own process: the program begins anew and inherits what it holds.

The process keeps its number, its listening sockets, its locks, its PostgreSQL and its children. So
no connection is refused meanwhile, and whoever supervises the process notices nothing. New code is
loaded by the way of any start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from time import monotonic, sleep
from typing import NoReturn

SIGNAL = signal.SIGUSR2
"""What asks a server to restart. SIGHUP is left to terminals that are closed."""

CHECKED_FOR = 60.0
"""Seconds that a check of the program may take before a restart."""

_VARIABLE = "HEXOSTORE_INHERITED"

_environment: dict[str, str] = {}
_program: list[str] = []


@dataclass(frozen=True)
class Inherited:
    """What a program that begins anew is left: open files by their numbers, and processes."""

    sockets: Mapping[str, int]
    locks: Mapping[str, int]
    web_servers: tuple[int, ...]
    others: tuple[int, ...]
    postgres: int | None = None
    number: int = 1  # of restarts


def remember_start() -> None:
    """Remember how the program was started, before it changes its own environment."""
    _program[:] = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    _environment.update(os.environ)
    _environment.pop(_VARIABLE, None)


def take_inherited() -> Inherited | None:
    """Return what the program before has left to this one; None if it is an ordinary start."""
    text = os.environ.pop(_VARIABLE, "")
    if not text:
        return None
    found = json.loads(text)
    lists = {name: tuple(found[name]) for name in ("web_servers", "others")}
    inherited = Inherited(**{**found, **lists})
    for descriptor in (*inherited.sockets.values(), *inherited.locks.values()):
        os.set_inheritable(descriptor, False)
    return inherited


def find_fault() -> str:
    """Return why the program on disk cannot run; "" if it can. This takes as long as loading it."""
    command = [sys.executable, *_program, "check"]
    try:
        done = subprocess.run(
            command,
            env=_environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CHECKED_FOR,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it does not load within {CHECKED_FOR:g} s"
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (said or ["it does not load"])[-1]


def begin_anew(left: Inherited) -> NoReturn:
    """Replace the program of this process by what is on disk now, with the same options."""
    signal.signal(SIGNAL, signal.SIG_IGN)  # until the new one listens to it
    for descriptor in (*left.sockets.values(), *left.locks.values()):
        os.set_inheritable(descriptor, True)
    environment = {**_environment, _VARIABLE: json.dumps(asdict(left))}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606


class InheritedProcess:
    """A child that the program before has started, with what is used of subprocess.Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        if self.returncode is None:
            with suppress(ChildProcessError):
                found, status = os.waitpid(self.pid, os.WNOHANG)
                if found:
                    self.returncode = os.waitstatus_to_exitcode(status)
                return self.returncode
            self.returncode = 0  # somebody else has waited for it
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end. Raise subprocess.TimeoutExpired."""
        deadline = monotonic() + timeout
        while self.poll() is None:
            if monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            sleep(0.02)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, signum: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)
