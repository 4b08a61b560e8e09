"""The threads that run the application, and whose turn it is."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hexostore.middleware import PROBES

CONNECTIONS = 80
"""Connections to the database that all workers together may use. PostgreSQL has 100."""

MOST = 4
"""The most threads of a worker. More would only wait for Python's lock."""

MOST_WORKERS = CONNECTIONS // (1 + len(PROBES))

_RESOURCE = re.compile(r"/*(?:api/+(?:v1/+)?)?([^/]*)")

T = TypeVar("T")


class Threads:
    """A few threads for requests, and one for each probe, which never waits behind others.

    Requests for one resource use at most half of the threads, and resources take turns. So a list
    is answered although a hundred downloads wait for a thread. Only the event loop calls this.
    """

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, "request")
        self._probes = {path: ThreadPoolExecutor(1, path.strip("/")) for path in PROBES}
        self._free, self._share = count, max(1, count // 2)
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def run(self, path: str, work: Callable[[], T]) -> T:
        """Do a piece of work for a request to that path, when a thread is free for it."""
        loop = asyncio.get_running_loop()
        if path in self._probes:
            return await loop.run_in_executor(self._probes[path], work)
        resource = resource_of(path)
        await self._take_thread(resource)
        try:
            return await loop.run_in_executor(self._pool, work)
        finally:
            self._give_back(resource)

    def stop(self) -> None:
        """Start nothing any more. Running work is not waited for."""
        for each in (self._pool, *self._probes.values()):
            each.shutdown(wait=False, cancel_futures=True)

    async def _take_thread(self, resource: str) -> None:
        if not self._free or self._held[resource] >= self._share:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(resource, deque()).append(turn)
            await turn  # who gives back has counted it
            return
        self._hold_thread(resource)

    def _hold_thread(self, resource: str) -> None:
        self._free -= 1
        self._held[resource] += 1

    def _give_back(self, resource: str) -> None:
        """Free a thread and wake up the next request. Its resource then queues behind all
        others."""
        self._free += 1
        self._held[resource] -= 1
        if not self._held[resource]:
            del self._held[resource]
        entitled = (each for each in self._waiting if self._held[each] < self._share)
        following = next(entitled, None)
        if following is None:
            return
        turns = self._waiting.pop(following)
        turn = turns.popleft()
        if turns:
            self._waiting[following] = turns
        self._hold_thread(following)
        if turn.cancelled():
            self._give_back(following)
        else:
            turn.set_result(None)


def resource_of(path: str) -> str:
    """Return what a path requests: the name of the resource, for any prefix and row."""
    found = _RESOURCE.match(path)
    assert found is not None
    return found[1]


def thread_count(workers: int) -> int:
    """Return the threads for requests of each worker, so that the database has a connection for
    all."""
    return max(1, min(MOST, CONNECTIONS // workers - len(PROBES)))
