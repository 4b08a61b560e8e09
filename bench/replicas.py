"""Reads through a replica, with what their caller wrote, against the same from the primary.

Requests go through the WSGI handler of this process with Basic login, on a real primary with two
replicas. "of all" includes the CPU of the three servers. Each caller has written before, so their
place in the log is compared each time. "written between" writes a label before each read, so the
read has to find out whether its replica is far enough, and goes to the primary if none is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.harness import _environ, _fill, basic, cpu_in_turn, get, show
from tests.cluster.nodes import Cluster, running_cluster, wait_until

LOGIN = basic("athlete@example.com", "athlete")
PATHS = {
    "a detail": "/api/user/1511/",
    "a list of 20, kept": "/api/record/",
    "heart rate of a record": "/api/data/?record=37700&datatype=19",
}
ROUNDS, TIMES = 50, 10


def main() -> None:
    """Print a ratio per kind of request, for this process and for all."""
    with running_cluster() as cluster, TemporaryDirectory() as home:
        os.environ.update(
            HEXOSTORE_HOME=home,
            DJANGO_SETTINGS_MODULE="hexostore.settings",
            DATABASE_URL=cluster.url,
            DATABASE_REPLICA_URLS=cluster.replica_urls,
        )
        _fill()
        _measure(cluster)


def _measure(cluster: Cluster) -> None:
    from django.core.handlers.wsgi import WSGIHandler

    app = WSGIHandler()
    for path in PATHS.values():
        _from(app, path, True)()  # which connects, for the processes that are measured
    primary = cluster.primary
    for each in cluster.replicas:
        wait_until(partial(each.has_caught_up, primary), "a replica lags")
    for name, path in PATHS.items():
        _compare(name, cluster, _from(app, path, True), _from(app, path, False))
    _compare("a detail, written between", cluster, _written(app, True), _written(app, False))


def _compare(
    name: str, cluster: Cluster, through: Callable[[], object], direct: Callable[[], object]
) -> None:
    works = {"through a replica": through, "from the primary": direct}
    show(name, cpu_in_turn(works, ROUNDS, TIMES), "from the primary")
    everything = cpu_in_turn(works, ROUNDS, TIMES, clock=lambda: _used(cluster))
    show(f"{name}, CPU of all", everything, "from the primary")


def _from(app: Any, path: str, through_replica: bool) -> Callable[[], object]:
    from django.conf import settings

    replicas = settings.HEXOSTORE_REPLICAS

    def ask() -> None:
        settings.HEXOSTORE_REPLICAS = replicas if through_replica else []
        get(path, LOGIN, app)
        settings.HEXOSTORE_REPLICAS = replicas

    return ask


def _written(app: Any, through_replica: bool) -> Callable[[], object]:
    read = _from(app, PATHS["a detail"], through_replica)

    def write_and_read() -> None:
        _write(app)
        read()

    return write_and_read


def _write(app: Any) -> None:
    body = json.dumps({"name": "measured", "user": "/api/user/1511/"}).encode()
    sent = {
        **_environ("/api/label/", LOGIN),
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    statuses: list[str] = []
    b"".join(app(sent, lambda line, _: statuses.append(line)))
    assert statuses[0].startswith("201"), statuses


def _used(cluster: Cluster) -> float:
    """The seconds of CPU of this process and of all processes of the servers so far."""
    total = time.process_time()
    for process in _servers(cluster):
        total += int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    return total


@cache
def _servers(cluster: Cluster) -> list[int]:
    return [process for each in cluster.nodes for process in each.processes()]


if __name__ == "__main__":
    main()
