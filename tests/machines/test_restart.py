"""A restart refuses no connection and breaks no request, and a drain tells a balancer first."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
import requests

from hexostore import succession
from hexostore.succession import InheritedProcess
from tests.begun_homes import served_demo
from tests.live import Live
from tests.machines.several import LOGIN

PATIENCE = 60.0
DOWNLOAD = "/api/data/?record=37700&format=zip"


def await_truth(condition: Callable[[], bool], what: str) -> None:
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, what
        sleep(0.05)


def children(live: Live) -> set[int]:
    """Return the processes that a server has started."""
    assert live.process is not None
    text = Path(f"/proc/{live.process.pid}/task/{live.process.pid}/children").read_text()
    return set(map(int, text.split()))


def address(live: Live) -> tuple[str, int]:
    where = urlsplit(live.base)
    assert where.hostname is not None
    assert where.port is not None
    return where.hostname, where.port


class LoadClient(Thread):
    """Sends requests until it is stopped, on one connection if it keeps that. Whatever a connection
    does that HTTP does not announce is an error."""

    def __init__(self, where: tuple[str, int], *, keeps: bool) -> None:
        super().__init__(daemon=True)
        self._address, self._keeps = where, keeps
        self.halt, self.answered = Event(), 0
        self.errors: list[str] = []

    def run(self) -> None:
        connection = self._connect()
        while not self.halt.is_set():
            try:
                connection.request("GET", "/api/", headers={"Host": "localhost"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                self.answered += 1
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.errors.append(repr(error))
            if not self._keeps:
                connection.close()
                connection = self._connect()
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=PATIENCE)


@contextmanager
def load(where: tuple[str, int]) -> Iterator[list[LoadClient]]:
    """Have clients send requests meanwhile, half of them on connections that they keep."""
    clients = [LoadClient(where, keeps=bool(number % 2)) for number in range(6)]
    for client in clients:
        client.start()
    try:
        await_truth(lambda: all(each.answered for each in clients), "nobody is answered")
        yield clients
    finally:
        for client in clients:
            client.halt.set()
        for client in clients:
            client.join(PATIENCE)


class SlowDownload(Thread):
    """Reads an answer slowly until it is told to go on, and then to the end."""

    def __init__(self, live: Live) -> None:
        super().__init__(daemon=True)
        self._url = f"{live.base}{DOWNLOAD}"
        self.begun, self.go_on = Event(), Event()
        self.result = "it did not end"

    def run(self) -> None:
        try:
            with requests.get(self._url, auth=LOGIN, stream=True, timeout=60) as answer:
                size = 0
                for piece in answer.iter_content(16384):
                    size += len(piece)
                    self.begun.set()
                    self.go_on.wait(1)
                self.result = f"{size} of {answer.headers['Content-Length']}"
        except requests.RequestException as error:
            self.result = repr(error)


def test_a_restart_under_load_refuses_and_breaks_nothing() -> None:
    with served_demo() as live, load(address(live)) as clients:
        download = SlowDownload(live)
        download.start()
        assert download.begun.wait(PATIENCE)
        for _ in range(2):
            before, counts = children(live), [each.answered for each in clients]
            done = live.run("restart")
            assert done.returncode == 0, done.stderr + live.log()
            assert children(live) - before, "no process is new"
            await_more(clients, counts)
        assert download.is_alive(), f"it ended before the restart: {download.result}"
        download.go_on.set()
        download.join(PATIENCE)
        size, _, length = download.result.partition(" of ")
        assert size == length, download.result
        assert [error for each in clients for error in each.errors] == []
        assert live.log().count("is ready again") == 2


def await_more(clients: list[LoadClient], counts: list[int]) -> None:
    """Wait until each client got more answers than those."""
    pairs = list(zip(clients, counts, strict=True))
    await_truth(lambda: all(each.answered > count for each, count in pairs), "silence")


def test_old_processes_end_with_their_last_client() -> None:
    with served_demo() as live:
        kept = http.client.HTTPConnection(*address(live), timeout=PATIENCE)
        kept.request("GET", "/livez", headers={"Host": "localhost"})
        assert kept.getresponse().read()
        before = children(live)
        assert live.run("restart").returncode == 0, live.log()
        await_truth(lambda: len(before & children(live)) == 2, "others than these still run")
        kept.request("GET", "/livez", headers={"Host": "localhost"})  # by the old process
        answer = kept.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (200, "close")
        answer.read()
        kept.close()
        await_truth(lambda: len(before & children(live)) == 1, "an old process still runs")


def program(text: str) -> str:
    return f"import sys\nprint({text!r}, file=sys.stderr)\nfrom hexostore.cli import main\nmain()\n"


def test_a_restart_takes_the_program_that_is_on_disk(begun_home: Path) -> None:
    script = begun_home / "program.py"
    script.write_text(program("the first"))
    live = Live(begun_home, command=(sys.executable, str(script))).start()
    try:
        script.write_text(program("the second"))
        assert live.run("restart").returncode == 0, live.log()
        assert "the second" in live.log()
        script.write_text("this is no program")
        kept, live.command = live.command, (sys.executable, "-m", "hexostore")
        refused = live.run("restart")
        live.command = kept
        assert (refused.returncode, "does not run" in refused.stderr) == (1, True), refused.stderr
        assert requests.get(f"{live.base}/readyz", timeout=30).json() == {"status": "ok"}
        assert "not restarted, because the program on disk does not run" in live.log()
    finally:
        assert live.stop() == 0, live.log()


def test_restarting_what_is_not_served(home: Path) -> None:
    done = Live(home).run("restart")
    assert (done.returncode, "is not served" in done.stderr) == (1, True), done.stderr


def test_a_drain_fails_the_probe_and_nothing_else(begun_home: Path) -> None:
    live = Live(begun_home, ("--drain", "600")).start()
    assert live.process is not None
    live.process.send_signal(signal.SIGTERM)
    ready = f"{live.base}/readyz"
    await_truth(lambda: requests.get(ready, timeout=30).status_code == 503, "it does not drain")
    assert requests.get(ready, timeout=30).json() == {"status": "unavailable", "failed": "drain"}
    assert requests.head(ready, timeout=30).status_code == 503
    assert requests.get(f"{live.base}/livez", timeout=30).status_code == 200
    answer = requests.get(f"{live.base}/api/", timeout=30)
    assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
    assert live.process.poll() is None
    assert live.stop() == 0, "asked again, it stops at once"


def test_after_a_drain_what_runs_is_finished() -> None:
    with served_demo("--drain", "5") as live:
        with requests.get(f"{live.base}{DOWNLOAD}", auth=LOGIN, stream=True, timeout=60) as slow:
            pieces = slow.iter_content(1000)
            size = len(next(pieces))
            assert live.process is not None
            live.process.send_signal(signal.SIGTERM)
            url = f"{live.base}/livez"
            await_truth(lambda: is_refused(url), "it goes on accepting")
            size += sum(map(len, pieces))
            assert size == int(slow.headers["Content-Length"])
        assert live.process.wait(PATIENCE) == 0


def is_refused(url: str) -> bool:
    try:
        requests.get(url, timeout=30)
    except requests.ConnectionError:
        return True
    return False


def test_the_probe_answers_while_the_database_stands_still(begun_home: Path) -> None:
    live = Live(begun_home).start()
    servers = [pid for pid in children(live) if name_of(pid).startswith("postgres")]
    stopped = [pid for each in servers for pid in (each, *backends(each))]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(3):  # the first on a connection that is open, the others on none
            answer = requests.get(f"{live.base}/readyz", timeout=30)
            assert answer.json() == {"status": "unavailable", "failed": "database"}
        assert requests.get(f"{live.base}/livez", timeout=30).status_code == 200
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):  # one that was just ending
                os.kill(pid, signal.SIGCONT)
    ready = f"{live.base}/readyz"
    await_truth(lambda: requests.get(ready, timeout=30).status_code == 200, "it stays away")
    assert live.stop() == 0


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text()


def backends(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def test_a_program_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(succession, "_program", ["-c", "import sys; sys.exit('line\\nbroken')"])
    assert succession.find_fault() == "broken"
    monkeypatch.setattr(succession, "_program", ["-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(succession, "CHECKED_FOR", 0.1)
    assert "does not load within" in succession.find_fault()


def test_an_inherited_process_is_waited_for() -> None:
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    process = InheritedProcess(pid)
    assert process.poll() is None
    process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    process.kill()  # which is gone
    assert InheritedProcess(pid).poll() == 0
