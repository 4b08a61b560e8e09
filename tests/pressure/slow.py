"""Others beside slow bodies and stalled readers: what they wait, and what memory the store takes.

    .venv/bin/python -m tests.pressure.slow --port 8000 --pid PID

attacks a store with the demo world that is served already, on this machine only; PID is the
process of `serve`. Half of the readers ask for a ZIP archive, half for JSON of some megabytes, and
none of them reads. A thread asks for a list of 20, for a label and for /livez all the while.
"""

from __future__ import annotations

import argparse
import socket
from base64 import b64encode
from pathlib import Path
from statistics import quantiles
from time import monotonic, sleep

LOGIN = b64encode(b"athlete@example.com:athlete").decode()
ASKED = "/api/record/?limit=20", "/api/label/211/", "/livez"
ARCHIVE = "/api/data/?record=37700&format=zip"
JSON = "/api/data/?record=37700&no_decimation=1&datatype=4113,4129,4130,4145,4146,4147"
HOST = "127.0.0.1"


def main() -> None:
    """Print what others wait, first alone and then beside the attackers, and the memory."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--pid", type=int, required=True)
    options.add_argument("--each", type=int, default=200)
    options.add_argument("--seconds", type=float, default=8)
    given = options.parse_args()
    show("alone", given.port, given.pid, given.seconds)
    bodies = [slow_body(given.port) for _ in range(given.each)]
    show(f"{given.each} slow bodies", given.port, given.pid, given.seconds)
    readers = [stalled_reader(given.port, (ARCHIVE, JSON)[n % 2]) for n in range(given.each)]
    show(f"and {given.each} stalled readers begin", given.port, given.pid, given.seconds)
    bodies += [slow_body(given.port) for _ in range(given.each)]
    show(f"{given.each} + {given.each}, settled", given.port, given.pid, given.seconds)
    for each in (*bodies, *readers):
        each.close()
    sleep(2)
    show("afterwards", given.port, given.pid, given.seconds)


def head(path: str, method: str = "GET", *more: str) -> bytes:
    """A request with the login of the athlete."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Authorization: Basic {LOGIN}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def slow_body(port: int) -> socket.socket:
    """A client that announces a body and sends two bytes of it."""
    client = socket.create_connection((HOST, port))
    length, kind = "Content-Length: 1000", "Content-Type: application/json"
    client.sendall(head("/api/label/", "POST", length, kind) + b"{ ")
    return client


def stalled_reader(port: int, path: str) -> socket.socket:
    """A client that asks for much and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((HOST, port))
    client.sendall(head(path))
    return client


def show(title: str, port: int, pid: int, seconds: float) -> None:
    """Ask for a while and print the milliseconds that answers took, and the memory in MB."""
    deadline, waited = monotonic() + seconds, list[float]()
    while monotonic() < deadline:
        waited += [ask(port, path) for path in ASKED]
    steps = quantiles(waited, n=100)
    print(  # noqa: T201
        f"{title:34} {len(waited):5} answers, p50 {steps[49]:6.1f} ms, p95 {steps[94]:6.1f} ms, "
        f"longest {max(waited):7.1f} ms, memory {memory(pid):5.0f} MB"
    )


def ask(port: int, path: str) -> float:
    """Milliseconds until a new connection has its whole answer; AssertionError if it is no 200."""
    began = monotonic()
    with socket.create_connection((HOST, port), timeout=60) as client:
        client.sendall(head(path, "GET", "Connection: close"))
        answer = b""
        while block := client.recv(65_536):
            answer += block
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    return (monotonic() - began) * 1000


def memory(pid: int) -> float:
    """The private memory of a process and its children, in MB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = Path(f"/proc/{pid}/smaps_rollup").read_text()
    private = sum(int(line.split()[1]) for line in found.splitlines() if line.startswith("Private"))
    return private / 1024 + sum(memory(int(child)) for child in children)


if __name__ == "__main__":
    main()
