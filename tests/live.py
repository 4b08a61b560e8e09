"""Real servers for tests: `hexostore serve` on free ports with a home of its own."""

import json
import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Live:
    """A served store: `base` (http) and `https` without final slash, `home`, `ca` and process.

    `ports` are those of http and https, free ones where there are none. `command` runs the program,
    in `folder` where one is given.
    """

    home: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    ports: tuple[int, int] | None = None
    command: tuple[str, ...] = (str(ROOT / "bin" / "hexostore"),)
    folder: Path | None = None
    base: str = ""
    https: str = ""
    ca: Path = Path()
    facts: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> "Live":
        """Starts it and waits for its ready line; AssertionError with its output if none comes."""
        port, https_port = self.ports or (free_port(), free_port())
        ports = ["--port", str(port), "--https-port", str(https_port)]
        self.process = self.popen("serve", "--json", "--workers", "1", *ports, *self.options)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log()
        self.facts = json.loads(line)
        if "base" not in self.facts:  # a server that only does jobs
            return self
        self.base = self.facts["base"].removesuffix("/api/")
        self.https = self.facts["https"].removesuffix("/api/")
        self.ca = Path(self.facts["ca"])
        return self

    def popen(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command on the same home, with its stderr in `log()`."""
        with (self.home / "stderr").open("a") as log:
            return subprocess.Popen(
                [*self.command, *arguments],
                cwd=self.folder,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command on the same home to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_", "HEXOSTORE_", "PYTEST_"))
        }
        return {**inherited, "HEXOSTORE_HOME": str(self.home), **self.environment}

    def stop(self, signum: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal and gives the exit code."""
        assert self.process is not None
        self.process.send_signal(signum)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def log(self) -> str:
        """What its processes wrote to stderr so far."""
        return (self.home / "stderr").read_text()


_told: set[int] = set()
"""The ports that `free_port` told, as a server may not listen yet when the next is asked for."""


def free_port() -> int:
    """A port that nobody listens on: another one each time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        if port in _told:
            return free_port()  # while this one is taken
    _told.add(port)
    return port
