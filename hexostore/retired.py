"""Processes of the program before a restart, which end what they have begun."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from hexostore.succession import InheritedProcess
from hexostore.web.limits import WebLimits

RETIRE = signal.SIGHUP
"""What asks a web server to accept nothing any more, and to end with the last of its clients."""

PATIENCE = 30.0
"""Seconds that a process may take to stop when it is asked to."""


class Retired:
    """The processes, by what they did."""

    def __init__(self, web_servers: Sequence[int] = (), others: Sequence[int] = ()) -> None:
        self._web = [InheritedProcess(pid) for pid in web_servers]
        self._others = [InheritedProcess(pid) for pid in others]
        self._until: float | None = None

    def is_empty(self) -> bool:
        """Return whether there are none."""
        return not self._all()

    def pids(self) -> list[int]:
        """Return the processes."""
        return [each.pid for each in self._all()]

    def retire(self) -> None:
        """Have them accept nothing any more, since others do."""
        self._until = monotonic() + WebLimits.retire_seconds + PATIENCE
        _send_all(self._web, RETIRE)
        _send_all(self._others, signal.SIGTERM)

    def look(self) -> None:
        """Forget those that have ended, and kill those that go on for too long."""
        self._web = [each for each in self._web if each.poll() is None]
        self._others = [each for each in self._others if each.poll() is None]
        if self._until is not None and monotonic() > self._until:
            _send_all(self._all(), signal.SIGKILL)

    def end(self) -> None:
        """Have them stop, and kill those that do not."""
        _send_all(self._all(), signal.SIGTERM)
        for each in self._all():
            with suppress(subprocess.TimeoutExpired):
                each.wait(PATIENCE)
        _send_all(self._all(), signal.SIGKILL)

    def _all(self) -> list[InheritedProcess]:
        return [*self._web, *self._others]


def _send_all(processes: Sequence[InheritedProcess], signum: int) -> None:
    for each in processes:
        each.send_signal(signum)
