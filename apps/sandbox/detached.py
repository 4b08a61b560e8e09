"""A server in the background: how it is started, and how it is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from apps.sandbox.served import server_pid

LOG, PREVIOUS = "serve.log", "serve.log.1"
"""The files of a home with the log of the server in the background, and of the one before."""

PATIENCE = 30.0  # seconds that a server may take to stop
_PAUSE = 0.05


class DetachedError(Exception):
    """The server did not start or stop. The text says what it said."""


def start_detached(home: Path, options: Sequence[str]) -> dict[str, Any]:
    """Start a server that goes on without this process. Return its facts, as `serve --json` prints
    them. Raise DetachedError.

    It is a session of its own, so closing the terminal does not end it.
    """
    if serving := server_pid(home):
        raise DetachedError(f"{home} is already served, by process {serving}")
    log = home / LOG
    with suppress(FileNotFoundError):
        log.replace(home / PREVIOUS)
    with log.open("w") as said:
        log.chmod(0o600)
        process = subprocess.Popen(
            [sys.executable, "-m", "hexostore", "serve", *options, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    with process.stdout as answer:
        line = answer.readline()
    if not line:
        process.wait()
        raise DetachedError(_last_line(log) or "the server said nothing")
    return dict(json.loads(line))


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
