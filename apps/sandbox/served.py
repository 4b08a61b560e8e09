"""The addresses at which a store is served now, for the hints that commands print."""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from hexostore.locks import Lock

USUAL_PORTS = 8000, 8443

_LISTENS = "0A"
"""The state of a listening socket in the tables of Linux (proc(5), /proc/net/tcp)."""

_SOCKET = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True)
class Addresses:
    """HOST:PORT of http and https; the defaults if nobody serves, or the system does not tell."""

    http: str
    https: str


def find_addresses(home: Path) -> Addresses:
    """Return the addresses at which this machine reaches the store of that home."""
    found = _listening_addresses(server_pid(home))
    if len(found) < len(USUAL_PORTS):
        found = [f"127.0.0.1:{port}" for port in USUAL_PORTS]
    return Addresses(*found[: len(USUAL_PORTS)])  # that of metrics is opened after them


def only_does_jobs(process: int) -> bool:
    """Return whether a server listens for no client; False if the system does not tell."""
    is_told = os.access(f"/proc/{process}/fd", os.R_OK)
    return is_told and len(_listening_addresses(process)) < len(USUAL_PORTS)


def server_pid(home: Path) -> int:
    """Return the process that serves a home; 0 if nobody does."""
    lock = Lock(home / "serve.lock")
    try:
        if not lock.file.exists():
            return 0
        if lock.take(shared=True):
            lock.release()
            return 0
        return lock.holder_pid()
    except OSError:
        return 0


def _listening_addresses(process: int) -> list[str]:
    """Return the addresses on which a process listens, in the order in which it opened them.

    There are none if the system has no such tables, or does not let them be read.
    """
    try:
        files = sorted(Path(f"/proc/{process}/fd").iterdir(), key=lambda file: int(file.name))
        opened = [_SOCKET.fullmatch(_link_target(file)) for file in files]
        sockets = _listening_sockets()
    except OSError:
        return []
    return [sockets[found[1]] for found in opened if found and found[1] in sockets]


def _link_target(file: Path) -> str:
    """Return the target of an open file; "" if it was closed meanwhile."""
    try:
        return str(file.readlink())
    except FileNotFoundError:
        return ""


def _listening_sockets() -> dict[str, str]:
    """Return the addresses of all listening sockets, by their number in the system."""
    found = {}
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for cells in map(str.split, lines):
            if cells[3] == _LISTENS:
                host, _, port = cells[1].partition(":")
                found[cells[9]] = f"{_host_in_url(host)}:{int(port, 16)}"
    return found


def _host_in_url(text: str) -> str:
    """Return an address from those tables as in a URL; the loopback if it means any address.

    It consists of words of four bytes, each in the byte order of this machine.
    """
    words = (int(text[at : at + 8], 16) for at in range(0, len(text), 8))
    address = ip_address(b"".join(struct.pack("=I", word) for word in words))
    if address.is_unspecified:
        return "127.0.0.1"
    return f"[{address}]" if address.version == 6 else str(address)
