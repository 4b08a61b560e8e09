"""Bytes that clients make a worker keep for them, bounded for all of them together."""

from collections.abc import Hashable
from typing import Protocol


class BufferedClient(Hashable, Protocol):
    """Somebody for whom bytes are kept: since when nothing has moved, and how to be rid of it."""

    since: float

    def abort(self) -> None: ...


class Budget:
    """At most `limit` bytes for all clients.

    Where one more does not fit, those go first for whom nothing has moved for the longest time.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: dict[BufferedClient, int] = {}

    @property
    def used(self) -> int:
        """The bytes that are kept now."""
        return sum(self._kept.values())

    def keep(self, client: BufferedClient, size: int) -> None:
        """Count `size` bytes for the client, in place of what was counted before."""
        self._kept[client] = size
        while self.used > self.limit:
            longest = min(self._kept, key=lambda each: each.since)
            del self._kept[longest]
            longest.abort()

    def free(self, client: BufferedClient) -> None:
        """Count nothing for the client any more."""
        self._kept.pop(client, None)
