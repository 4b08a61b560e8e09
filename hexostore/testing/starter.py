"""One server for all processes of a run, started when the first of them asks for it.

The process that begins the run waits at a socket. So the server is its child and ends with it,
even if it is killed, whichever worker asked first.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from hexostore.testing.process import ServerProcess, StartError
from hexostore.testing.sandbox import HexostoreServer


class Starter:
    """Waits at the socket of a run, and starts its server. `options` are those of `serve`."""

    def __init__(self, file: Path, options: Sequence[str]) -> None:
        self._options = options
        self._process: ServerProcess | None = None
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(file))
        self._socket.listen()
        self._thread = Thread(target=self._answer, name="hexostore starter", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the server, if there is one, and answer nobody any more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        if self._process is not None:
            self._process.stop()

    def _answer(self) -> None:
        while True:
            try:
                asking, _ = self._socket.accept()
            except OSError:  # stopped
                return
            with asking, suppress(ConnectionError):
                asking.sendall(json.dumps(self._facts()).encode())

    def _facts(self) -> dict[str, Any]:
        try:
            self._process = self._process or ServerProcess(self._options)
        except StartError as error:
            return {"error": str(error)}
        return dict(self._process.server.facts)


def ask_for_server(file: Path) -> HexostoreServer:
    """Return the server of the run with that socket. Raise StartError if it does not start."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(file))
        text = b"".join(iter(lambda: asking.recv(65536), b""))
    facts = json.loads(text or b'{"error": "The run is over."}')
    if "error" in facts:
        raise StartError(facts["error"])
    return HexostoreServer(facts)
