"""Connections to other databases, kept for when a thread works in one of them again."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import Any

MOST = 2
"""How many databases a thread stays connected to besides the present one. PostgreSQL has few
connections."""

SECONDS = 60.0
"""After so long a connection is closed, when the thread changes the database the next time."""


class ParkedConnections:
    """The connections of one thread that are not in use, by database."""

    def __init__(self) -> None:
        self._parked: OrderedDict[str, tuple[Any, float]] = OrderedDict()

    def park(self, database: str, connection: Any) -> None:
        """Keep a connection on which no statement runs. The one that waited longest may be
        closed."""
        self._parked[database] = connection, monotonic()
        self._close_old()

    def take(self, database: str) -> Any | None:
        """Return the connection to a database, which is no longer kept; None if there is none."""
        found = self._parked.pop(database, None)
        return None if found is None else found[0]

    def close_all(self) -> None:
        """Close all connections."""
        while self._parked:
            self._close_first()

    def _close_old(self) -> None:
        oldest_allowed = monotonic() - SECONDS
        while self._parked:
            _, since = next(iter(self._parked.values()))
            if len(self._parked) <= MOST and since >= oldest_allowed:
                return
            self._close_first()

    def _close_first(self) -> None:
        _, (connection, _) = self._parked.popitem(last=False)
        connection.close()
