"""What keeps a command from working is one line, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hexostore import disk
from hexostore import home as homes
from tests.live import ROOT, Live, free_port

COMMANDS = ["key list", "migrate", "trust", "serve"]
"""A command of each way to a home: with its database, ours and Django's, and without it."""


def refused(home: Path, command: str, environment: dict[str, str], status: int = 1) -> str:
    """The one line that a command answers when it cannot work."""
    done = Live(home, environment=environment).run(*command.split())
    assert done.returncode == status, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    said = line.removeprefix("error: ")
    assert "rror:" not in said
    return said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_home_that_is_a_file(home: Path, command: str) -> None:
    file = home / "file"
    file.touch()
    line = refused(home, command, {"HEXOSTORE_HOME": str(file)})
    assert line.startswith(f"The data home {file} cannot be used: ")
    assert line.endswith("; set HEXOSTORE_HOME to a folder that you can write to.")


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/below"])
def test_a_home_that_cannot_be_made(home: Path, place: str) -> None:
    line = refused(home, "key list", {"HEXOSTORE_HOME": place})
    assert line.startswith(f"The data home {place} cannot be used: ")


def test_doctor_goes_on_without_a_home(home: Path) -> None:
    (home / "file").touch()
    done = Live(home, environment={"HEXOSTORE_HOME": str(home / "file")}).run("doctor")
    assert done.returncode == 1
    assert "problem  home         The data home" in done.stdout
    assert done.stderr == ""
    assert "ok       clock" in done.stdout


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    said = pytest.raises(homes.HomeError, match=r"No space left .* free some space")
    with said as caught, homes.explain_errors(tmp_path):
        raise OSError(28, os.strerror(28), "some/file")
    assert "HEXOSTORE_HOME" not in str(caught.value)


def test_a_full_disk_is_told_of_a_database_that_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=13 << 20))
    said = "PostgreSQL did not start:\nFATAL:  could not write to file"
    assert disk.explain_failure(said, tmp_path) == (
        f"PostgreSQL did not start. Only 13 MiB are free on the disk of {tmp_path}; "
        "free some space."
    )
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=disk.LEAST))
    assert disk.explain_failure(said, tmp_path) == said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_disk_that_gets_full_while_the_store_is_made(home: Path) -> None:
    small = ["mount", "-t", "tmpfs", "-o", "size=55m,mode=0711", "tmpfs", str(home)]
    if subprocess.run(small, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        line = Live(home).run("serve", "--port", "0", "--https-port", "0").stderr.splitlines()[-1]
    finally:
        subprocess.run(["umount", str(home)], check=True)  # noqa: S607
    assert line.startswith("error: The database of the home is not reachable: ")
    assert line.endswith(f"are free on the disk of {home}; free some space.")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_home_of_somebody_else(home: Path) -> None:
    """A program of another user: what it may not read or write is a line as well."""
    other = home / "other"
    other.mkdir(mode=0o700)
    code = (
        "import os, sys; from pathlib import Path; from hexostore.postgres import Embedded; "
        "from hexostore import tls; from hexostore.home import HomeError\n"
        "'x'.encode('idna'); os.setuid(65534)\n"  # who may not read this Python's modules
        "for work in (lambda: Embedded(Path(sys.argv[1])).start(), "
        "lambda: tls.ensure_certificates(Path(sys.argv[1]), [])):\n"
        "    try: work()\n"
        "    except HomeError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(other)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first.startswith(f"The data home {other} cannot be used: Permission denied")
    assert second.startswith(f"The data home {other} cannot be used: Permission denied")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "nonsense", "DATABASE_URL does not begin with postgresql://"),
        ("DATABASE_URL", "postgresql://me:secret@h:x/d", "its port is not a number"),
        ("DATABASE_URL", "postgresql://me:a@secret@h/d", "an @ in its user or password"),
        ("DATABASE_URL", "postgresql://me:a@secret@h,i/d", "an @ in its user or password"),
        ("DATABASE_URL", "postgresql://me:%zsecret@h/d", "DATABASE_URL is malformed"),
        ("DATABASE_URL", "postgresql://h/d?password=secret&a=b", "a parameter after ?"),
        ("DATABASE_REPLICA_URLS", "postgresql://me:a@secret@h/d", "an @ in its user or password"),
        ("HEXOSTORE_SIGNATURE_WINDOW", "soon", "HEXOSTORE_SIGNATURE_WINDOW is 'soon'"),
        ("HEXOSTORE_LOG_LEVEL", "LOUD", "HEXOSTORE_LOG_LEVEL is 'LOUD'"),
        ("HEXOSTORE_CHUNKS_LOOSE_HOURS", "9" * 11, "must be at most 876000"),
        ("HEXOSTORE_REPLICA_LAG", "9" * 5000, "must be at most 86400"),
    ],
)
def test_a_variable_that_cannot_be(home: Path, name: str, value: str, said: str) -> None:
    line = refused(home, "contract --resource user", {name: value}, status=2)
    assert said in line
    assert "secret" not in line


@pytest.mark.parametrize(
    "command",
    [
        "serve --drain",
        "restart --timeout",
        "stop --timeout",
        "sandbox create --ttl",
        "simulate --fitness",
        "score truth.json found.csv --window",
        "verify http://127.0.0.1 --delay",
        "verify http://127.0.0.1 --timeout",
    ],
)
def test_a_time_that_is_no_number(home: Path, command: str) -> None:
    line = refused(home, f"{command} nan", {}, status=2)
    assert line.endswith(f"'{command.rsplit(maxsplit=1)[-1]}': nan is no number. See --help.")


@pytest.mark.parametrize("command", ["key list", "serve"])
def test_a_server_that_does_not_answer(home: Path, command: str) -> None:
    url = f"postgresql://me:secret@127.0.0.1:{free_port()}/store"
    ports = f" --port {free_port()} --https-port {free_port()}" if command == "serve" else ""
    line = refused(home, command + ports, {"DATABASE_URL": url})
    assert "in DATABASE_URL is not reachable: " in line
    assert "secret" not in line


@pytest.mark.parametrize("command", ["key list", "serve"])
def test_several_servers_that_do_not_answer_are_all_told(home: Path, command: str) -> None:
    ports = sorted(free_port() for _ in range(2))
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    url = f"postgresql://me:secret@{hosts}/store?target_session_attrs=read-write"
    options = f" --port {free_port()} --https-port {free_port()}" if command == "serve" else ""
    line = refused(home, command + options, {"DATABASE_URL": url})
    assert [f"port {port} failed: Connection refused" in line for port in ports] == [True, True]
    assert "secret" not in line


def test_hosts_that_are_none(home: Path) -> None:
    line = refused(home, "trust", {"HEXOSTORE_HOSTS": "a b"})
    assert line == "'a b' is not a host name; see HEXOSTORE_HOSTS."
