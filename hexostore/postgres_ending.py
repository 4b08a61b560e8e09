"""Waiting for processes of PostgreSQL, and ending them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep

from hexostore.postgres_place import PostgresError
from hexostore.succession import InheritedProcess

PATIENCE = 30.0  # seconds for a stop, and for another process to start


def end_server(pid: int, gone: Callable[[], bool]) -> None:
    """Ask a server to end, or kill it if it hangs."""
    for signum in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, signum)
        with suppress(PostgresError):
            wait_until(gone, "The database's last server is stuck.")
            return


def stop_process(process: subprocess.Popen[bytes] | InheritedProcess) -> None:
    """Do a fast shutdown. If that hangs, do an immediate one, which recovers at the next start."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Callable[[], bool], complaint: str, patience: float = PATIENCE) -> None:
    deadline = monotonic() + patience
    while not condition():
        if monotonic() > deadline:
            raise PostgresError(complaint)
        sleep(0.01)
