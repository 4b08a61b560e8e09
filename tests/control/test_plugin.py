"""The pytest plugin and `hexostore run`, in processes of their own, as strangers use them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from select import select
from textwrap import dedent

import psycopg
import pytest

from hexostore.postgres import Embedded
from hexostore.testing.process import ServerProcess
from tests.live import ROOT
from tests.simulation.conftest import PERSON

TESTS = """
    import json
    from urllib.request import Request, urlopen
    import pytest, sys

    def test_django_is_not_loaded():
        assert "django" not in sys.modules

    @pytest.mark.parametrize("number", range(4))
    def test_each_has_a_sandbox(hexostore, number, hexostore_server):
        assert hexostore.outbox() == []
        seed = {"user": {"new": {"username": "new@example.com", "password": "long-enough-1"}}}
        assert hexostore.load(seed) == {"user": 1}
        assert hexostore.load(seed, replace=True) == {"user": 1}
        with urlopen(f"{hexostore.base_url}/api/") as answer:
            assert "record" in json.load(answer)
        print("SERVER", hexostore_server.facts["pid"], "SANDBOX", hexostore.name)

    def test_what_a_sandbox_can_do(hexostore):
        hexostore.snapshot("before")
        hexostore.load({"user": {"new": {"username": "new@x.y", "password": "long-enough-1"}}})
        with hexostore.fork() as fork:
            assert fork.name != hexostore.name
        hexostore.restore("before")
        hexostore.reset()
        assert hexostore.login() == ("athlete@example.com", "athlete")
        assert hexostore.login("friend@example.com")[1] == "friend"
        assert len(hexostore.key) == 2 and len(hexostore.oauth2) == 2
        assert hexostore.ca.exists() and hexostore.https_url.startswith("https://")
        with pytest.raises(KeyError):
            hexostore.login("nobody")

    def test_the_clock(hexostore):
        from datetime import UTC, datetime
        shown = hexostore.clock.freeze(datetime(2031, 1, 1, tzinfo=UTC))
        assert (shown["now"], shown["state"]) == ("2031-01-01T00:00:00+00:00", "frozen")
        assert hexostore.clock.advance(seconds=60)["finished"]
        assert hexostore.clock.advance(to="2031-01-02T00:00:00")["finished"]
        assert hexostore.clock.set("2030-01-01T00:00:00")["now"].startswith("2030-01-01")
        assert hexostore.clock.run(speed=10)["state"] == "running"
        hexostore.clock.reset()
        assert hexostore.clock.show()["state"] == "system"

    def test_simulated_records(hexostore):
        import json
        from datetime import UTC, datetime
        from pathlib import Path
        from hexostore.testing import ControlError
        begin = datetime(2026, 11, 20, 8, tzinfo=UTC)
        made = hexostore.simulate("walk", duration="1m", seed=5, start=begin)
        assert (made["user"], made["profile"], made["seed"]) == ("athlete@example.com", "walk", 5)
        assert made["resource_uri"] == f"/api/record/{made['id']}/"
        assert made["end"] - made["start"] == 60 * 256
        assert hexostore.simulate(duration=30, user="friend")["user"] == "friend@example.com"
        own = Path("my-sport.json")
        for profile in (own, "./my-sport.json", json.loads(own.read_text("utf-8-sig"))):
            who = {"sex": "M", "age": 12, "fitness": 1}
            assert hexostore.simulate(profile, **who, duration=30)["profile"] == "custom"
        with pytest.raises(ControlError, match="age: is from 0 to 100 years, not -1"):
            hexostore.simulate(age=-1)
        with pytest.raises(FileNotFoundError):
            hexostore.simulate("nowhere/my-sport.json")
        with pytest.raises(ControlError, match="no 'nobody'"):
            hexostore.simulate(user="nobody")

    def test_what_was_asked(hexostore):
        for path in ("api/", "api/record/?limit=2"):
            try:
                urlopen(f"{hexostore.base_url}/{path}")
            except OSError:
                pass
        lists = {"method": "GET", "resource": "record"}
        hexostore.requests.verify(lists, exactly=1)
        hexostore.requests.verify_in_order({"path": "/api/"}, lists)
        with pytest.raises(AssertionError, match="query.limit: wanted '20', found '2'"):
            hexostore.requests.verify(lists | {"query": {"limit": "20"}})
        assert [each["status"] for each in hexostore.requests.list(status="4xx")] == [401]
        hexostore.requests.clear()
        assert hexostore.requests.list() == ()

    def test_errors_say_why(hexostore):
        from hexostore.testing import ControlError
        with pytest.raises(ControlError, match="no snapshot 'gone'") as found:
            hexostore.restore("gone")
        assert found.value.status == 404
        with pytest.raises(ControlError, match="nothing"):
            hexostore.load({"nothing": {}})
"""


def environment() -> dict[str, str]:
    """The variables of somebody who has nothing to do with this run."""
    ours = ("DATABASE_", "DJANGO_", "HEXOSTORE_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_tests(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder with the plugin."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rP", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a few tests."""
    (tmp_path / "test_client.py").write_text(dedent(TESTS))
    plan = [{"title": "Rowing", "minutes": 5, "effort": 0.7}]
    own = {"title": "Mine", "info": "", "person": PERSON, "plan": plan}
    (tmp_path / "my-sport.json").write_text(json.dumps(own), "utf-8-sig")
    return tmp_path


def test_workers_share_one_server_and_no_sandbox(folder: Path) -> None:
    done = run_tests(folder, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout
    found = re.findall(r"SERVER (\d+) SANDBOX (\S+)", done.stdout)
    assert len({server for server, _ in found}) == 1
    assert len({sandbox for _, sandbox in found}) == 4
    assert not is_running(int(found[0][0]))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_without_a_test_that_needs_it_no_server_is_started(folder: Path) -> None:
    done = run_tests(folder, "-k", "django")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    done = run_tests(folder, "-k", "sandbox_can", "--hexostore-option=--nonsense")
    assert done.returncode == 1
    assert "The server did not start: error: No such option: --nonsense" in done.stdout


WAITING = """
    import sys

    def test_it(hexostore_server):
        with open("told", "w") as told:
            told.write(str(hexostore_server.facts["pid"]))
        sys.stdin.read()
"""


def test_the_server_ends_with_a_run_that_is_killed(folder: Path) -> None:
    (folder / "test_client.py").write_text(dedent(WAITING))
    os.mkfifo(folder / "told")
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as run:
        waiting = os.pidfd_open(int((folder / "told").read_text()))
        run.send_signal(signal.SIGKILL)
    ended, _, _ = select([waiting], [], [], 60)
    os.close(waiting)
    assert ended


def run_beside(*command: str) -> subprocess.CompletedProcess[str]:
    """`hexostore run -- COMMAND`."""
    return subprocess.run(
        [str(ROOT / "bin" / "hexostore"), "run", "--empty", "--", *command],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_command_runs_beside_a_server_and_its_status_is_passed_on() -> None:
    done = run_beside(
        "/bin/sh", "-c", 'curl -s --cacert "$HEXOSTORE_CA" "$HEXOSTORE_HTTPS_URL/api/"; exit 7'
    )
    assert done.returncode == 7, done.stderr
    assert '"record"' in done.stdout


def test_a_command_that_there_is_not() -> None:
    done = run_beside("no-such-command")
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr.endswith("error: There is no command 'no-such-command'.\n")


def test_its_server_does_not_wait_for_a_disk_that_is_thrown_away() -> None:
    process = ServerProcess(("--empty",))
    try:
        with Embedded(process.home) as embedded, psycopg.connect(embedded.url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
    finally:
        process.stop()
    assert not process.home.exists()
