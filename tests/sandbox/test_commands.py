"""The command line: help, exit codes, answers for programs."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.credentials import scopes
from apps.credentials.models import Client, ForcedFailure, Realm
from apps.sandbox import diagnosis, store
from hexostore import cli
from tests.live import Live


@pytest.fixture
def begun(db: None) -> None:
    """A store without rows."""
    store.begin_store("empty", None, lambda _: None)


def answer(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_help_lists_our_commands_with_what_they_do() -> None:
    text = cli.commands_overview()
    for name in ("serve", "load", "user", "key", "doctor"):
        assert f"\n  {name} " in text
    assert "migrate" in text


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--help"], 0, "usage: hexostore COMMAND"),
        (["serve", "--help"], 0, "--redirect-http"),
        (["frobnicate"], 2, "error: There is no command 'frobnicate'. See "),
        (["serve", "--port", "http"], 2, "not a valid int"),
        (["load", "seed.json"], 1, "Create one with: hexostore serve"),
    ],
)
def test_exit_codes(home: Path, arguments: list[str], code: int, text: str) -> None:
    done = Live(home).run(*arguments)
    require_outcome(done.returncode, done.stdout, done.stderr, code, text)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 0, "usage: hexostore COMMAND"),
        (["version"], 0, "."),
        (["sevre"], 2, "error: There is no command 'sevre'. Did you mean 'serve'?"),
        (["user", "--help"], 0, "Add and list users who can log in"),
        (["key", "--help"], 0, "Add, list and revoke keys"),
        (["serve", "--empty", "--no-demo"], 2, "exclude each other"),
        (["user", "add", "--password", "x"], 2, "--email"),
        (["load"], 2, "'file'"),
    ],
)
def test_outcomes_of_the_main_program(
    arguments: list[str],
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In this process: what ends one is in the test above."""
    monkeypatch.setattr(sys, "argv", ["hexostore", *arguments])
    monkeypatch.setenv("TYPER_USE_RICH", "0")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    require_outcome(ended.value.code, printed.out, printed.err, code, text)


def require_outcome(found: object, out: str, err: str, code: int, text: str) -> None:
    """Have a command end with a code, and say a text on the right stream and in the right form."""
    assert found == code, err
    assert text in (out if code == 0 else err)
    assert err.startswith("error: ") or not code
    assert "CommandError" not in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("begun")
def test_user_add() -> None:
    arguments = "--email", "me@example.com", "--password", "pw", "--staff", "--json"
    added = json.loads(answer("user", "add", *arguments))
    user = User.objects.get(pk=added["id"])
    assert (user.email, user.is_staff, user.check_password("pw")) == ("me@example.com", True, True)
    assert user.profile is not None
    with pytest.raises(CommandError, match="already exists"):
        answer("user", "add", *arguments)


@pytest.mark.usefixtures("begun")
def test_a_password_that_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("from a pipe \nmore\n"))
    answer("user", "add", "--email", "me@example.com", "--password-stdin")
    monkeypatch.setenv("HEXOSTORE_USER_PASSWORD", "from the environment")
    answer("user", "add", "--email", "you@example.com")
    found = dict(User.objects.values_list("email", "password"))
    assert check_password("from a pipe ", found["me@example.com"])
    assert check_password("from the environment", found["you@example.com"])
    monkeypatch.setattr("sys.stdin", StringIO(""))
    with pytest.raises(CommandError, match="empty"):
        answer("user", "add", "--email", "she@example.com", "--password-stdin")


@pytest.mark.usefixtures("begun")
def test_key_add() -> None:
    user = User.objects.create(username="me@example.com", email="me@example.com")
    made = json.loads(answer("key", "add", "--user", "me@example.com", "--json"))
    client = Client.objects.get(client_id=made["key"])
    assert (client.secret, client.user, client.status) == (made["secret"], user, "apikey")
    answer("key", "add", "--user", "me@example.com", "--name", "mine")
    with pytest.raises(CommandError, match="already a key called 'mine'"):
        answer("key", "add", "--user", "me@example.com", "--name", "mine")
    with pytest.raises(CommandError, match="There is no user you@"):
        answer("key", "add", "--user", "you@example.com")


def facts() -> list[dict[str, Any]]:
    """What `key list` says of every key."""
    found: list[dict[str, Any]] = json.loads(answer("key", "list", "--json"))
    return found


@pytest.fixture
def me(begun: None) -> User:
    return User.objects.create(username="me@example.com", email="me@example.com")


def test_key_add_for_oauth(me: User) -> None:
    both = ("--grant", "authorization_code", "--grant", "refresh_token")
    uris = ("--redirect-uri", "https://example.com/back", "--redirect-uri", "com.example:/back")
    options = ("--status", "oauth2", *both, *uris, "--realm", "readonly", "--name", "mine")
    made = json.loads(answer("key", "add", "--user", me.email, *options, "--json"))
    assert facts() == [
        {
            "key": made["key"],
            "status": "oauth2",
            "user": me.email,
            "name": "mine",
            "grants": ["authorization_code", "refresh_token"],
            "redirect_uris": ["https://example.com/back", "com.example:/back"],
            "realms": ["readonly"],
            "default_realm": "readonly",
            "mark": "",
        }
    ]
    assert Client.objects.get().default_realm == Realm.objects.get(name="readonly")
    assert answer("key", "list") == f"{made['key']} oauth2 {me.email} mine\n"
    with pytest.raises(CommandError, match=r"no user you@example\.com\. Did you mean 'me@example"):
        answer("key", "list", "--user", "you@example.com")


@pytest.mark.parametrize(
    ("realms", "usual"),
    [
        ((), "readwrite"),
        (("readonly",), "readonly"),
        (("readonly", "readwrite"), "readonly"),
        (("readwrite", "readonly"), "readwrite"),
    ],
)
def test_the_usual_realm_of_a_key(me: User, realms: tuple[str, ...], usual: str) -> None:
    """Programs that never name a scope write, unless their owner says otherwise."""
    options = [text for name in realms for text in ("--realm", name)]
    answer("key", "add", "--user", me.email, "--status", "oauth2", *options)
    client = Client.objects.get()
    assert scopes.default_scopes(client) == (usual,)
    assert scopes.allowed_scopes(client) == set(realms or ("readonly", "readwrite"))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--redirect-uri", "http://example.com/"), "is plain http; use https"),
        (("--grant", "device_code"), "grant_type: 'device_code' is not one of"),
        (("--realm", "everything"), "There is no realm everything"),
    ],
)
def test_keys_that_are_refused(me: User, options: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        answer("key", "add", "--user", me.email, *options)
    assert not Client.objects.exists()


def test_key_revoke(me: User) -> None:
    client = Client.objects.create(user=me)
    assert client.client_id in answer("key", "revoke", client.client_id)
    assert not Client.objects.exists()
    with pytest.raises(CommandError, match="There is no key"):
        answer("key", "revoke", client.client_id)


def test_marks_are_listed_and_cleared(me: User) -> None:
    key = Client.objects.create(user=me).client_id
    assert answer("mark", "list") == "Nobody is marked.\n"
    answer("key", "mark", key, "fail:expired")
    answer("user", "mark", me.email, "fail:rate")
    marks = {me.email: "fail:rate", key: "fail:expired"}
    assert json.loads(answer("mark", "list", "--json")) == marks
    assert f"{me.email} fail:rate\n" in answer("mark", "list")
    assert answer("mark", "clear") == "2 marks removed\n"
    assert json.loads(answer("mark", "list", "--json")) == {}


def test_ordered_failures(me: User, settings: Any) -> None:
    key = Client.objects.create(user=me).client_id
    answer("key", "mark", key, "fail:expired")
    answer("user", "mark", me.email, "fail:rate")
    answer("user", "mark", me.email, "fail:revoked")
    assert (facts()[0]["mark"], ForcedFailure.objects.get().failure) == (
        "fail:expired",
        "fail:revoked",
    )
    answer("key", "unmark", key)
    answer("user", "unmark", me.email)
    assert (facts()[0]["mark"], ForcedFailure.objects.count()) == ("", 0)
    for name, who in (("key", key), ("user", me.email)):
        with pytest.raises(CommandError, match="There is no failure 'fail:luck'; choose"):
            answer(name, "mark", who, "fail:luck")
        with pytest.raises(CommandError, match=f"There is no {name} x"):
            answer(name, "mark", "x", "fail:rate")
    settings.HEXOSTORE_PROFILE = "public"
    with pytest.raises(CommandError, match="in the sandbox profile"):
        answer("key", "mark", key, "fail:rate")


@pytest.mark.usefixtures("begun")
def test_load_counts(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text('{"device": {"d1": {"deviceid": "HXSKIN1200001984"}}}')
    assert json.loads(answer("load", str(file), "--json")) == {"device": 1}
    assert answer("load", str(file)) == "device: 1, as it was\n"
    file.write_text('{"device": {"d1": {"deviceid": "HXSKIN1200001984", "serial": 7}}}')
    with pytest.raises(CommandError, match=r"device d1: field 'serial': is 0 in the store, not 7"):
        answer("load", str(file))
    assert answer("load", str(file), "--replace") == "device: 1, changed\n"


def test_doctor_finds_a_fresh_home_sound(home: Path) -> None:
    done = Live(home).run("doctor", "--json")
    findings = {each["check"]: each for each in json.loads(done.stdout)}
    assert set(findings) == {
        "python",
        "wheels",
        "home",
        "postgres",
        "ports",
        "certificate",
        "clock",
        "chunks",
        "jobs",
    }
    sound = [name for name, each in findings.items() if each["ok"]]
    assert set(findings) - set(sound) <= {"ports"}  # another server may run on this machine
    assert done.returncode == (0 if "ports" in sound else 1)


def test_doctor_says_what_to_do(home: Path) -> None:
    (home / "file").touch()
    patient = Live(home, environment={"HEXOSTORE_HOME": str(home / "file" / "within")})
    done = patient.run("doctor")
    assert done.returncode == 1
    assert "set HEXOSTORE_HOME to a folder that you can write to" in done.stdout


def test_doctor_sees_an_old_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hexostore.clock.now", lambda: datetime(2001, 1, 1, tzinfo=UTC))
    with pytest.raises(diagnosis.Problem, match="2001-01-01"):
        diagnosis._check_clock()


def test_a_setting_that_cannot_be_is_one_line() -> None:
    wrong = {**os.environ, "HEXOSTORE_CONVENTIONS": "klingon"}
    command = [sys.executable, "manage.py", "doctor"]
    found = subprocess.run(command, env=wrong, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr.strip() == (
        "error: HEXOSTORE_CONVENTIONS is 'klingon'; it must be hexoskin or tastypie."
    )
