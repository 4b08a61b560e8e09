"""A server in the background: how it is started, and how it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from apps.sandbox.served import server_pid
from hexostore.spawning import spawn_server

LOG, PREVIOUS = "serve.log", "serve.log.1"
"""The files of a home with the log of the server in the background, and of the one before."""

PATIENCE = 30.0  # seconds that a server may take to stop
_PAUSE = 0.05


class DetachedError(Exception):
    """The server did not start or stop. The text says what it said."""


def start_detached(home: Path, options: Sequence[str]) -> dict[str, Any]:
    """Start a server that goes on without this process. Return its facts, as `serve --json` prints
    them. Raise DetachedError.
    """
    if serving := server_pid(home):
        raise DetachedError(f"{home} is already served, by process {serving}")
    log = home / LOG
    with suppress(FileNotFoundError):
        log.replace(home / PREVIOUS)
    log.touch(mode=0o600)
    process, facts = spawn_server(options, log, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.close()
    if facts is None:
        process.wait()
        raise DetachedError(_last_line(log) or "the server said nothing")
    return facts


def stop_server(home: Path, patience: float = PATIENCE) -> int:
    """Stop the server of a home. Return its process, or 0 if there is none. Raise DetachedError if
    it goes on."""
    process = server_pid(home)
    if not process:
        return 0
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        return process
    except PermissionError:
        raise DetachedError(f"process {process} belongs to another user") from None
    end = monotonic() + patience
    while server_pid(home) == process:
        if monotonic() > end:
            raise DetachedError(f"process {process} still runs after {patience:g} s")
        sleep(_PAUSE)
    return process


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else ""
