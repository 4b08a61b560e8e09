"""The embedded PostgreSQL: the wheel's programs under a launcher of our own.

In the data home, `postgres` is the place of the server: a folder with `data` (the cluster),
`socket` and `log`. It belongs to the user that runs the server, mode 0700.

PostgreSQL refuses to run as root, so root runs it as an existing unprivileged user. If that user
cannot reach the home (a checkout under /root, for example), `postgres` is a link to a folder under
/var/lib/hexostore, and no permission of the folders above the home is changed.

The holder of `postgres.lock` has started the server and stops it. Other processes attach to it and
hold `postgres.users` meanwhile. The server dies with its starter, even after kill -9.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from hexostore import home as homes
from hexostore import postgres_leftovers as leftovers
from hexostore.lifeline import dies_with_parent
from hexostore.locks import Lock
from hexostore.postgres_ending import (
    PATIENCE,
    end_server,
    process_exists,
    stop_process,
    wait_until,
)
from hexostore.postgres_place import MAJOR, PostgresError, PostgresPlace
from hexostore.succession import InheritedProcess

RECOVERY = 600.0  # seconds for a start, which first repeats what a crash left in the log
LOG_LIMIT = 1_000_000  # bytes; a longer log is begun anew at the next start

_NAME = "hexostore"  # of the database and of its user
_PORT = 5432  # names the socket file; nothing listens on the network
_SETTINGS = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    "log_timezone=UTC",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
]
_THROWAWAY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


@dataclass(frozen=True)
class _Running:
    """The content of a server's `postmaster.pid`."""

    pid: int
    socket_folder: str
    status: str


@dataclass(frozen=True)
class _Draft:
    """A cluster that initdb is making."""

    folder: Path
    initdb: subprocess.Popen[bytes]


class Embedded:
    """The PostgreSQL of one data home.

    This is a context manager: entering starts or attaches, leaving stops or detaches. With
    `durable=False` nothing is flushed to disk, for data that tests throw away.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home
        self.place = PostgresPlace(home)
        self._settings = _SETTINGS if durable else _SETTINGS + _THROWAWAY
        self._owner = Lock(home / "postgres.lock")
        self._users = Lock(home / "postgres.users")
        self._inside: Lock | None = None  # in the place, which the links of two homes may name
        self._begun: _Draft | None = None
        self._process: subprocess.Popen[bytes] | InheritedProcess | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def begin(self) -> None:
        """Begin to make the cluster of a new home. start() continues, and stop() undoes it.

        Nothing happens if there is a place already, or if another process makes it. It raises the
        errors of start().
        """
        homes.make_home(self.home)
        with homes.explain_errors(self.home):
            if os.path.lexists(self.place.link) or not self._owner.take():
                return
            try:
                self._begin_cluster()
            except BaseException:
                self.stop()
                raise

    def _begin_cluster(self) -> None:
        if os.path.lexists(self.place.link):  # made before the lock was free
            self._owner.release()
            return
        self.place.make()
        self._take_place()
        self._begun = self._run_initdb()

    def start(self, *, alone: bool = False, meanwhile: Callable[[], None] = lambda: None) -> str:
        """Start the server, or attach to the running one. Return its DATABASE_URL.

        With `alone`, another process that runs it is waited for, and never attached to. `meanwhile`
        is called while PostgreSQL's programs are at work, if they are. Raise PostgresError, which
        says what to do, if there is no server in the end. Raise HomeError if the home is not a
        writable folder.
        """
        homes.make_home(self.home)
        with homes.explain_errors(self.home):
            return self._start_server(alone, meanwhile)

    def _start_server(self, alone: bool, meanwhile: Callable[[], None]) -> str:
        deadline = monotonic() + PATIENCE
        while self._begun is None and not self._owner.take():
            if not alone and self._attach_to_running():
                return self.url
            if monotonic() > deadline:
                raise PostgresError(f"The database of {self.home} is in use by {self.holder()}.")
            sleep(0.05)
        try:
            return self._launch_server(meanwhile)
        except BaseException:
            self.stop()
            raise

    def stop(self, *, wait_for_others: bool = True) -> None:
        """Stop the server that this object started, or detach from another.

        Other attached processes may finish first, unless `wait_for_others` is off.
        """
        if self._process is not None:
            if wait_for_others:
                self._users.take(wait=True)
            stop_process(self._process)
            self._process = None
        if self._begun is not None:
            self._remove_begun(self._begun)
        self._release_locks()

    def _remove_begun(self, begun: _Draft) -> None:
        """Remove a place that begin() made."""
        begun.initdb.kill()
        begun.initdb.wait()
        self._begun = None
        leftovers.remove_drafts(self.place.folder)
        self.place.remove()

    def disown(self) -> None:
        """Release the locks in a forked child; the parent keeps them."""
        self._process = None
        self._release_locks()

    def _release_locks(self) -> None:
        for lock in (self._users, self._inside, self._owner):
            if lock is not None:
                lock.release()
        self._inside = None

    def hand_over(self) -> tuple[int, dict[str, int]]:
        """Return the process of the server that this object started, and its locks, for `adopt`."""
        assert self._process is not None
        assert self._inside is not None
        locks = {"owner": self._owner.hand_over(), "inside": self._inside.hand_over()}
        return self._process.pid, locks

    def adopt(self, pid: int, locks: Mapping[str, int]) -> str:
        """Go on with the server that the program before has started in this process. Return its
        URL."""
        self._owner.adopt(locks["owner"])
        self._inside = Lock(self.place.folder / "lock")
        self._inside.adopt(locks["inside"])
        self._process = InheritedProcess(pid)
        self.url = _database_url(str(self.place.socket_folder()))
        return self.url

    def died(self) -> bool:
        """Return whether the server that this object started is gone."""
        return self._process is not None and self._process.poll() is not None

    def restart(self) -> str:
        """Start the server again after it died. The URL stays the same."""
        self._process = None
        return self._launch_server()

    def holder(self) -> str:
        """Return the process that runs the server, as text for a message."""
        return self._owner.holder()

    def _attach_to_running(self) -> bool:
        running = self._find_running()
        if running is None or running.status != "ready" or not self._users.take(shared=True):
            return False
        self.url = _database_url(running.socket_folder)
        return True

    def _launch_server(self, meanwhile: Callable[[], None] = lambda: None) -> str:
        self.place.make()
        self._take_place()
        if other := self.place.owned_by_other_version():
            raise PostgresError(
                f"{self.place.data} was created by PostgreSQL {other}, and this is PostgreSQL "
                f"{MAJOR}. Dump it with the old version and load it into a new home, or choose "
                "another HEXOSTORE_HOME. Nothing was changed."
            )
        if self.place.log.exists() and self.place.log.stat().st_size > LOG_LIMIT:
            self.place.log.unlink()
        if self._begun is None:
            leftovers.remove_drafts(self.place.folder)
        if not self.place.data.exists():
            self._create_cluster(meanwhile)
        self._end_leftover()
        socket_folder = self._start_process(meanwhile)
        _create_database(socket_folder)
        self.url = _database_url(socket_folder)
        return self.url

    def _take_place(self) -> None:
        """Lock the folder itself, because a copy of a home may have a link to the same one."""
        if self._inside is None:
            inside = Lock(self.place.folder / "lock")
            if not inside.take():
                raise PostgresError(
                    f"The database in {self.place.folder} is run already, for another home, by "
                    f"{inside.holder()}. Remove the link {self.place.link} to begin an empty store."
                )
            self._inside = inside

    def _create_cluster(self, meanwhile: Callable[[], None]) -> None:
        """Make the data folder completely or not at all. It gets its name at the end."""
        draft = self._begun or self._run_initdb()
        if draft.initdb.poll() is None:  # else there is more to do while the server starts
            meanwhile()
        self._begun = None
        if draft.initdb.wait() != 0:
            raise PostgresError(f"initdb failed:\n{self._log_tail()}")
        draft.folder.rename(self.place.data)

    def _run_initdb(self) -> _Draft:
        folder = self.place.folder / f"{leftovers.DRAFT}{secrets.token_hex(4)}"
        initdb = self.place.popen(
            [
                self.place.program("initdb"),
                f"--pgdata={folder}",
                f"--username={_NAME}",
                "--auth=trust",  # the folder of the socket is closed to others
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        return _Draft(folder, initdb)

    def _end_leftover(self) -> None:
        """Stop a server that outlived its starter, and clear away what a killed one left."""
        pid = self._server_pid()
        if pid is not None:
            end_server(pid, lambda: self._server_pid() is None)
        leftovers.end_processes(self.place.data)
        leftovers.disarm_pid_file(self.place.data / "postmaster.pid")

    def _start_process(self, meanwhile: Callable[[], None]) -> str:
        """Start the server, wait until it answers, and return the folder of its socket."""
        socket_folder = str(self.place.socket_folder())
        settings = [*self._settings, f"unix_socket_directories={socket_folder}"]
        command: list[str | Path] = [self.place.program("postgres"), "-D", self.place.data]
        for setting in settings:
            command += ["-c", setting]
        deadline = monotonic() + PATIENCE
        while True:
            leftovers.remove_sockets(Path(socket_folder), _PORT)
            self._process = self.place.popen(
                command,
                start_new_session=True,  # Ctrl-C in a terminal is for us to handle
                preexec_fn=dies_with_parent(signal.SIGINT),
            )
            meanwhile()
            wait_until(
                lambda: self.died() or self._is_ready(),
                "The database did not become ready.",
                RECOVERY,
            )
            if not self.died():
                return socket_folder
            tail = self._log_tail()
            # after kill -9 the last children need a moment to notice
            if "is still in use" not in tail or monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not start:\n{tail}")
            sleep(0.1)

    def _is_ready(self) -> bool:
        running = self._find_running()
        return (
            running is not None
            and self._process is not None
            and running.pid == self._process.pid
            and running.status == "ready"
        )

    def _find_running(self) -> _Running | None:
        """Return the server that runs on the data folder, after it has told where it listens."""
        pid, lines = self._server_pid(), self._pid_file()
        if pid is None or len(lines) < 8:
            return None
        return _Running(pid, lines[4], lines[7].strip())

    def _server_pid(self) -> int | None:
        """Return the process of the server on the data folder, from its very beginning on."""
        first = self._pid_file()[0].strip()
        return int(first) if first.isdecimal() and self._is_ours(int(first)) else None

    def _pid_file(self) -> list[str]:
        try:
            return (self.place.data / "postmaster.pid").read_text(errors="replace").split("\n")
        except FileNotFoundError:
            return [""]

    def _is_ours(self, pid: int) -> bool:
        """Return whether process `pid` is a server on this data folder: one that works inside
        it."""
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == self.place.data
        except (FileNotFoundError, ProcessLookupError):
            return not Path("/proc/self").exists() and process_exists(pid)
        except PermissionError:
            return False

    def _log_tail(self) -> str:
        return "\n".join(self.place.log.read_text(errors="replace").splitlines()[-8:])


def _database_url(socket_folder: str, database: str = _NAME) -> str:
    host = quote(socket_folder, safe="/")
    return f"postgresql:///{database}?host={host}&user={_NAME}&port={_PORT}"


def _create_database(socket_folder: str) -> None:
    """Create the database, unless an earlier start has done so."""
    with psycopg.connect(_database_url(socket_folder, "postgres"), autocommit=True) as connection:
        asked = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_NAME])
        if asked.fetchone() is None:
            connection.execute(f"CREATE DATABASE {_NAME}")
