"""What a process of the web server counts of the requests that it answers, for Prometheus.

The event loop counts requests, and threads count lists. Each process has files of its own, which
prometheus_client maps into memory. They are named after the place of the process, not after its
number: a process that takes the place of a dead one counts on in its files, so no count is lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hexostore.kept_counts import Kept, tell_kept
from hexostore.own_pages import CONSOLE, CONTROL

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"

_PARTS = {
    **dict.fromkeys(CONSOLE, "console"),
    CONTROL: "control",
    "docs": "docs",
    "livez": "probe",
    "oauth": "login",
    "readyz": "probe",
}
"""The labels of paths that lead to no resource, by their first part."""

_OF_API = {"": "index", "connect": "login", "openapi.json": "docs"}
"""Those of paths below `/api/` that lead to none."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""The upper bounds of the durations in the histogram, in seconds."""

_MARK = "x-hexostore-"


@dataclass(frozen=True)
class ObservedNames:
    """The names that labels can have, so that nobody outside can add one."""

    resources: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()

    def resource(self, path: str) -> str:
        """Return the label of a path without the name of a sandbox: the resource, or the part of
        the server that it leads to."""
        first, _, rest = path.lstrip("/").partition("/")
        if first != "api":
            return _PARTS.get(first, _OTHER)
        name = rest.removeprefix("v1/").partition("/")[0]
        return name if name in self.resources else _OF_API.get(name, _OTHER)

    def reason(self, code: str) -> str:
        """Return the label of a reason for a refusal."""
        return code if code in self.reasons else _OTHER


class ObservedRequest(NamedTuple):
    """What became of a request: bytes as they went over the connection, heads included.

    `status` is empty if the client left before its answer.
    """

    method: str
    path: str
    status: str
    fields: Iterable[tuple[str, str]]
    received: int
    sent: int
    seconds: float


class Observer:
    """The counts of one process. `place` tells its files from those of other processes."""

    def __init__(self, folder: Path, place: str, names: ObservedNames) -> None:
        from prometheus_client import Counter, Gauge, Histogram, values

        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # where the library keeps files
        values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]
        self._names = names
        self._requests = Counter(
            "hexostore_http_requests",
            "Requests that were answered; status none: the client left before.",
            ["method", "resource", "status"],
            registry=None,
        )
        self._seconds = Histogram(
            "hexostore_http_request_duration_seconds",
            "From the complete head of a request to the end of its answer.",
            ["resource"],
            registry=None,
            buckets=BUCKETS,
        )
        self._received = Counter(
            "hexostore_http_received_bytes", "Bytes of requests.", ["resource"], registry=None
        )
        self._sent = Counter(
            "hexostore_http_sent_bytes", "Bytes of answers.", ["resource"], registry=None
        )
        self._refusals = Counter(
            "hexostore_refusals", "Requests refused for a reason.", ["reason"], registry=None
        )
        self._faults = Counter("hexostore_faults", "Faults that tests asked for.", registry=None)
        self._lists = Counter(
            "hexostore_lists", "Lists, by what was kept of them.", ["kept"], registry=None
        )
        self._in_flight = Gauge(
            "hexostore_http_requests_in_flight",
            "Requests that are being answered now.",
            registry=None,
            multiprocess_mode="livesum",
        )
        self._connections = Gauge(
            "hexostore_http_connections",
            "Open connections of clients.",
            registry=None,
            multiprocess_mode="livesum",
        )
        self._of_requests: dict[tuple[str, str, str], Counter] = {}
        self._of_resources: dict[str, tuple[Histogram, Counter, Counter]] = {}
        self._in_flight.set(0)  # the process before may have been killed amid requests
        self._connections.set(0)
        tell_kept(self.note_kept)

    def begin(self) -> None:
        """Count a request whose head has arrived."""
        self._in_flight.inc()

    def end(self, outcome: ObservedRequest) -> None:
        """Count the outcome of a request that has begun."""
        self._in_flight.dec()
        resource = self._names.resource(outcome.path)
        self._count_request(outcome.method, resource, outcome.status)
        seconds, received, sent = self._measures_of(resource)
        seconds.observe(outcome.seconds)
        received.inc(outcome.received)
        sent.inc(outcome.sent)
        for name, value in outcome.fields:
            if name.lower().startswith(_MARK):
                self._note_mark(name.lower().removeprefix(_MARK), value)

    def _measures_of(self, resource: str) -> tuple[Histogram, Counter, Counter]:
        """Return what is measured of a resource. To ask the library each time costs as much as to
        count."""
        found = self._of_resources.get(resource)
        if found is None:
            counters = self._received.labels(resource), self._sent.labels(resource)
            found = self._of_resources[resource] = self._seconds.labels(resource), *counters
        return found

    def _note_mark(self, name: str, value: str) -> None:
        if name == "reason":
            self._refusals.labels(self._names.reason(value)).inc()
        elif name == "fault":
            self._faults.inc()

    def refuse(self, status: int) -> None:
        """Count what was refused before it was a request: malformed, too long or too late."""
        self._count_request("", _OTHER, str(status))

    def _count_request(self, method: str, resource: str, status: str) -> None:
        key = method if method in _METHODS else _OTHER, resource, status[:1]
        found = self._of_requests.get(key)
        if found is None:
            shown = f"{key[2]}xx" if key[2] else "none"
            found = self._of_requests[key] = self._requests.labels(key[0], resource, shown)
        found.inc()

    def note_kept(self, kept: Kept) -> None:
        """Count a list. Threads may call this: the library locks what it counts."""
        self._lists.labels(kept).inc()

    def note_connections(self, number: int) -> None:
        """Note how many connections are open."""
        self._connections.set(number)
