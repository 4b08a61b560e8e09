"""PostgreSQL servers that replicate one another, run by the programs of the embedded wheel.

Each server knows all of them and follows the one that can be written to, so nothing is configured
anew after a promotion. A commit waits until one other server has it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg

from hexostore.lifeline import dies_with_parent
from hexostore.postgres_place import PostgresPlace
from tests.embedded import remove_home, throwaway_home
from tests.live import free_port

USER = DATABASE = "hexostore"
PATIENCE = 60.0
"""Seconds that a server may take to start, stop, be promoted or catch up."""

_SETTINGS = """
listen_addresses = '127.0.0.1'
wal_level = replica
max_wal_senders = 10
wal_keep_size = 512MB
hot_standby = on
wal_receiver_timeout = 5s
wal_sender_timeout = 5s
wal_retrieve_retry_interval = 200ms
synchronous_standby_names = 'ANY 1 ({names})'
fsync = off  # a killed server loses nothing by it
shared_buffers = 32MB
max_connections = 60
jit = off
timezone = UTC
"""


class Node:
    """A server: its name, its port on the loopback, and its folder."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name
        self.port = free_port()
        self.data = cluster.place.folder / name
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the store's database on this server."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def ask(self, statement: str, database: str = "postgres") -> Any:
        """Run a statement on this server and return its first value."""
        with psycopg.connect(self._url(database), autocommit=True, connect_timeout=3) as asked:
            found = asked.execute(statement)
            row = found.fetchone() if found.description else None
        return None if row is None else row[0]

    def begin(self) -> None:
        """Make this the first server, with nothing in it."""
        self.cluster.run(
            "initdb", f"--pgdata={self.data}", f"--username={USER}", "--auth=trust", "--no-sync",
            "--encoding=UTF8", "--locale=C", "--no-instructions",
        )  # fmt: skip
        names = ", ".join(each.name for each in self.cluster.nodes)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS.format(names=names))

    def copy(self, source: Node) -> None:
        """Make this a replica, from a copy of another server. What was in it is lost."""
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)
        self.cluster.run(
            "pg_basebackup", f"--pgdata={self.data}", f"--dbname={source._url('postgres')}",
            "--checkpoint=fast", "--no-sync", "--wal-method=stream",
        )  # fmt: skip
        self._mark_as_replica()

    def rewind(self, source: Node) -> None:
        """Make a server that was the primary a replica of another, without what only it has."""
        self.cluster.run(
            "pg_rewind", f"--target-pgdata={self.data}",
            f"--source-server={source._url('postgres')}", "--no-sync",
        )  # fmt: skip
        self._mark_as_replica()

    def _mark_as_replica(self) -> None:
        mark = self.data / "standby.signal"
        mark.touch()
        account = self.cluster.place.account
        if account is not None:
            os.chown(mark, account.pw_uid, account.pw_gid)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        place = self.cluster.place
        settings = {
            "port": self.port,
            "cluster_name": self.name,
            "unix_socket_directories": "",
            "primary_conninfo": self.cluster.primary_conninfo(self),
        }
        command: list[str | Path] = [place.program("postgres"), "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._process = place.popen(
            command, start_new_session=True, preexec_fn=dies_with_parent(signal.SIGQUIT)
        )
        wait_until(self.answers, f"{self.name} does not start", self._process)

    def answers(self) -> bool:
        """Return whether the server can be asked."""
        try:
            return self.ask("SELECT true") is True
        except psycopg.OperationalError:
            return False

    def is_replica(self) -> bool:
        return self.ask("SELECT pg_is_in_recovery()") is True

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the server with -9, and wait until the processes that it had are gone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait(PATIENCE)
        self._process = None
        wait_until(lambda: not self.processes(), f"{self.name} does not end")

    def processes(self) -> list[int]:
        """Return the processes of this server: those that work in its folder."""
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (each / "cwd").resolve(strict=True) == self.data:
                    found.append(int(each.name))
        return found

    def promote(self) -> None:
        """Make this replica the primary."""
        assert self.ask("SELECT pg_promote(wait_seconds => 30)") is True

    def pause(self, *, paused: bool) -> None:
        """Have this replica stop replaying, or go on."""
        self.ask(f"SELECT pg_wal_replay_{'pause' if paused else 'resume'}()")
        if paused:
            state = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
            wait_until(lambda: self.ask(state) is True, f"{self.name} does not pause")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have this replica replay nothing in a block."""
        self.pause(paused=True)
        try:
            yield
        finally:
            self.pause(paused=False)

    def received(self) -> int:
        """Return how much of the log this replica has."""
        return int(self.ask("SELECT pg_last_wal_receive_lsn() - '0/0'"))

    def has_caught_up(self, primary: Node) -> bool:
        """Return whether this replica has replayed what the primary has written by now."""
        lsn = primary.ask("SELECT pg_current_wal_insert_lsn()::text")
        return self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'") is True


class Cluster:
    """Three servers, one of them the primary."""

    def __init__(self, home: Path, names: Sequence[str] = ("anna", "bert", "cleo")) -> None:
        self.place = PostgresPlace(home)
        self.place.make()
        self.nodes = [Node(self, name) for name in names]

    @property
    def url(self) -> str:
        """DATABASE_URL: all servers, for whichever can be written to."""
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.nodes)
        return f"postgresql://{USER}@{hosts}/{DATABASE}?target_session_attrs=read-write"

    @property
    def replica_urls(self) -> str:
        """DATABASE_REPLICA_URLS: all servers, for whichever is a replica."""
        return " ".join(each.url for each in self.nodes)

    @property
    def primary(self) -> Node:
        """The living server that is no replica."""
        (found,) = [each for each in self.nodes if each.is_alive() and not each.is_replica()]
        return found

    @property
    def replicas(self) -> list[Node]:
        return [each for each in self.nodes if each.is_alive() and each.is_replica()]

    def transactions_of_replicas(self) -> int:
        """Return how many transactions the replicas have run in the database of the store since
        they were started, which is told with a delay of a second."""
        counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        return sum(int(each.ask(counted, DATABASE)) for each in self.replicas)

    def primary_conninfo(self, node: Node) -> str:
        """Return how a server finds the one that it follows."""
        others = [each for each in self.nodes if each is not node]
        hosts = ",".join("127.0.0.1" for _ in others)
        ports = ",".join(str(each.port) for each in others)
        return (
            f"host={hosts} port={ports} user={USER} application_name={node.name} "
            "target_session_attrs=read-write connect_timeout=3"
        )

    def start(self) -> None:
        """Make the primary, its database, and the replicas."""
        first, *others = self.nodes
        first.begin()
        first.start()
        for each in others:
            each.copy(first)
            each.start()
        first.ask(f"CREATE DATABASE {DATABASE}")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its end."""
        process = self.place.popen([self.place.program(program), *arguments])
        assert process.wait(PATIENCE) == 0, self.log()

    def log(self) -> str:
        return "\n".join(self.place.log.read_text(errors="replace").splitlines()[-20:])

    def kill(self) -> None:
        for each in self.nodes:
            each.kill()


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a primary and two replicas in a folder of their own, and remove them in the end."""
    home = throwaway_home()
    cluster = Cluster(home)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.kill()
        remove_home(home)


def wait_until(
    condition: Any, complaint: str, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait until a condition holds; AssertionError if it takes too long or a process has ended."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, f"{complaint}: it has ended"
        assert monotonic() < deadline, complaint
        sleep(0.02)
