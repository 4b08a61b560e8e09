"""Faults that tests ask for and that only the web server can make: late, slow, cut and wrongly
measured answers.

The application leaves a WireFault in the environment of a request. It never reaches the client.
Nothing waits in a thread.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

WIRE_FAULT = "hexostore.wire_fault"

DROPS = "request", "before", "amid", "after"
"""When a connection is closed: before the request is fulfilled, before its answer, in the middle of
the body, or after an answer that promises to keep the connection."""

_PIECES_A_SECOND = 4
_RESET = struct.pack("ii", 1, 0)  # linger on close, for no time

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class WireFault:
    """What happens to an answer: it is `delay` seconds late, comes with so many bytes of its body
    a second, is cut, by a reset or an end, or announces another length than it has."""

    delay: float = 0.0
    drop: str | None = None
    reset: bool = False
    bytes_per_second: int | None = None
    length_error: int = 0

    @property
    def ends_connection(self) -> bool:
        """Whether nothing follows on the connection, which the headers do not announce."""
        return self.drop is not None or self.length_error != 0

    @property
    def needs_whole(self) -> bool:
        """Whether it works on answers that are known as a whole."""
        return self.ends_connection or self.bytes_per_second is not None

    @property
    def sends_nothing(self) -> bool:
        """Whether the client gets no byte."""
        return self.drop in {"request", "before"}

    def announce(self, fields: Fields) -> Fields:
        """Return the headers with the length that they are to show."""
        return [
            (name, str(max(0, int(value) + self.length_error)))
            if name.lower() == "content-length"
            else (name, value)
            for name, value in fields
        ]

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        """Yield what is sent of a body, each piece in its time."""
        if self.drop == "amid":
            body = body[: len(body) // 2]
        rate = self.bytes_per_second
        if rate is None:
            yield body
            return
        size = max(1, rate // _PIECES_A_SECOND)
        for begin in range(0, len(body), size):
            piece = body[begin : begin + size]
            yield piece
            await asyncio.sleep(len(piece) / rate)


def find_fault(environ: Mapping[str, Any]) -> WireFault | None:
    """Return the fault that the application left in the environment of a request."""
    found: WireFault | None = environ.get(WIRE_FAULT)
    return found


def reset_connection(transport: asyncio.Transport) -> None:
    """Close a connection so that the client gets a reset."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
