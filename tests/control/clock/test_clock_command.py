"""`hexostore clock`, and commands that are told the time of their sandbox."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hexostore.hexotime import from_datetime
from tests.control.clock.clocked import LOGIN, NEW_YEAR, Clocked, moment_of
from tests.live import Live
from tests.sandbox.test_simulate import until


def run(clocked: Clocked, *arguments: str) -> dict[str, Any]:
    """Run a subcommand on the clock of a sandbox and return its JSON."""
    done = clocked.served.run("clock", *arguments, "--sandbox", clocked.name, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_commands_and_requests_move_the_same_clock(clocked: Clocked) -> None:
    assert run(clocked, "show")["state"] == "system"
    assert run(clocked, "freeze", "--at", "2031-01-01") == clocked.shown()
    assert moment_of(run(clocked, "set", "2031-01-02")["now"]) == NEW_YEAR + timedelta(days=1)
    done = run(clocked, "advance", "3600")
    assert (done["finished"], done["clock"]) == (True, clocked.shown())
    to = NEW_YEAR + timedelta(days=2)
    assert moment_of(run(clocked, "advance", "--to", to.isoformat())["clock"]["now"]) == to
    assert run(clocked, "freeze") == clocked.shown()
    assert run(clocked, "speed", "60")["state"] == clocked.shown()["state"] == "running"
    assert run(clocked, "reset")["state"] == clocked.shown()["state"] == "system"


def test_people_get_lines(clocked: Clocked) -> None:
    clocked.freeze()
    done = clocked.served.run("clock", "advance", "60", "--sandbox", clocked.name)
    first, *ran = done.stdout.splitlines()
    assert first == f"2031-01-01T00:01:00+00:00  {clocked.name}, frozen"
    assert "2031-01-01T00:01:00+00:00  purge: done" in ran


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["freeze", "--at", "soon"], 2, "--at: 'soon' is not an ISO time"),
        (["set", "soon"], 2, "TO: 'soon' is not an ISO time"),
        (["set", "3000-01-01"], 1, "A clock can show 1970-01-02 to 2999-12-31"),
        (["speed", "0"], 2, "must be more than 0"),
        (["speed", "nan"], 2, "must be more than 0"),
        (["speed", "1e9"], 1, "The speed of a clock can be 0 to 100000"),
        (["advance"], 2, "give either this or the seconds"),
        (["advance", "1", "--to", "2031-01-01"], 2, "give either this or the seconds"),
        (["advance", "nan"], 1, "seconds must be a number of seconds, at least 0"),
        (["advance", "--to", "2001-01-01"], 1, "never puts it back"),
        (["advance", "--to", "soon"], 1, "to must be an ISO time"),
        (["show", "--sandbox", "nowhere"], 1, "There is no sandbox 'nowhere'."),
    ],
)
def test_what_is_wrong_is_one_line(
    served: Live, arguments: list[str], code: int, text: str
) -> None:
    done = served.run("clock", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert text in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_simulated_record_ends_now_by_the_clock_of_the_sandbox(clocked: Clocked) -> None:
    clocked.freeze()
    options = "--user", LOGIN[0], "--duration", "60s", "--sandbox", clocked.name, "--json"
    done = clocked.served.run("simulate", *options)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["end"] == from_datetime(NEW_YEAR)
    assert clocked.get(record["resource_uri"]).json()["start_date"].startswith("2030-12-31T23:59")


@pytest.fixture
def growing(clocked: Clocked) -> Iterator[tuple[Clocked, str]]:
    """A sandbox with a frozen clock, and the URI of a record of an hour that grows in it."""
    clocked.freeze()
    options = "--user", LOGIN[0], "--duration", "1h", "--live", "--json"
    process = clocked.served.popen("simulate", *options, "--sandbox", clocked.name)
    assert process.stdout is not None
    yield clocked, json.loads(process.stdout.readline())["resource_uri"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 0


def test_a_live_record_grows_by_the_clock_of_the_sandbox(growing: tuple[Clocked, str]) -> None:
    clocked, uri = growing
    start = from_datetime(NEW_YEAR)

    def seconds() -> int:
        found: dict[str, int] = clocked.get(uri).json()
        assert found["start"] == start
        return (found["end"] - start) // 256

    clocked.advance(60)
    until(lambda: 40 <= seconds() <= 60)
    clocked.advance(600)
    until(lambda: 640 <= seconds() <= 660)
