"""What commands say to people: hints that work, names that were meant, how far they are."""

from __future__ import annotations

import json
import os
import re
import socket
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command, load_command_class

from apps.accounts.models import User
from apps.records.models import Record
from apps.sandbox import served, store
from apps.sandbox.management.progress import on_terminal
from apps.simulation import recording
from hexostore import bundle, program
from hexostore.locks import Lock
from hexostore.suggestions import did_you_mean
from tests.archives.conftest import START, of_2021, saved, zipped
from tests.live import ROOT, Live

ANN = "ann@example.com"
LOGIN = "athlete@example.com"


@pytest.fixture
def ann(db: None) -> User:
    store.begin_store("catalogue", None, lambda _: None)
    return User.objects.create(username=ANN, email=ANN, first_name="Ann", last_name="Lee")


def answer(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_hints_name_the_server_of_this_store(live: Live) -> None:
    """And not the usual ports, on which another one may listen."""
    done = live.run("simulate", "--user", LOGIN, "--duration", "10s")
    assert f"curl -u {LOGIN} '{live.base}/api/data/" in done.stdout, done.stderr
    assert done.stderr == ""
    https = live.https.rpartition(":")[2]
    assert f"https://localhost:{https}/api/" in live.run("trust").stdout


def test_hints_in_a_sandbox_lead_to_it(live: Live) -> None:
    made = live.run("sandbox", "create", "hinted")
    assert made.returncode == 0, made.stderr
    done = live.run("simulate", "--sandbox", "hinted", "--user", LOGIN, "--duration", "10s")
    ((page,), (question,)) = (
        re.findall(pattern, done.stdout) for pattern in (r"browser: (\S+)", r"'(\S+/api/data/\S+)'")
    )
    assert page.startswith(f"{live.base}/~hinted/explore/record/")
    assert requests.get(page, timeout=30).status_code == 200
    assert requests.get(question, auth=(LOGIN, "athlete"), timeout=30).json() != []


def test_a_served_home_tells_its_addresses(live: Live) -> None:
    found = served.find_addresses(live.home)
    assert (f"http://{found.http}", f"https://{found.https}") == (live.base, live.https)


def test_a_home_that_nobody_serves_has_the_usual_ports(tmp_path: Path) -> None:
    usual = served.Addresses("127.0.0.1:8000", "127.0.0.1:8443")
    assert served.find_addresses(tmp_path / "nowhere") == usual
    lock = Lock(tmp_path / "serve.lock")
    assert lock.take()
    assert served.find_addresses(tmp_path) == usual, "this process listens nowhere"
    lock.release()
    assert served.find_addresses(tmp_path) == usual


def test_addresses_of_every_kind(tmp_path: Path) -> None:
    """Any address is reached by the loopback; the first port is that of http."""
    lock = Lock(tmp_path / "serve.lock")
    assert lock.take()
    with socket.create_server(("", 0)) as first, socket.socket(socket.AF_INET6) as second:
        second.bind(("::1", 0))
        second.listen()
        found = served.find_addresses(tmp_path)
        ports = first.getsockname()[1], second.getsockname()[1]
    lock.release()
    assert (found.http, found.https) == (f"127.0.0.1:{ports[0]}", f"[::1]:{ports[1]}")


def test_what_the_program_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(ROOT)
    assert program.program_name() == "./bin/hexostore"
    monkeypatch.chdir(tmp_path)
    assert program.program_name() == str(ROOT / "bin" / "hexostore")
    script = tmp_path / "bin" / "hexostore"
    script.parent.mkdir()
    script.touch(mode=0o755)
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(script.parent))
    assert program.program_name() == "hexostore"
    monkeypatch.setattr(bundle, "FOLDER", tmp_path / "elsewhere")
    monkeypatch.setenv("PATH", "/nowhere")
    assert program.program_name() == str(script)


def test_help_calls_it_so_too(home: Path) -> None:
    done = Live(home).run("user", "add", "--help")
    assert ".venv" not in done.stdout
    assert "bin/hexostore user add" in done.stdout


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sevre", "serve"),
        ("SERVE", "serve"),
        ("athelte@example.com", "athlete@example.com"),
        ("moonwalk", None),
        ("", None),
    ],
)
def test_what_was_meant(word: str, meant: str | None) -> None:
    known = ["serve", "doctor", "athlete@example.com"]
    assert did_you_mean(word, known) == (f" Did you mean {meant!r}?" if meant else "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "mark", "anm@example.com", "fail:rate"),
        ("key", "add", "--user", "anm@example.com"),
        ("simulate", "--user", "anm@example.com"),
    ],
)
@pytest.mark.usefixtures("ann")
def test_an_address_that_was_mistyped(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=rf"no user anm@.*\. Did you mean '{ANN}'\?"):
        answer(*arguments)


@pytest.mark.usefixtures("ann")
def test_an_address_in_other_letters() -> None:
    assert answer("user", "mark", "Ann@Example.com", "fail:rate").startswith(ANN)
    with pytest.raises(CommandError, match=r"failure 'fail:rat'; .* Did you mean 'fail:rate'\?"):
        answer("user", "mark", ANN, "fail:rat")


def test_user_list(ann: User) -> None:
    bob = User.objects.create(username="bob", email="bob@example.com", is_staff=True)
    answer("user", "mark", "bob@example.com", "fail:rate")
    assert answer("user", "list") == (
        f"{ann.pk} {ANN} Ann Lee\n{bob.pk} bob@example.com (staff) marked fail:rate\n"
    )
    found = json.loads(answer("user", "list", "--json"))
    assert [(each["email"], each["staff"], each["mark"]) for each in found] == [
        (ANN, False, ""), ("bob@example.com", True, "fail:rate"),
    ]  # fmt: skip


def test_names_do_nothing_to_the_terminal(ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(first_name="\x1b[31mAnn", last_name="\u202eLee")
    assert answer("user", "list") == f"{ann.pk} {ANN} \\x1b[31mAnn \\u202eLee\n"


def test_key_list_shows_marks(ann: User) -> None:
    key = json.loads(answer("key", "add", "--user", ANN, "--json"))["key"]
    answer("key", "mark", key, "fail:expired")
    assert answer("key", "list") == f"{key} apikey {ANN} marked fail:expired\n"


@pytest.mark.parametrize("arguments", [("simulate", "--user", ANN), ("load", "seed.json")])
def test_ctrl_c(
    ann: User, monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: tuple[str, ...]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recording, "store_record", interrupt)
    monkeypatch.setattr("apps.sandbox.seeds.load", interrupt)
    command = load_command_class("apps.sandbox", arguments[0])
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["hexostore", *arguments])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_progress_is_a_line_of_a_terminal(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with on_terminal() as say:
        say("one")
    assert capsys.readouterr().err == "", "nobody looks"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with on_terminal(quiet=True) as say:
        say("one")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((5, 1)))
    with on_terminal() as say:
        say("one")
        say("longer")
    assert capsys.readouterr().err == "\r\x1b[Kone\r\x1b[Klong\r\x1b[K"


def test_how_far_a_load_is(ann: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("apps.sandbox.management.progress._show_line", told.append)
    answer("load", str(saved(tmp_path, zipped(of_2021()))), "--user", ANN)
    assert told[0] == "reading record_221732/ECG_I.wav"
    assert told[-1] == "storing record_221732"


@pytest.mark.usefixtures("ann")
def test_the_truth_that_cannot_be_written_after_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full by then: the record is there, and the message says where its truth is."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    arguments = "simulate", "--user", ANN, "--duration", "10s", "--truth", str(tmp_path / "t")
    with pytest.raises(CommandError, match="No space left") as caught:
        answer(*arguments)
    assert f"/_sandbox/truth/{Record.objects.get().pk}/" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("README.md", b"# Read me", "README.md is neither a seed nor a download: a seed is a JSON"),
        ("notes", b"", "notes is neither a seed nor a download"),
        ("seed.json", b"x", "seed.json: is not valid JSON: Expecting value"),
        ("seed.txt", b' {"user": 1}', "user: a JSON object is expected"),
        ("info.json", b'{"request": "/api/data/?record=5"}', "is the info.json of a download"),
    ],
)
@pytest.mark.usefixtures("ann")
def test_what_is_read_is_said(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        answer("load", str(saved(tmp_path, content, name)))


@pytest.mark.usefixtures("ann")
def test_files_are_known_by_what_they_hold(tmp_path: Path) -> None:
    """A table called .txt, a zip called otherwise, and a seed called .txt."""
    events = b"time [s],RR_interval [s/256](/api/datatype/18/)\n0.5,180\n"
    table = saved(tmp_path, events, "RR_interval.txt")
    arguments = "--user", ANN, "--record-start"
    assert "RR_interval: 1" in answer("load", str(table), *arguments, str(START - 25600))
    packed = saved(tmp_path, zipped(of_2021()), "download")
    assert "record 221732" in answer("load", str(packed), "--user", ANN)
    seed = saved(tmp_path, b'\xef\xbb\xbf{"device": {"d": {"deviceid": "x"}}}', "seed.txt")
    assert answer("load", str(seed)) == "device: 1\n"


@pytest.mark.usefixtures("ann")
def test_what_became_of_the_rows_of_a_seed(tmp_path: Path) -> None:
    rows: dict[str, dict[str, object]] = {"a": {"deviceid": "a"}, "b": {"deviceid": "b"}}
    file = tmp_path / "seed.json"

    def loaded(*options: str) -> str:
        file.write_text(json.dumps({"device": rows}))
        return answer("load", str(file), *options)

    assert loaded() == "device: 2\n"
    rows["a"]["serial"] = 7
    rows["c"] = {"deviceid": "c"}
    assert loaded("--replace") == "device: 3, 1 new, 1 changed, 1 as it was\n"


def test_what_a_file_says_does_not_reach_the_terminal_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command: Any = load_command_class("apps.sandbox", "load")
    with pytest.raises(SystemExit, match="1"):
        command._end_program(
            CommandError("a.edf: is not an EDF file: samples of \x1b[2J\u0085\x07µ\nand more")
        )
    told = "error: a.edf: is not an EDF file: samples of \\x1b[2J\\x85\\x07µ\nand more\n"
    assert capsys.readouterr().err == told


def test_nor_do_the_titles_of_a_table(ann: User, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    titles = "time [s/256],heart_rate [bpm](/api/datatype/19/),\x1b]0;mine\x07"
    file.write_text(f"{titles}\n{START},70,1\n{START + 256},71,2\n")
    said = answer("load", str(file), "--user", ANN)
    assert "\\x1b]0;mine\\x07" in said
    assert "\x1b" not in said
