"""A server in the background, and the commands that are about it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from apps.sandbox.management.commands.status import NOT_SERVED
from tests import begun_homes
from tests.live import Live

PORTS = ("--port", "0", "--https-port", "0")


@pytest.fixture
def store(home: Path) -> Iterator[Live]:
    """A begun store, whose server is stopped after the test, if there is one."""
    begun_homes.fill_home(home, "empty")
    store = Live(home)
    yield store
    store.run("stop")


def started(store: Live, *options: str) -> dict[str, object]:
    done = store.run("serve", *PORTS, "--detach", "--json", *options)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def status(store: Live) -> dict[str, object]:
    return dict(json.loads(store.run("status", "--json").stdout))


def test_it_is_started_asked_after_and_stopped(store: Live, home: Path) -> None:
    assert status(store) == {"state": "stopped", "home": str(home)}
    assert store.run("status").returncode == NOT_SERVED
    facts = started(store)
    assert requests.get(f"{facts['root']}/readyz", timeout=30).status_code == 200
    told = {name: facts[name] for name in ("pid", "root", "https_root")}
    assert status(store) == {"state": "ready", "home": str(home), **told}
    text = store.run("status")
    assert text.returncode == 0
    assert f"process {facts['pid']}, which is ready" in text.stdout
    stopped = store.run("stop")
    assert stopped.returncode == 0
    assert str(facts["pid"]) in stopped.stdout
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{facts['root']}/readyz", timeout=30)
    again = store.run("stop")
    assert (again.returncode, again.stdout) == (0, f"{home} is not served.\n")


def test_the_log_is_kept_and_followed(store: Live, home: Path) -> None:
    missing = store.run("logs")
    assert missing.returncode == 1
    assert missing.stderr.startswith(f"error: There is no log in {home}")
    facts = started(store)
    follower = subprocess.Popen(
        [*store.command, "logs", "--follow", "--lines", "0"],
        cwd=store.folder,
        env=store._environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    requests.get(f"{facts['root']}/api/nowhere/", timeout=30)
    store.run("stop")
    shown, _ = follower.communicate(timeout=60)
    assert follower.returncode == 0
    shown_or_before = shown or store.run("logs").stdout  # it may have begun after the request
    assert "GET /api/nowhere/ 404" in shown_or_before
    assert "GET /api/nowhere/ 404" in store.run("logs", "--lines", "5").stdout
    assert (home / "serve.log").stat().st_mode & 0o777 == 0o600
    started(store)
    assert "GET /api/nowhere/ 404" in (home / "serve.log.1").read_text()


def test_a_second_one_is_refused_and_leaves_the_log_alone(store: Live, home: Path) -> None:
    facts = started(store)
    requests.get(f"{facts['root']}/api/nowhere/", timeout=30)
    refused = store.run("serve", *PORTS, "--detach")
    assert refused.returncode == 1
    assert refused.stderr == f"error: {home} is already served, by process {facts['pid']}\n"
    assert "GET /api/nowhere/ 404" in store.run("logs").stdout


def test_what_keeps_it_from_starting_is_said(store: Live) -> None:
    refused = store.run("serve", *PORTS, "--detach", "--host", "192.0.2.7")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: 192.0.2.7 is not an address of this machine.")


def test_stop_ends_a_server_in_the_foreground_as_well(store: Live) -> None:
    store.start()
    assert store.process is not None
    assert store.run("stop").returncode == 0
    assert store.process.wait(timeout=30) == 0


def test_a_server_that_does_not_stop_is_said(store: Live) -> None:
    store.start()
    assert store.process is not None
    store.process.send_signal(signal.SIGSTOP)
    try:
        refused = store.run("stop", "--timeout", "0.2")
    finally:
        store.process.send_signal(signal.SIGCONT)
    assert refused.returncode == 1
    assert "still runs after 0.2 s" in refused.stderr
