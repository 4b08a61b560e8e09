"""Bytes that a worker keeps for clients, limited for all of them together."""

from collections.abc import Hashable
from typing import Protocol


class BufferedClient(Hashable, Protocol):
    """A client for whom bytes are kept: since when nothing has moved, and how to disconnect it."""

    since: float

    def abort(self) -> None: ...


class Budget:
    """At most `limit` bytes for all clients.

    If more are needed, the clients for whom nothing has moved longest are disconnected first. One
    who needs more than the limit alone is served: nobody else has bytes kept then.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: dict[BufferedClient, int] = {}

    @property
    def used(self) -> int:
        """The bytes that are kept now."""
        return sum(self._kept.values())

    def keep(self, client: BufferedClient, size: int) -> None:
        """Count `size` bytes for the client, in place of the previous number."""
        self._kept[client] = min(size, self.limit)
        while self.used > self.limit:
            longest = min(self._kept, key=lambda each: each.since)
            del self._kept[longest]
            longest.abort()

    def free(self, client: BufferedClient) -> None:
        """Count nothing for the client any more."""
        self._kept.pop(client, None)
