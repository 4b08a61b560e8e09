"""`hexostore simulate`: what it makes and says, what it refuses, and a live record."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.records.models import Record
from apps.sandbox import simulations, store
from apps.sandbox.management.commands import simulate
from apps.simulation import profiles, recording
from apps.simulation.live import Live as Growing
from apps.simulation.models import Truth
from apps.simulation.people import make_person
from apps.simulation.profiles import Person
from apps.simulation.simulator import Simulation
from hexostore import clock, hexotime
from tests.live import Live

ANN = "ann@example.com"
LOGIN = "athlete@example.com", "athlete"
START = 359_840_000_000


@pytest.fixture
def ann(db: None) -> User:
    """A user of a store with the catalogue."""
    store.begin_store("catalogue", None, lambda _: None)
    return User.objects.create(username=ANN, email=ANN)


def answer(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def made(*arguments: str) -> Any:
    return json.loads(answer("--user", ANN, "--json", *arguments))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("24h", 86_400), ("1h30m", 5400), ("1h1m1s", 3661), ("0s", 0)],
)
def test_durations(text: str, seconds: int) -> None:
    assert simulations.seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "m", "1.5h", "-1m", "30m1h", "1h 30m", "٣s", "1d", "9999999s"]
)
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration like"):
        simulations.seconds_of(text)


@pytest.mark.usefixtures("ann")
def test_what_it_answers_to_programs() -> None:
    facts = made("--start", "2014-07-17T19:38:06", "--duration", "1m", "--seed", "3")
    record = Record.objects.get()
    start = int(hexotime.from_datetime(hexotime.from_iso("2014-07-17T19:38:06")))
    assert facts == {
        "id": record.pk,
        "resource_uri": f"/api/record/{record.pk}/",
        "user": ANN,
        "status": "complete",
        "start": start,
        "start_date": "2014-07-17T19:38:06+00:00",
        "end": start + 60 * 256,
        "profile": "rest_test",
        "seed": 3,
        "datatypes": sorted(record.channels.values_list("datatype_id", flat=True)),
        "truth": f"/_sandbox/truth/{record.pk}/",
    }
    assert (record.status, record.start, record.end) == ("complete", start, facts["end"])
    assert {19, 4113, 4129, 4145} <= {*facts["datatypes"]}


@pytest.mark.usefixtures("ann")
def test_what_it_tells_people() -> None:
    text = answer("--user", ANN, "--start", "2014-07-17T19:38:06Z", "--duration", "1m")
    record = Record.objects.get()
    for part in (
        f"record    {record.pk}, complete: rest_test, seed 1",
        f"/api/record/{record.pk}/",
        "from      2014-07-17T19:38:06+00:00",
        "to        2014-07-17T19:39:06+00:00, 0:01:00",
        f"curl -u {ANN} 'http://127.0.0.1:8000/api/data/?record={record.pk}&datatype=19",
        f"/_sandbox/truth/{record.pk}/",
        f"http://127.0.0.1:8000/explore/record/{record.pk}/",
    ):
        assert part in text


@pytest.mark.usefixtures("ann")
def test_left_to_itself_it_ends_now_and_takes_as_long_as_the_profile() -> None:
    before = clock.ticks()
    facts = made()
    seconds = profiles.read_profile("rest_test").minutes * 60
    assert facts["end"] - facts["start"] == seconds * 256
    assert before <= facts["end"] <= clock.ticks()


@pytest.mark.usefixtures("ann")
def test_the_truth_goes_to_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    made("--duration", "20s", "--truth", str(file))
    assert json.loads(file.read_text()) == Truth.objects.get().document


def test_the_profiles_are_listed(db: None) -> None:
    listed = json.loads(answer("--list", "--json"))
    assert [each["name"] for each in listed] == profiles.profile_names()
    assert len(listed) >= 8
    text = answer("--list")
    assert all(each["name"] in text and each["info"] in text for each in listed)


def test_a_wrong_profile_is_one_line_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.json").write_text('{"title": "Mine"}')
    monkeypatch.setattr(profiles, "profile_folder", lambda: tmp_path)
    with pytest.raises(CommandError, match=r"^mine: .* required field `info`") as caught:
        answer("--list")
    assert "\n" not in str(caught.value)


def test_the_schema_of_profiles_is_printed(db: None) -> None:
    schema = json.loads(answer("--schema"))
    assert schema == json.loads(json.dumps(profiles.profile_schema()))
    assert {"person", "plan"} <= set(schema["required"])


FAILURES = "There is no user", "There is no record", r"Did you mean 'ann"
"""What is said of calls that are right and can still not be done."""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--user"),
        (["--user", "nobody@example.com"], "There is no user nobody@"),
        (["--user", ANN, "--profile", "moonwalk"], r"no profile 'moonwalk'.* Choose from "),
        (["--user", ANN, "--profile", "../catalog/unit"], "--profile: ../catalog/unit: No such"),
        (
            ["--user", ANN, "--start", "yesterday"],
            "--start: 'yesterday' is not an ISO time such as 2",
        ),
        (["--user", ANN, "--start", "2026-13-45"], "--start: '2026-13-45' is not an ISO time"),
        (["--user", "anne@example.com"], r"Did you mean 'ann@example\.com'\?"),
        (["--user", ANN, "--profile", "wlak"], r"Did you mean 'walk'\?"),
        (["--user", ANN, "--start", "9999-12-31T23:59:59"], "between 1970 and 2999"),
        (["--user", ANN, "--start", "1969-12-31T23:59:59"], "between 1970 and 2999"),
        (["--user", ANN, "--duration", "soon"], r"--duration: .* is not a duration like 90s"),
        (["--user", ANN, "--duration", "9s"], r"--duration: .*10 to"),
        (["--user", ANN, "--duration", "49h"], "at most 48 hours"),
        (["--user", ANN, "--live", "--start", "2014-07-17T19:38:06"], "omit --start"),
        (["--finish", "1"], "There is no record 1"),
        (
            ["--user", ANN, "--duration", "10s", "--truth", "/nowhere/at/all.json"],
            r"--truth: .* there is no folder",
        ),
        (["--user", ANN, "--truth", "/"], "--truth: /: is a folder"),
    ],
)
@pytest.mark.usefixtures("ann")
def test_what_it_refuses(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        answer(*arguments)
    assert "\n" not in str(caught.value)
    assert caught.value.returncode == (1 if message.startswith(FAILURES) else 2)
    assert not Record.objects.exists()


@pytest.mark.usefixtures("db")
def test_without_a_store_there_is_nobody() -> None:
    with pytest.raises(CommandError, match="no store"):
        answer("--user", ANN)


def test_a_store_without_catalogue_is_told(db: None) -> None:
    store.begin_store("empty", None, lambda _: None)
    User.objects.create(username=ANN, email=ANN)
    with pytest.raises(CommandError, match="does not know the datatype"):
        answer("--user", ANN)
    assert not Record.objects.exists()


@pytest.mark.parametrize("seed", ["-1", "x", str(2**63)])
def test_seeds_that_are_none(seed: str, home: Path) -> None:
    done = Live(home).run("simulate", "--user", ANN, "--seed", seed)
    assert done.returncode == 2
    assert "--seed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_live_record_that_was_cut_off(ann: User) -> None:
    simulation = Simulation(profiles.read_profile("walk"), 2, START, 60)
    growing = Growing(recording.begin_record(ann, simulation, "realtime"), simulation)
    growing.store_arrived(START + 40 * 256)
    facts = json.loads(answer("--finish", str(growing.record.pk), "--json"))
    assert (facts["status"], facts["end"]) == ("complete", START + growing.seconds * 256)
    assert 4113 in facts["datatypes"]
    with pytest.raises(CommandError, match="still growing"):
        answer("--finish", str(growing.record.pk))


def test_what_a_live_record_tells_people(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting: it is taken off after twelve seconds."""
    monkeypatch.setattr("apps.simulation.live.grow_record", lambda *_: 12)
    usual = signal.getsignal(signal.SIGTERM)
    begun, _, ended = answer("--user", ANN, "--live").partition("record    ")
    record = Record.objects.get()
    assert f"record {record.pk} is being recorded; Ctrl-C ends it." in begun
    assert f"hexostore simulate --finish {record.pk}" in begun
    assert "0:00:12" in ended
    assert signal.getsignal(signal.SIGTERM) == usual


def test_a_database_that_goes_away_is_one_line(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise psycopg.OperationalError("the connection is lost\nthe server is gone")

    monkeypatch.setattr(recording, "write_channels", lost)
    with pytest.raises(
        CommandError, match=r"The connection to the database was lost: the connection is lost$"
    ):
        answer("--user", ANN)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_a_live_record(signum: signal.Signals) -> None:
    usual = signal.getsignal(signum)
    with simulate._stopped_by_signals() as stop:
        assert not stop.wait(0)
        signal.raise_signal(signum)
        assert stop.wait(0)
    assert signal.getsignal(signum) == usual


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Asks again and again until the answer is true; AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come true in time")


def test_live_beside_a_served_store(live: Live) -> None:
    """A real one: clients see it grow, SIGTERM ends it, and then everything is there."""
    process = live.popen("simulate", "--user", LOGIN[0], "--live", "--duration", "1h", "--json")
    assert process.stdout is not None
    begun = json.loads(process.stdout.readline())
    assert (begun["status"], begun["datatypes"]) == ("realtime", [])
    assert begun["end"] == begun["start"]  # published clients calculate with it
    uri = live.base + begun["resource_uri"]
    try:
        _seen_to_grow(live, process, begun)
    finally:
        process.kill()
        assert requests.delete(uri, auth=LOGIN, timeout=10).status_code == 204


def test_a_killed_one_is_finished_with_the_same_person(live: Live) -> None:
    who = ("--age", "12", "--sex", "M", "--fitness", "2")
    process = live.popen("simulate", "--user", LOGIN[0], "--live", *who, "--json")
    assert process.stdout is not None
    begun = json.loads(process.stdout.readline())
    process.kill()
    process.wait(60)
    try:
        done = until(lambda: _finished(live, begun["id"]))
        truth = requests.get(live.base + done["truth"], auth=LOGIN, timeout=10).json()
        assert Person(**truth["person"]) == make_person("M", 12, 2)
    finally:
        uri = live.base + begun["resource_uri"]
        assert requests.delete(uri, auth=LOGIN, timeout=10).status_code == 204


def _finished(live: Live, number: int) -> Any:
    """What finishing says, or nothing while the database still has the killed one's lock."""
    done = live.run("simulate", "--finish", str(number), "--json")
    assert done.returncode == 0 or "another process" in done.stderr
    return json.loads(done.stdout) if done.returncode == 0 else None


def _seen_to_grow(live: Live, process: subprocess.Popen[str], begun: Any) -> None:
    uri = live.base + begun["resource_uri"]
    assert process.stdout is not None

    def record() -> Any:
        return requests.get(uri, auth=LOGIN, timeout=10).json()

    def rates() -> Any:
        url = f"{live.base}/api/data/?record={begun['id']}&datatype=19&flat=1"
        return requests.get(url, auth=LOGIN, timeout=10).json()

    until(rates)
    growing = record()
    assert growing["status"] == "realtime"
    assert set(growing["data_status"].values()) == {"pending"}
    process.send_signal(signal.SIGTERM)
    ended = json.loads(process.stdout.readline())
    assert process.wait(60) == 0, live.log()
    assert (ended["status"], record()["status"]) == ("complete", "complete")
    assert record()["data_status"] == {}
    assert len(rates()) == (ended["end"] - ended["start"]) // 256
    truth = requests.get(live.base + ended["truth"], auth=LOGIN, timeout=10).json()
    assert truth["seconds"] == len(rates())
