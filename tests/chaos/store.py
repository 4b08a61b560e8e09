"""The store under test: served as users serve it, killed, started again and looked at."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests

from tests.chaos.processes import Process, descendants, read_process
from tests.live import ROOT

PATIENCE = 120.0  # seconds for a recovery or a stop on a busy machine
FIRST_PATIENCE = 300.0  # seconds for a start, which may have to make the store
TRACEBACK = "Traceback (most recent call last)"


class StartFailed(Exception):
    """The store ended, or stayed silent, instead of getting ready."""


@dataclass
class Store:
    """A home, its ports and the process `serve`; its log lies outside of the home."""

    home: Path
    log: Path
    port: int
    https_port: int
    environment: dict[str, str] = field(default_factory=dict)
    restarts: list[float] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    _read: int = 0

    @property
    def base(self) -> str:
        """The URL of http without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it and wait for its ready line; raise StartFailed with the end of its log."""
        begun = monotonic()
        self.process = self.popen("serve", "--json", *self._ports())
        line = self._ready_line()
        if not line:
            self.kill_all()
            raise StartFailed(" | ".join(self.log.read_text().splitlines()[-3:]))
        self.facts = json.loads(line)
        self.restarts.append(monotonic() - begun)

    def _ports(self) -> list[str]:
        return ["--port", str(self.port), "--https-port", str(self.https_port), "--workers", "2"]

    def _ready_line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], FIRST_PATIENCE)
        return self.process.stdout.readline() if ready else ""

    def popen(self, *arguments: str, home: Path | None = None) -> subprocess.Popen[str]:
        """Begin a command on this home, or another, with its stderr in the log."""
        with self.log.open("a") as log:
            return subprocess.Popen(
                [str(ROOT / "bin" / "hexostore"), *arguments],
                env=self._variables(home or self.home),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
            )

    def run(self, *arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command on this home, or another, to its end."""
        return subprocess.run(
            [str(ROOT / "bin" / "hexostore"), *arguments],
            env=self._variables(home or self.home),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            cwd=ROOT,
        )

    def _variables(self, home: Path) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_", "HEXOSTORE_", "PYTEST_"))
        }
        return {**inherited, "HEXOSTORE_HOME": str(home), **self.environment}

    def runs(self) -> bool:
        """Return whether `serve` itself is still there."""
        return self.process is not None and self.process.poll() is None

    def tree(self) -> list[Process]:
        """Return `serve` and all that descends from it."""
        supervisor = read_process(self.pid)
        return [supervisor, *descendants(self.pid)] if supervisor else []

    def kill_supervisor(self) -> None:
        """Kill `serve` alone; what it started has to notice."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def kill_all(self) -> None:
        """Kill `serve` and all that descends from it."""
        tree = self.tree()
        for process in tree:
            process.send(signal.SIGKILL)
        self.kill_supervisor()

    def stop(self) -> int:
        """Ask it to stop and return its exit status, -9 when it had to be killed."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill_all()
        return self.process.returncode

    def answers(self) -> bool:
        """Return whether it says that it can answer requests."""
        try:
            return requests.get(f"{self.base}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def wait_until_it_answers(self) -> bool:
        """Return True as soon as it answers, False if `serve` ends or never does."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline and self.runs():
            if self.answers():
                return True
            sleep(0.1)
        return False

    def new_tracebacks(self) -> list[str]:
        """Return the last line of each traceback that the log has got since the last call."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        self._read += len(text)
        _first, *traces = text.decode(errors="replace").split(TRACEBACK)
        return [_last_line(trace) for trace in traces]


def _last_line(trace: str) -> str:
    """Return the line that names the exception: the first that is not indented."""
    lines = trace.splitlines()[1:]
    return next((line for line in lines if line and not line.startswith(" ")), "cut off")[:160]
