"""What the supervisor and the web servers tell one another, in memory that they share."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence


class Board:
    """A byte for each place of a web server, which says that it serves, and one for the drain.

    While a server drains, it answers as usual, but says that it is not ready, so that a balancer
    sends nobody any more.
    """

    def __init__(self, places: int) -> None:
        self._bytes = multiprocessing.RawArray("b", 1 + places)

    def drain(self) -> None:
        """Have all web servers say that they are not ready."""
        self._bytes[0] = 1

    def is_draining(self) -> bool:
        """Return whether they shall say so."""
        return bool(self._bytes[0])

    def note_serving(self, place: int) -> None:
        """Note that the web server at a place, counted from 1, accepts connections."""
        self._bytes[place] = 1

    def all_serve(self) -> bool:
        """Return whether the web servers of all places have begun to accept connections."""
        served: Sequence[int] = self._bytes[1:]
        return all(served)
