"""Connections to other places, kept for when a thread works in one of them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from time import monotonic
from typing import Any

MOST = 2
"""How many databases a thread stays connected to besides the present one, on each server.
PostgreSQL has few connections."""

SECONDS = 60.0
"""After so long a connection is closed, when the thread changes the database the next time."""


class ParkedConnections:
    """The connections of one thread that are not in use, at most `most`, by their place."""

    def __init__(self, most: int = MOST) -> None:
        self._parked: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()
        self._most = most

    def park(self, place: Hashable, connection: Any) -> None:
        """Keep a connection on which no statement runs. The one that waited longest may be
        closed."""
        self._parked[place] = connection, monotonic()
        self._close_old()

    def take(self, place: Hashable) -> Any | None:
        """Return the connection to a place, which is no longer kept; None if there is none."""
        found = self._parked.pop(place, None)
        return None if found is None else found[0]

    def close_all(self) -> None:
        """Close all connections."""
        while self._parked:
            self._close_first()

    def _close_old(self) -> None:
        oldest_allowed = monotonic() - SECONDS
        while self._parked:
            _, since = next(iter(self._parked.values()))
            if len(self._parked) <= self._most and since >= oldest_allowed:
                return
            self._close_first()

    def _close_first(self) -> None:
        _, (connection, _) = self._parked.popitem(last=False)
        connection.close()
