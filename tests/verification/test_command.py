"""`hexostore verify`: what it prints, its exit status, and what it does not tell."""

from __future__ import annotations

import io
import json
import resource
from pathlib import Path

import pytest
from django.core.management import load_command_class

from apps.sandbox.management.commands.verify import NOT_ASKED
from apps.verification.places import is_same_server, parse_place
from hexostore.cli import FAILED, USAGE
from tests.live import Live, free_port
from tests.verification.damaged import damaged_server
from tests.verification.damages import DAMAGES

LOGIN = ("--login", "athlete@example.com", "--password", "athlete")
NOWHERE = "http://127.0.0.1:9"


class Told:
    """The exit status of a command, and what it printed."""

    def __init__(self, printed: pytest.CaptureFixture[str], *arguments: str) -> None:
        command = load_command_class("apps.sandbox", "verify")
        self.status = 0
        try:
            command.run_from_argv(["hexostore", "verify", *arguments])
        except SystemExit as end:
            self.status = int(end.code or 0)
        self.out, self.err = printed.readouterr()


def test_a_report_by_rule(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, live.base, *LOGIN, "--rule", "T12", "--rule", "T13")
    lines = told.out.splitlines()
    assert told.status == 0, told.err
    assert lines[0].startswith("equal     /api/ has the paths of list and schema of each resource")
    assert lines[0].endswith("[T12; wire trap 3; wire row 10]")
    assert "2 checks, 2 equal, 0 different, 0 skipped" in lines[-1]


def test_differences(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    with damaged_server(live.base) as server:
        server.damage = DAMAGES["last-limit-counts"]
        told = Told(capsys, server.base, *LOGIN, "--rule", "T49")
        assert told.status == FAILED
        assert told.out.splitlines()[:4] == [
            "DIFFERENT Of several limits the last one counts (1) [T49]",
            "  limit: expected 3",
            "    seen 7",
            f"    curl -s -i -u \"$LOGIN\" '{server.base}/api/user/?limit=7&limit=3'",
        ]
        assert told.out.splitlines()[-1] == "Rules with differences: T49"
        as_json = Told(capsys, server.base, *LOGIN, "--rule", "T49", "--json")
    facts = json.loads(as_json.out)
    assert as_json.status == FAILED
    assert facts["counts"] == {"equal": 0, "different": 1, "skipped": 0}
    assert facts["rules"] == {"T49": "different"}
    (check,) = facts["checks"]
    assert (check["state"], check["compared"]) == ("different", 1)
    assert (check["differences"][0]["expected"], check["differences"][0]["seen"]) == ("3", "7")


def test_what_is_skipped_is_told(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, live.base, *LOGIN, "--rule", "wire row 33")
    assert "skipped   A wrong signature is a 401 with a text that clients know" in told.out
    assert "\n  only with --key\n" in told.out
    told = Told(capsys, live.base, *LOGIN, "--rule", "T38", "--requests", "40")
    assert told.status == 0
    assert "the limit of 40 requests was reached" in told.out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("nowhere", *LOGIN), "no URL that begins with https"),
        ((NOWHERE,), "A login is needed"),
        ((NOWHERE, "--login", "mia"), "--login and --password go together"),
        ((NOWHERE, "--password", "x"), "--login and --password go together"),
        ((NOWHERE, *LOGIN, "--token", "x"), "--token goes without"),
        ((NOWHERE, "--key", "no-secret"), "KEY:SECRET"),
        ((NOWHERE, *LOGIN, "--rule", "nonsense"), "No check is of the rule 'nonsense'"),
        ((NOWHERE, *LOGIN, "--scrub", "note"), "--scrub goes with --record"),
        ((NOWHERE, *LOGIN, "--ca", "/nowhere.pem"), "no certificate can be read"),
        ((NOWHERE, *LOGIN, "--timeout", "0"), "--timeout"),
        ((NOWHERE, *LOGIN, "--delay", "-1"), "--delay"),
        ((NOWHERE, *LOGIN, "--record", "/"), "is a folder"),
        ((NOWHERE, "--token", "hidden\r"), "--token has a character that no header can have"),
        ((NOWHERE, "--key", "hidden\u20ac:x"), "--key has a character that no header can have"),
        ((NOWHERE, *LOGIN, "--record", "/no/where.json"), "There is no folder"),
        ((), "base_url"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told(capsys, *arguments)
    assert told.status == USAGE
    assert "hidden" not in told.err
    assert error in told.err
    assert told.err.count("\n") == 1


def test_a_server_that_cannot_be_asked(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, f"http://127.0.0.1:{free_port()}", *LOGIN)
    assert (told.status, told.out) == (NOT_ASKED, "")
    assert told.err.startswith("error: No answer from http://127.0.0.1:")
    told = Told(capsys, live.base, "--login", "athlete@example.com", "--password", "geheim")
    assert (told.status, told.out) == (NOT_ASKED, "")
    assert told.err.startswith("error: The login was refused with 401")
    assert "geheim" not in told.err


def test_secrets_come_from_variables_or_standard_input(
    live: Live, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = (live.base, "--rule", "T49")
    monkeypatch.setattr("sys.stdin", io.StringIO("athlete\n"))
    assert Told(capsys, *some, "--login", LOGIN[1], "--password-stdin").status == 0
    monkeypatch.setenv("HEXOSTORE_VERIFY_PASSWORD", "athlete")
    assert Told(capsys, *some, "--login", LOGIN[1]).status == 0
    key = f"{live.facts['key']}:{live.facts['secret']}"
    monkeypatch.setenv("HEXOSTORE_VERIFY_KEY", key)
    assert Told(capsys, *some, "--login", LOGIN[1]).status == 0
    monkeypatch.setenv("HEXOSTORE_VERIFY_KEY", f"{key}x")
    assert Told(capsys, *some, "--login", LOGIN[1]).status == NOT_ASKED
    monkeypatch.delenv("HEXOSTORE_VERIFY_KEY")
    monkeypatch.delenv("HEXOSTORE_VERIFY_PASSWORD")
    monkeypatch.setenv("HEXOSTORE_VERIFY_TOKEN", "unknown")
    assert Told(capsys, *some).status == NOT_ASKED


def test_a_sandbox_and_https(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    made = live.run("sandbox", "create", "verified")
    assert made.returncode == 0, made.stderr
    try:
        told = Told(capsys, f"{live.https}/~verified/", *LOGIN, "--ca", str(live.ca))
    finally:
        live.run("sandbox", "delete", "verified")
    assert told.status == 0, told.out
    assert f"{live.https}/~verified: " in told.out
    assert Told(capsys, live.https, *LOGIN).status == NOT_ASKED
    assert Told(capsys, live.https, *LOGIN, "--insecure", "--rule", "T49").status == 0


def test_recording(live: Live, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    some = (live.base, *LOGIN, "--rule", "T49", "--record", str(file))
    told = Told(capsys, *some, "--scrub", "firmware_rev")
    assert told.status == 0, told.err
    seed = json.loads(file.read_text())
    assert f"{file}: {sum(map(len, seed.values()))} rows" in told.err
    assert "left out: " in told.err
    versions = {row["firmware_rev"] for row in seed["record"].values()}
    assert "record firmware_rev 1" in versions
    assert all(each.startswith("record firmware_rev ") for each in versions)


def test_a_recording_that_finds_no_room_costs_nothing_else(
    live: Live, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "recorded.json"
    file.write_text("what was there")
    some = (live.base, *LOGIN, "--rule", "T49", "--record", str(file))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        told = Told(capsys, *some)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.status == FAILED
    assert "equal     Of several limits" in told.out
    assert f"{file}: File too large" in told.err
    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(file, "what was there")]


def test_a_recording_goes_to_a_link_or_a_pipe(
    live: Live, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    some = (live.base, *LOGIN, "--rule", "T49", "--record")
    assert Told(capsys, *some, str(link)).status == 0
    assert link.is_symlink()
    recorded = json.loads((tmp_path / "real.json").read_text())
    piped = live.run("verify", *some, "/dev/stdout").stdout
    assert json.loads(piped[piped.index("{\n") :]).keys() == recorded.keys()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.b/", "http://a.b/x", True),
        ("http://a.b/", "https://a.b/", True),
        ("https://a.b/", "http://a.b/", False),
        ("http://a.b:8000/", "https://a.b:8443/", False),
        ("http://a.b/", "https://c.b/", False),
        ("https://a.b/", "https://a.b:444/", False),
    ],
)
def test_where_a_redirect_may_lead(one: str, other: str, same: bool) -> None:
    assert is_same_server(parse_place(one), parse_place(other)) == same
