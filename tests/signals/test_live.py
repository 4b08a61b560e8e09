"""Downloads from a served store: what is left behind, and how much memory they take."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from hexostore.postgres import Embedded
from tests.live import ROOT, Live

LOGIN = "athlete@example.com", "athlete"
RECORD, HOURS = 99_000_003, 4
PATH = f"/api/data/?record={RECORD}&format=zip"
DOWNLOADS, BOUND = 20, 32 * 2**20
FILL = f"""
import django
django.setup()
from apps.accounts.models import User
from bench.day import day_record
day_record(User.objects.get(username="{LOGIN[0]}"), {RECORD}, {HOURS * 3600})
"""
PROC = Path("/proc")


@pytest.fixture(scope="module")
def database(live: Live) -> Iterator[str]:
    """The database of the served store, with a record of four hours in it meanwhile."""
    with Embedded(live.home) as embedded:
        environment = {
            **os.environ,
            "DATABASE_URL": embedded.url,
            "HEXOSTORE_HOME": str(live.home),
            "DJANGO_SETTINGS_MODULE": "hexostore.settings",
        }
        subprocess.run([sys.executable, "-c", FILL], cwd=ROOT, env=environment, check=True)
        yield embedded.url
        path = f"{live.base}/api/record/{RECORD}/"
        assert requests.delete(path, auth=LOGIN, timeout=30).status_code == 204


def opened(live: Live, path: str = PATH) -> socket.socket:
    """A connection on which a download was asked for and its first bytes came."""
    place = urlsplit(live.base)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    made.settimeout(30)
    made.connect((place.hostname, place.port))
    login = base64.b64encode(":".join(LOGIN).encode()).decode()
    made.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\n\r\n".encode())
    assert made.recv(1024).startswith(b"HTTP/1.1 200")
    return made


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 30
    while not condition():
        assert monotonic() < deadline
        sleep(0.05)


def busy(database: str) -> list[tuple[str, str]]:
    """The connections of others that are within a transaction or a statement."""
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT state, query FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state <> 'idle'"
        ).fetchall()


def connections(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_clients_that_go_away_leave_nothing_behind(live: Live, database: str) -> None:
    """More of them than the server has threads."""
    requests.get(live.base + PATH, auth=LOGIN, timeout=60)
    before = connections(database)
    for _ in range(8):
        opened(live).close()
    wait_until(lambda: not busy(database))
    answer = requests.get(
        f"{live.base}/api/data/?record={RECORD}&datatype=19", auth=LOGIN, timeout=30
    )
    assert answer.status_code == 200
    assert connections(database) <= before + 4


def test_a_client_that_waits_holds_no_transaction(live: Live, database: str) -> None:
    with closing(opened(live)):
        wait_until(lambda: not busy(database))
        other = requests.get(f"{live.base}/api/record/{RECORD}/", auth=LOGIN, timeout=30)
        assert other.status_code == 200


def test_headers_over_the_wire(live: Live, database: str) -> None:
    url = live.base + PATH
    head = requests.head(url, auth=LOGIN, timeout=30)
    with requests.get(url, auth=LOGIN, timeout=30, stream=True) as whole:
        first = whole.raw.read(1000)
    differing = ("Date", "Content-Type")
    assert {k: v for k, v in head.headers.items() if k not in differing} == {
        k: v for k, v in whole.headers.items() if k not in differing
    }
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.content == b""
    size = int(head.headers["Content-Length"])
    part = requests.get(url, auth=LOGIN, timeout=30, headers={"Range": "bytes=10-999"})
    assert (part.status_code, part.content) == (206, first[10:])
    assert part.headers["Content-Range"] == f"bytes 10-999/{size}"
    known = {"If-None-Match": head.headers["ETag"]}
    assert requests.get(url, auth=LOGIN, timeout=30, headers=known).status_code == 304


def workers(live: Live) -> list[int]:
    """The processes of the server that answer requests."""
    assert live.process is not None
    family, found = [live.process.pid], []
    for pid in family:
        for folder in PROC.glob(f"{pid}/task/*/children"):
            family += map(int, folder.read_text().split())
        if b"postgres" not in (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[0]:
            found.append(pid)
    return found


def memory(pids: list[int], name: str) -> int:
    """Bytes of a field of /proc/PID/status, over all processes."""
    texts = ((PROC / str(pid) / "status").read_text() for pid in pids)
    lines = (line.split() for text in texts for line in text.splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0] == f"{name}:")


def download(live: Live) -> int:
    """The bytes received, which must be all that were announced."""
    received = 0
    with requests.get(live.base + PATH, auth=LOGIN, timeout=60, stream=True) as answer:
        while piece := answer.raw.read(2**18):
            received += len(piece)
        assert received == int(answer.headers["Content-Length"])
    return received


@pytest.mark.skipif(not PROC.exists(), reason="reads /proc")
def test_many_downloads_take_little_memory(live: Live, database: str) -> None:
    """Twenty at once, one of which stalls: ten times what the server may grow by is sent."""
    download(live)
    pids = workers(live)
    for pid in pids:
        (PROC / str(pid) / "clear_refs").write_text("5")
    before = memory(pids, "VmRSS")
    with closing(opened(live)), ThreadPoolExecutor(DOWNLOADS) as clients:
        sizes = list(clients.map(download, [live] * (DOWNLOADS - 1)))
    assert sum(sizes) > 10 * BOUND
    assert min(sizes) > BOUND
    assert memory(pids, "VmHWM") - before < BOUND


def test_a_record_that_changes_breaks_the_connection(live: Live, database: str) -> None:
    with closing(opened(live)) as connection, psycopg.connect(database, autocommit=True) as other:
        key = (RECORD, 4147)
        other.execute("DELETE FROM signals_chunk WHERE (record_id, datatype_id) = (%s, %s)", key)
        received = b""
        while piece := connection.recv(2**20):
            received = received[-100:] + piece
    assert b"PK\5\6" not in received
    assert f"datatype 4147 of record {RECORD} changed while it was read" in live.log()
