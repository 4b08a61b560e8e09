"""A place for values that can be made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class BoundedCache(Generic[V]):
    """The latest values, at most `most`. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values = OrderedDict[Hashable, V]()
        self._lock = Lock()

    def get(self, key: Hashable) -> V | None:
        """Return the value under a key, if it is still there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value. If there is no room, the value that was not used for the longest time is
        dropped."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
