"""What Prometheus is told besides the counts of requests: jobs, database, sandboxes, processes.

It is read when it is asked for, by the process that shows it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psycopg
from django.db import Error, connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from apps.control.plane import plane
from apps.jobs.models import Job
from apps.sandbox.replica_states import examine_replicas

_JOBS = "SELECT kind, state, count(*) FROM jobs_job WHERE NOT regular GROUP BY kind, state"
_CONNECTIONS = """
    SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() GROUP BY 1
"""
_TABLES = """
    SELECT owner.relname, owner.relpages, coalesce(toast.relpages, 0),
        (SELECT coalesce(sum(each.relpages), 0) FROM pg_index
         JOIN pg_class AS each ON each.oid = indexrelid WHERE indrelid = owner.oid),
        counted.n_dead_tup
    FROM pg_class AS owner
    JOIN pg_stat_user_tables AS counted ON counted.relid = owner.oid
    LEFT JOIN pg_class AS toast ON toast.oid = owner.reltoastrelid
    WHERE owner.relpages + coalesce(toast.relpages, 0) > 0
"""
_PAGE = 8192  # bytes, as PostgreSQL is built
_STATES = {Job.State.WAITING: "waiting", Job.State.DONE: "done", Job.State.DEAD: "failed"}
_TICKS = "SC_CLK_TCK"


class StoreCollector(Collector):
    """What the database of the store knows. If it does not answer, only that is told."""

    def collect(self) -> Iterator[Metric]:
        """Yield `hexostore_database_up`, and the others if it is 1."""
        try:
            families = [*_read_database(), *_measure_replicas(), *_count_sandboxes()]
        except (Error, psycopg.Error):
            families = None
        up = GaugeMetricFamily("hexostore_database_up", "Whether the database answers.")
        up.add_metric([], 0 if families is None else 1)
        yield up
        yield from families or ()


def _read_database() -> Iterator[Metric]:
    """Yield jobs, connections and tables, with one statement each."""
    jobs = GaugeMetricFamily(
        "hexostore_jobs", "Jobs of the store that are kept.", labels=["kind", "state"]
    )
    open_now = GaugeMetricFamily(
        "hexostore_database_connections",
        "Connections to the database of the store, of all programs.",
        labels=["state"],
    )
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        for kind, state, number in cursor.fetchall():
            jobs.add_metric([kind, _STATES[state]], number)
        cursor.execute(_CONNECTIONS)
        for state, number in cursor.fetchall():
            open_now.add_metric([state], number)
    yield jobs
    yield open_now
    yield from _read_tables()


def _read_tables() -> Iterator[Metric]:
    """Yield sizes and dead rows of the tables that have rows, as of the last vacuum or analyze.

    Nothing waits for a lock, as it would if sizes were asked of the files.
    """
    sizes = GaugeMetricFamily(
        "hexostore_table_bytes",
        "Bytes of tables, as of the last vacuum or analyze.",
        labels=["table", "part"],
    )
    dead = GaugeMetricFamily(
        "hexostore_table_dead_rows", "Rows that vacuum has to remove.", labels=["table"]
    )
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, *pages, number in cursor.fetchall():
            for part, count in zip(("rows", "toast", "indexes"), pages, strict=True):
                sizes.add_metric([table, part], int(count) * _PAGE)
            dead.add_metric([table], number)
    yield sizes
    yield dead


def _measure_replicas() -> Iterator[Metric]:
    """Yield whether each replica can be used, and how far it lags; nothing without replicas."""
    found = examine_replicas()
    if not found:
        return
    up = GaugeMetricFamily(
        "hexostore_replica_up", "Whether a replica can be read from.", labels=["replica"]
    )
    lag = GaugeMetricFamily(
        "hexostore_replica_lag_bytes", "Log that is not replayed yet.", labels=["replica"]
    )
    seconds = GaugeMetricFamily(
        "hexostore_replica_lag_seconds",
        "Age of the last transaction that is replayed, 0 if all are.",
        labels=["replica"],
    )
    for each in found:
        up.add_metric([each.name], 0 if each.problem else 1)
        if not each.problem:
            lag.add_metric([each.name], each.lag_bytes or 0)
            seconds.add_metric([each.name], each.lag_seconds or 0)
    yield from (up, lag, seconds)


def _count_sandboxes() -> Iterator[Metric]:
    known = plane()
    if known is not None:
        number = len(known.state().sandboxes)
        yield GaugeMetricFamily("hexostore_sandboxes", "Sandboxes that there are.", value=number)


class ProcessCollector(Collector):
    """What the processes of the server use together, without those of PostgreSQL; Linux only.

    The time of dead ones is included: the system keeps it for their parent, the `supervisor`.
    """

    def __init__(self, supervisor: int) -> None:
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Yield the version, and what is in /proc."""
        info = InfoMetricFamily("hexostore_build", "The version of the server.")
        info.add_metric([], {"version": version("hexostore"), "python": platform.python_version()})
        yield info
        processes = family_of(self._supervisor)
        if not processes:
            return
        yield CounterMetricFamily(
            "process_cpu_seconds",
            "CPU time of all processes.",
            value=sum(map(_seconds_of, processes)) + _seconds_of(self._supervisor, dead=True),
        )
        yield GaugeMetricFamily(
            "process_resident_memory_bytes",
            "Resident memory of all processes; what they share counts in each.",
            value=sum(map(_resident_of, processes)),
        )
        yield GaugeMetricFamily(
            "process_open_fds", "Open files.", value=sum(map(_files_of, processes))
        )
        yield GaugeMetricFamily("hexostore_processes", "Living processes.", value=len(processes))


def family_of(supervisor: int) -> list[int]:
    """Return a process and those of its children that run the same program; none if the system
    does not tell."""
    try:
        text = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text()
    except OSError:
        return []
    program = _program_of(supervisor)
    children = [pid for pid in map(int, text.split()) if _program_of(pid) == program]
    return [supervisor, *children]


def _program_of(pid: int) -> str:
    """Return the path of its program; "" if it is somebody else's, or gone."""
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""


def _seconds_of(pid: int, *, dead: bool = False) -> float:
    """Return the CPU time of a process, or of its `dead` children."""
    fields = _fields_of(pid)
    used = fields[13:15] if dead else fields[11:13]  # proc(5), counted from the third
    return sum(map(int, used)) / os.sysconf(_TICKS)


def _resident_of(pid: int) -> int:
    fields = _fields_of(pid)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


def _fields_of(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name of the program; none if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _files_of(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0
