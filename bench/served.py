"""The web server of the product in a process of its own, for benchmarks over real sockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from bench.harness import demo_store

_TICKS = os.sysconf("SC_CLK_TCK")
_STARTING = 60.0


@dataclass
class Served:
    """A running server; `get` keeps one connection open."""

    process: subprocess.Popen[bytes]
    connection: http.client.HTTPConnection

    def get(self, path: str, headers: dict[str, str], status: int = 200) -> bytes:
        """The body of a GET; AssertionError for another status."""
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == status, f"{path}: {answer.status} {body[:200]!r}"
        return body

    def headers(self, path: str, headers: dict[str, str]) -> http.client.HTTPMessage:
        """The headers of the answer to a GET."""
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.headers

    def cpu(self) -> float:
        """Seconds of CPU that the server and its children have used."""
        return cpu_of(self.process.pid)


@contextmanager
def served(application: str) -> Iterator[Served]:
    """One process of our web server for a WSGI application, on a free port; Linux only."""
    with closing(socket.socket()) as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    command = [sys.executable, "-m", "bench.web_process", application, str(port)]
    process = subprocess.Popen(command, env=os.environ | {"HEXOSTORE_LOG_LEVEL": "WARNING"})
    try:
        _wait(port)
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            yield Served(process, connection)
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    deadline = monotonic() + _STARTING
    while monotonic() < deadline:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/livez")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
        except OSError:
            sleep(0.1)
    raise TimeoutError("the server does not answer")


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, its descendants, and those that have ended."""
    return sum(_spent(member) for member in _family(pid))


def _family(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):  # it may end at any moment
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(member for child in children for member in _family(int(child)))]
    return []


def _spent(pid: int) -> float:
    """Seconds of a process and of the children that it has waited for."""
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0


@contextmanager
def served_demo(fill: Callable[[], object]) -> Iterator[tuple[Served, Path]]:
    """A demo store in which `fill` has put more, served, and the file whose bytes the server sends
    ready-made (bench/http_app.py)."""
    with demo_store():
        fill()
        ready = Path(os.environ["HEXOSTORE_HOME"]) / "ready"
        os.environ["BENCH_READY"] = str(ready)
        with served("bench.http_app:application") as server:
            yield server, ready


@contextmanager
def served_program(workers: int) -> Iterator[tuple[str, int]]:
    """The whole product with its worker on the store of this process: its address and process."""
    from hexostore.spawning import spawn_server

    with TemporaryDirectory(prefix="hexostore-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        options = ["--port", "0", "--https-port", "0", "--workers", str(workers)]
        environment = {"HEXOSTORE_HOME": folder, "HEXOSTORE_LOG_LEVEL": "WARNING"}
        process, facts = spawn_server(options, home / "stderr", env=os.environ | environment)
        try:
            assert facts is not None, (home / "stderr").read_text()
            yield str(facts["base"]), process.pid
        finally:
            process.terminate()
            process.wait()


def postmaster() -> int:
    """The process from which all processes of PostgreSQL descend."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
