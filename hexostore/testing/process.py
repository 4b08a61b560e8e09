"""A server for a run of tests, in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hexostore.lifeline import dies_with_parent
from hexostore.spawning import spawn_server
from hexostore.testing.sandbox import HexostoreServer

_PATIENCE = 60.0  # seconds that a server may take to stop


class StartError(Exception):
    """The server did not start. The text is what it said."""


class ServerProcess:
    """A server that this process started, in a home that is removed when it stops."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """Start it and wait until it is ready. Raise StartError."""
        self.home = Path(tempfile.mkdtemp(prefix="hexostore-"))
        self.home.chmod(0o711)  # as root, another user runs the database in it
        ports = ["--port", "0", "--https-port", "0"]
        log = self.home / "stderr"
        bind = dies_with_parent(signal.SIGTERM)
        self._process, facts = spawn_server(
            [*ports, *options], log, env=_environment(self.home), preexec_fn=bind
        )
        if facts is None:
            said = log.read_text()
            self.stop()
            raise StartError(f"The server did not start: {said.strip() or 'it said nothing'}")
        self.server = HexostoreServer(facts)

    def stop(self) -> None:
        """Stop it and remove its home."""
        _stop_process(self._process)
        _remove_home(self.home)


@contextmanager
def serve(*options: str) -> Iterator[HexostoreServer]:
    """Run a server while the block does, with options of `hexostore serve`. Raise StartError."""
    process = ServerProcess(options)
    try:
        yield process.server
    finally:
        process.stop()


def _stop_process(process: subprocess.Popen[str]) -> None:
    """Stop a server, by force if it does not stop by itself."""
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _remove_home(home: Path) -> None:
    """Remove a home, with the folder of its database, which may lie elsewhere."""
    shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of a server that has nothing to do with the tests' own settings, and
    whose home need not outlive the machine."""
    own = ("DATABASE_", "DJANGO_SETTINGS_MODULE", "HEXOSTORE_", "PYTEST_", "COV_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**inherited, "HEXOSTORE_HOME": str(home), "HEXOSTORE_DURABLE": "0"}
