"""The launcher of the embedded PostgreSQL."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from hexostore import postgres_place
from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError, PostgresPlace

ROOT = os.geteuid() == 0


def fast(home: Path) -> Embedded:
    """A server that need not survive a power cut."""
    return Embedded(home, durable=False)


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_starts_stops_and_keeps_its_rows(home: Path) -> None:
    with fast(home) as first, psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    with fast(home) as second, psycopg.connect(second.url) as connection:
        connection.execute("SELECT x FROM kept")


def test_a_second_user_of_the_home_attaches(home: Path) -> None:
    with fast(home) as owner, fast(home) as guest:
        assert guest.url == owner.url
        assert answers(guest.url)


def test_the_guest_leaves_the_server_running(home: Path) -> None:
    with fast(home) as owner:
        fast(home).__enter__().stop()
        assert answers(owner.url)


def test_alone_says_who_holds_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hexostore.postgres.PATIENCE", 0.2)
    with fast(home), pytest.raises(PostgresError, match=f"process {os.getpid()}"):
        fast(home).start(alone=True)


def test_nobody_else_can_enter(home: Path) -> None:
    with fast(home) as embedded:
        for folder in (embedded.place.folder, embedded.place.data):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_listens_on_the_network(home: Path) -> None:
    with fast(home) as embedded, psycopg.connect(embedded.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_recovers_after_kill_9(home: Path) -> None:
    embedded = Embedded(home)
    with psycopg.connect(embedded.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    os.kill(_postmaster(embedded), signal.SIGKILL)
    while not embedded.died():
        sleep(0.01)
    with psycopg.connect(embedded.restart()) as connection:
        connection.execute("SELECT x FROM kept")
    embedded.stop()


def test_dies_with_its_starter(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from hexostore.postgres import Embedded;"
        "print(Embedded(Path(sys.argv[1]), durable=False).start(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        starter.kill()
    pid_file = fast(home).place.data / "postmaster.pid"  # removed by an orderly shutdown
    deadline = monotonic() + 30
    while pid_file.exists():
        assert monotonic() < deadline
        sleep(0.02)
    with fast(home) as embedded:
        assert answers(embedded.url)


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(home: Path) -> None:
    """In containers the id of a killed server soon belongs to somebody else."""
    with fast(home) as embedded:
        file = embedded.place.data / "postmaster.pid"
        lines = file.read_text().split("\n")
    stranger = os.getppid()
    file.write_text("\n".join([str(stranger), *lines[1:]]))
    if ROOT:
        account = embedded.place.account
        assert account is not None
        os.chown(file, account.pw_uid, account.pw_gid)
    with fast(home) as embedded:
        assert answers(embedded.url)


def test_the_data_of_another_version_is_left_alone(home: Path) -> None:
    with fast(home) as embedded:
        version = embedded.place.data / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(PostgresError, match=r"created by PostgreSQL 17, .* PostgreSQL 18"):
        fast(home).start()
    assert version.read_text() == "17\n"


def test_a_broken_start_shows_the_log(home: Path) -> None:
    with fast(home) as embedded:
        configuration = embedded.place.data / "postgresql.conf"
    configuration.write_text("nonsense = on\n")
    with pytest.raises(PostgresError, match="nonsense"):
        fast(home).start()


def test_a_lost_data_folder_is_not_replaced_silently(home: Path) -> None:
    (home / "postgres").symlink_to(home / "gone")
    with pytest.raises(PostgresError, match="which is gone"):
        fast(home).start()


@pytest.mark.skipif(not ROOT, reason="only root hands the server to another user")
def test_root_keeps_unreachable_homes_elsewhere_and_their_parents_as_they_are(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout under /root: nobody but root may enter, and that stays so."""
    monkeypatch.setattr(postgres_place, "MACHINE_WIDE", home / "machine")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with fast(closed / "var") as embedded:
        assert answers(embedded.url)
        assert embedded.place.folder.parent == home / "machine"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    with fast(closed / "var") as again:
        assert again.place.folder == embedded.place.folder


@pytest.mark.skipif(not ROOT, reason="only root hands the server to another user")
def test_root_copies_programs_that_its_user_cannot_reach(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_place, "MACHINE_WIDE", home / "machine")
    real = postgres_place._is_reachable
    monkeypatch.setattr(
        postgres_place,
        "_is_reachable",
        lambda path: "site-packages" not in str(path) and real(path),
    )
    assert (home / "machine") in PostgresPlace(home).program("postgres").parents
    with fast(home) as embedded:
        assert answers(embedded.url)


def _postmaster(embedded: Embedded) -> int:
    return int((embedded.place.data / "postmaster.pid").read_text().split()[0])


def test_what_is_done_meanwhile_is_done_while_programs_work(home: Path) -> None:
    """While the cluster is made, and while a server starts on it; whoever attaches has no time."""
    found: list[bool] = []
    embedded = fast(home)
    embedded.start(meanwhile=lambda: found.append(embedded.place.data.exists()))
    assert found == [False, True]
    guest = fast(home)
    guest.start(meanwhile=lambda: pytest.fail("nothing was at work"))
    guest.stop()
    embedded.stop()
