"""The clock of a sandbox over HTTP: showing, setting, stopping, running, and all that is wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from hexostore import clock
from hexostore.hexotime import from_datetime
from tests.control.clock.clocked import CONTROL, NEW_YEAR, Clocked, moment_of
from tests.live import Live

LATER = NEW_YEAR + timedelta(days=1)


def test_a_sandbox_has_the_time_of_the_system_at_first(clocked: Clocked) -> None:
    before = clock.now()
    shown = clocked.shown()
    assert before <= moment_of(shown["now"]) <= clock.now()
    told = {key: shown[key] for key in ("sandbox", "state", "speed")}
    assert told == {"sandbox": clocked.name, "state": "system", "speed": 1.0}


def test_a_frozen_clock_shows_the_same_to_all_workers(clocked: Clocked) -> None:
    clocked.freeze()
    expected = {
        "sandbox": clocked.name,
        "now": "2031-01-01T00:00:00+00:00",
        "timestamp": from_datetime(NEW_YEAR),
        "state": "frozen",
        "speed": 0.0,
    }
    assert [clocked.shown() for _ in range(20)] == [expected] * 20
    dates = {clocked.get("/api/user/").headers["Date"] for _ in range(20)}
    assert dates == {"Wed, 01 Jan 2031 00:00:00 GMT"}


def test_other_sandboxes_keep_their_time(clocked: Clocked, served: Live) -> None:
    clocked.freeze()
    for path in ("/_sandbox/clock", "/_sandbox/sandboxes/main/clock"):
        shown = requests.get(f"{served.base}{path}", timeout=60).json()
        assert (shown["sandbox"], shown["state"]) == ("main", "system")
    answer = requests.get(f"{served.base}/api/", timeout=60)
    assert parsedate_to_datetime(answer.headers["Date"]) < NEW_YEAR


def test_a_clock_is_reached_by_the_name_of_its_sandbox_too(clocked: Clocked) -> None:
    clocked.freeze()
    url = f"{clocked.served.base}/_sandbox/sandboxes/{clocked.name}/clock"
    assert requests.get(url, timeout=60).json() == clocked.shown()
    named = {**CONTROL, "X-HexoStore-Sandbox": clocked.name}
    url = f"{clocked.served.base}/_sandbox/clock"
    done = requests.patch(url, json={"now": LATER.isoformat()}, headers=named, timeout=60)
    assert done.json()["now"] == clocked.shown()["now"] == LATER.isoformat()


def test_a_set_clock_runs_on_from_there(clocked: Clocked) -> None:
    shown = clocked.shown("PATCH", now=NEW_YEAR.isoformat())
    assert (shown["state"], shown["speed"]) == ("running", 1.0)
    assert NEW_YEAR <= moment_of(shown["now"]) < moment_of(clocked.shown()["now"]) < LATER


def test_a_clock_runs_at_another_speed_from_what_it_shows(clocked: Clocked) -> None:
    clocked.freeze()
    before = clock.now()
    shown = clocked.shown("PATCH", speed=1000)
    assert (shown["state"], shown["speed"]) == ("running", 1000.0)
    first, second = (moment_of(clocked.shown()["now"]) for _ in range(2))
    assert NEW_YEAR < first < second <= NEW_YEAR + 1000 * (clock.now() - before)


def test_a_clock_that_is_stopped_keeps_what_it_shows(clocked: Clocked) -> None:
    clocked.shown("PATCH", now=NEW_YEAR.isoformat(), speed=1000)
    stopped = clocked.shown("PATCH", frozen=True)
    assert clocked.shown() == stopped
    assert moment_of(stopped["now"]) > NEW_YEAR
    going = clocked.shown("PATCH", frozen=False)
    assert (going["state"], going["speed"]) == ("running", 1.0)
    assert moment_of(going["now"]) >= moment_of(stopped["now"])


def test_only_setting_puts_a_clock_back(clocked: Clocked) -> None:
    clocked.freeze(LATER)
    refused = clocked.clock("POST", "/advance", to=NEW_YEAR.isoformat())
    assert refused.status_code == 400
    assert "never puts it back" in refused.json()["error"]
    assert moment_of(clocked.shown()["now"]) == LATER
    assert clocked.shown("PATCH", now=NEW_YEAR.isoformat())["state"] == "frozen"
    assert moment_of(clocked.shown()["now"]) == NEW_YEAR


def test_a_moment_may_be_in_ticks(clocked: Clocked) -> None:
    shown = clocked.shown("PATCH", now=from_datetime(NEW_YEAR), frozen=True)
    assert moment_of(shown["now"]) == NEW_YEAR
    clocked.shown("POST", "/advance", to=from_datetime(LATER))
    assert moment_of(clocked.shown()["now"]) == LATER


def test_deleting_the_clock_brings_back_that_of_the_system(clocked: Clocked) -> None:
    clocked.freeze()
    assert clocked.shown("DELETE")["state"] == "system"
    assert moment_of(clocked.shown()["now"]) < NEW_YEAR


def of_sandbox(clocked: Clocked, operation: str, **body: str) -> None:
    url = f"{clocked.served.base}/_sandbox/sandboxes/{clocked.name}/{operation}"
    answer = requests.post(url, json=body, headers=CONTROL, timeout=120)
    assert answer.status_code in {200, 201}, answer.text


def test_a_reset_brings_back_the_clock_of_the_system(clocked: Clocked) -> None:
    clocked.freeze()
    of_sandbox(clocked, "reset")
    assert clocked.shown()["state"] == "system"


def test_a_snapshot_keeps_what_the_clock_shows(clocked: Clocked) -> None:
    clocked.freeze()
    of_sandbox(clocked, "snapshots", name="one")
    clocked.freeze(LATER)
    of_sandbox(clocked, "snapshots", name="two")
    of_sandbox(clocked, "restore", snapshot="one")
    assert moment_of(clocked.shown()["now"]) == NEW_YEAR
    of_sandbox(clocked, "restore", snapshot="two")
    assert moment_of(clocked.shown()["now"]) == LATER


def test_a_restored_clock_runs_on_from_what_it_showed(clocked: Clocked) -> None:
    clocked.shown("PATCH", now=NEW_YEAR.isoformat())
    of_sandbox(clocked, "snapshots", name="one")
    clocked.shown("PATCH", now=(LATER + timedelta(days=99)).isoformat())
    of_sandbox(clocked, "restore", snapshot="one")
    assert NEW_YEAR < moment_of(clocked.shown()["now"]) < LATER
    assert clocked.shown()["state"] == "running"


def test_a_snapshot_by_the_clock_of_the_system_restores_it(clocked: Clocked) -> None:
    of_sandbox(clocked, "snapshots", name="one")
    clocked.freeze()
    of_sandbox(clocked, "restore", snapshot="one")
    assert clocked.shown()["state"] == "system"


def test_a_fork_has_the_time_of_its_source(clocked: Clocked) -> None:
    clocked.freeze()
    fork = Clocked(clocked.served, f"{clocked.name}-fork")
    of_sandbox(clocked, "fork", name=fork.name)
    assert fork.shown() == {**clocked.shown(), "sandbox": fork.name}
    fork.freeze(LATER)
    assert moment_of(clocked.shown()["now"]) == NEW_YEAR
    of_sandbox(fork, "reset")
    assert fork.shown()["state"] == "system"


BIG = "1" + "0" * 400
TIMES = [
    '"x"', '"\\ud800"', "true", "[]", "{}", "1e5", BIG, "4611686018427387904", "-5", '""',
    '"10000-01-01"', '"9999-12-31T23:59:59-10:00"', '"0001-01-01T00:00:00+14:00"', '"1969-01-01"',
    '"3000-01-01"',
]  # fmt: skip
CHANGES = [
    *(f'{{"now": {text}}}' for text in TIMES),
    *(f'{{"speed": {text}}}' for text in ["0", "-1", "NaN", "Infinity", "1e308", '"2"', BIG]),
    *(f'{{"frozen": {text}}}' for text in ["1", '"yes"', "[]"]),
    '{"frozen": true, "speed": 2}', "{}", '{"now": null}', "[]", "x", '{"then": 1}',
]  # fmt: skip
ADVANCES = [
    *(f'{{"to": {text}}}' for text in TIMES),
    *(f'{{"seconds": {text}}}' for text in ["-1", "NaN", "Infinity", "1e308", "1e14", "1e12"]),
    *(f'{{"seconds": {text}}}' for text in ["true", '"60"', "[]", BIG]),
    '{"to": 1, "seconds": 1}', "{}", "[]", "x",
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        *(("PATCH", "", body) for body in CHANGES),
        *(("POST", "/advance", body) for body in ADVANCES),
    ],
)
def test_what_is_wrong_changes_nothing(served: Live, method: str, path: str, body: str) -> None:
    url = f"{served.base}/_sandbox/clock{path}"
    answer = requests.request(method, url, data=body, headers=CONTROL, timeout=60)
    assert (answer.status_code, list(answer.json())) == (400, ["error"]), answer.text
    assert json.loads(requests.get(url.removesuffix(path), timeout=60).text)["state"] == "system"


@pytest.mark.parametrize("path", ["/clock", "/clock/advance"])
def test_an_unknown_sandbox_has_no_clock(served: Live, path: str) -> None:
    method, body = ("POST", {"seconds": 1}) if "advance" in path else ("PATCH", {"frozen": True})
    for url in (f"/~nobody/_sandbox{path}", f"/_sandbox/sandboxes/nobody{path}"):
        answer = requests.request(
            method, f"{served.base}{url}", json=body, headers=CONTROL, timeout=60
        )
        assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_a_change_needs_the_header_of_the_control_plane(clocked: Clocked) -> None:
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/advance")):
        answer = clocked.ask(method, f"/_sandbox/clock{path}", json={"frozen": True})
        assert answer.status_code == 403
    assert clocked.shown()["state"] == "system"
