"""`hexostore fault` and `hexostore token`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.control.faults.conftest import FaultySandbox
from tests.control.faults.test_tokens import ask_with, log_in


def test_a_rule_is_added_listed_and_removed(faulty: FaultySandbox) -> None:
    served, of = faulty.served, f"--sandbox={faulty.name}"
    rule = {"match": {"resource": "record"}, "action": {"status": 503}}
    added = served.run("fault", "add", json.dumps(rule), "--json", of)
    assert added.returncode == 0, added.stderr
    found = json.loads(added.stdout)
    assert faulty.control("GET", f"faults/{found['id']}").json() == found
    assert faulty.get().status_code == 503
    listed = served.run("fault", "list", of)
    assert listed.stdout.split(None, 2)[:2] == [str(found["id"]), "1/1"]
    assert json.loads(served.run("fault", "list", "--json").stdout) == []
    assert served.run("fault", "remove", str(found["id"]), of).returncode == 0
    assert faulty.get().status_code == 200


def test_a_rule_is_read_from_a_file(faulty: FaultySandbox, tmp_path: Path) -> None:
    served, of = faulty.served, f"--sandbox={faulty.name}"
    (tmp_path / "rule.json").write_text('{"action": {"status": 500}}')
    assert served.run("fault", "add", f"@{tmp_path}/rule.json", of).returncode == 0
    assert faulty.get().status_code == 500
    assert served.run("fault", "remove", "--all", of).returncode == 0
    assert faulty.get().status_code == 200


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "{"), "The rule is not JSON"),
        (("add", "[]"), "must be a JSON object"),
        (("add", "@/nowhere"), "cannot be read"),
        (("add", '{"action": {"status": 5}}'), "action.status must be"),
        (("remove",), "Name the number of a rule, or --all"),
        (("remove", "999999"), "has no fault 999999"),
        (("list", "--sandbox", "nowhere"), "There is no sandbox 'nowhere'"),
    ],
)
def test_errors(faulty: FaultySandbox, arguments: tuple[str, ...], why: str) -> None:
    done = faulty.served.run("fault", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert why in done.stderr


def test_a_token_is_ended(faulty: FaultySandbox) -> None:
    served, of = faulty.served, f"--sandbox={faulty.name}"
    tokens = log_in(faulty)
    ended = served.run("token", "end", tokens["access_token"], "--json", of)
    assert ended.returncode == 0, ended.stderr
    (found,) = json.loads(ended.stdout)
    assert found["expired"]
    assert ask_with(faulty, tokens).status_code == 401
    listed = served.run("token", "list", of).stdout.splitlines()
    assert listed[0].startswith(f"{found['id']} athlete@example.com ")
    assert listed[0].endswith(" expired")
    again = served.run("token", "end", "--id", str(found["id"]), of)
    assert (again.returncode, again.stdout) == (1, "")
    assert "no such token" in again.stderr
    assert "Say which tokens" in served.run("token", "end").stderr
