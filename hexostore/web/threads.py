"""The threads that run the application."""

from concurrent.futures import Executor, ThreadPoolExecutor

from hexostore.middleware import PROBES

CONNECTIONS = 80
"""Connections to the database that all workers together may hold; PostgreSQL has 100."""

MOST = 4
"""The most threads of a worker. More would only take turns on Python's lock."""

MOST_WORKERS = CONNECTIONS // (1 + len(PROBES))


class Threads:
    """A few threads for requests, and one for each probe, which never waits behind others."""

    def __init__(self, count: int) -> None:
        self._requests = ThreadPoolExecutor(count, "request")
        self._probes = {path: ThreadPoolExecutor(1, path.strip("/")) for path in PROBES}

    def of(self, path: str) -> Executor:
        """The threads for requests to that path."""
        return self._probes.get(path, self._requests)

    def stop(self) -> None:
        """Begin nothing any more; what runs is not waited for."""
        for each in (self._requests, *self._probes.values()):
            each.shutdown(wait=False, cancel_futures=True)


def thread_count(workers: int) -> int:
    """The threads for requests of each worker, so that the database has a connection for all."""
    return max(1, min(MOST, CONNECTIONS // workers - len(PROBES)))
