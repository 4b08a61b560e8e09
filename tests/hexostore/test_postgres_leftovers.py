"""A store that was killed, copied or moved starts again, whatever it left behind."""

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError, PostgresPlace
from tests.embedded import remove_home, throwaway_home

ROOT = os.geteuid() == 0
needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="without /proc")


def fast(home: Path) -> Embedded:
    """A server that need not survive a power cut."""
    return Embedded(home, durable=False)


@pytest.fixture(scope="module")
def original() -> Iterator[Path]:
    """A home with a cluster that was stopped in order."""
    folder = throwaway_home()
    with fast(folder) as embedded, psycopg.connect(embedded.url) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    yield folder
    remove_home(folder)


@pytest.fixture
def home(original: Path) -> Iterator[Path]:
    """A copy of it, which root leaves with the wrong owner."""
    folder = throwaway_home()
    shutil.copytree(original / "postgres", folder / "postgres", symlinks=True)
    yield folder
    remove_home(folder)


def require_kept(home: Path) -> None:
    """Starts the server and looks for the table."""
    with fast(home) as embedded, psycopg.connect(embedded.url) as connection:
        connection.execute("SELECT x FROM kept")


def hand_over(path: Path) -> None:
    account = PostgresPlace(path).account
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)


@contextmanager
def bystander(home: Path) -> Iterator[int]:
    """Another living process of the user that runs the database."""
    account = PostgresPlace(home).account
    identity = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}
    with subprocess.Popen(["/bin/sleep", "600"], **identity) as process:  # type: ignore[call-overload]
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_socket_lock_that_names_somebody_else(home: Path) -> None:
    with bystander(home) as pid:
        lock = PostgresPlace(home).socket_folder() / ".s.PGSQL.5432.lock"
        lock.write_text(f"{pid}\n{PostgresPlace(home).data}\n1764000000\n5432\n{lock.parent}\n")
        hand_over(lock)
        require_kept(home)


def test_a_pid_file_that_names_somebody_else(home: Path) -> None:
    with bystander(home) as pid:
        file = PostgresPlace(home).data / "postmaster.pid"
        file.write_text(f"{pid}\n{file.parent}\n1764000000\n5432\n\n\n 1 2\nready\n")
        hand_over(file)
        require_kept(home)


@pytest.mark.parametrize("text", ["", "\n", "no number\n", "99999999999999\n", "\0\0\0\0", "-1\n"])
def test_a_pid_file_that_says_nothing(home: Path, text: str) -> None:
    """As a full disk or a power cut leaves it."""
    file = PostgresPlace(home).data / "postmaster.pid"
    file.write_text(text)
    hand_over(file)
    require_kept(home)


@needs_proc
def test_a_server_that_has_not_told_where_it_listens_is_ended_and_not_doubled(home: Path) -> None:
    first = fast(home)
    first.start()
    process = first._process
    assert process is not None
    first.disown()
    file = first.place.data / "postmaster.pid"
    file.write_text(f"{process.pid}\n")
    require_kept(home)
    assert process.wait(30) == 0


@needs_proc
def test_children_that_outlive_a_killed_server(home: Path) -> None:
    """One that is stopped never notices, and holds the memory of the server for good."""
    first = fast(home)
    connection = psycopg.connect(first.start())  # as long as it is held, its backend lives
    backend = connection.info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    assert first._process is not None
    first._process.kill()
    first._process.wait(30)
    first.disown()
    require_kept(home)


def test_a_cluster_that_was_never_finished(home: Path) -> None:
    draft = PostgresPlace(home).folder / "draft-12ab34cd"
    (draft / "base").mkdir(parents=True)
    require_kept(home)
    assert not draft.exists()


def test_a_copy_with_the_modes_of_an_archive(home: Path) -> None:
    for folder in (PostgresPlace(home).folder, PostgresPlace(home).data):
        folder.chmod(0o755)
    require_kept(home)
    assert stat.S_IMODE(PostgresPlace(home).data.stat().st_mode) == 0o700


def test_a_database_that_is_not_there_yet(home: Path) -> None:
    with fast(home) as embedded:
        url = embedded.url.replace("/hexostore?", "/postgres?")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP DATABASE hexostore")
    with fast(home) as embedded:
        psycopg.connect(embedded.url).close()


@needs_proc
def test_a_home_that_was_moved_after_its_server_was_killed(home: Path) -> None:
    first = fast(home)
    first.start()
    assert first._process is not None
    first._process.kill()
    first._process.wait(30)
    first.disown()
    moved = home.with_name(f"{home.name}-moved")
    home.rename(moved)
    try:
        require_kept(moved)
    finally:
        moved.rename(home)


def test_two_homes_never_run_one_database(home: Path) -> None:
    """A copy of a home whose database lies elsewhere has a link to the same folder."""
    copy = throwaway_home()
    (copy / "postgres").symlink_to(home / "postgres")
    with fast(home) as embedded:
        with pytest.raises(PostgresError, match=f"run already, .*process {os.getpid()}"):
            fast(copy).start()
        with psycopg.connect(embedded.url) as connection:
            connection.execute("SELECT x FROM kept")
    shutil.rmtree(copy)
