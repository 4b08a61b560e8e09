"""Signals in the seeds of sandboxes."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.control.test_served_sandboxes import ask, create
from tests.live import Live

START = 500_000_000_000
LOGIN = "mia@example.com", "long-enough-1"
PERSON = {"username": LOGIN[0], "email": LOGIN[0], "password": LOGIN[1]}
LISTED = {"heart_rate": [61, 62], "RR_interval": [[START + 100, 0.75], [START + 292, 0.75]]}


def seed_of(signals: object, **fields: object) -> dict[str, Any]:
    record = {"user": "mia", "start": START, "signals": signals, **fields}
    return {"user": {"mia": PERSON}, "record": {"morning": record}}


def records(served: Live, name: str) -> Any:
    url = f"{served.base}/~{name}/api/record/"
    return requests.get(url, auth=LOGIN, timeout=60).json()["objects"]


def shown(served: Live, name: str) -> Any:
    """The values of all channels that somebody sees, by datatype."""
    url = f"{served.base}/~{name}/api/data/?datatype=19,18"
    answer = requests.get(url, auth=LOGIN, timeout=60).json()
    return answer[0]["data"] if answer else {}


def test_a_sandbox_begins_with_them_and_a_reset_brings_them_back(served: Live) -> None:
    name = create(served, seed=seed_of(LISTED))
    try:
        begun = shown(served, name)
        assert begun == {
            "19": [[START + 256, 61], [START + 512, 62]],
            "18": LISTED["RR_interval"],
        }
        (record,) = records(served, name)
        assert (record["status"], record["end"]) == ("complete", START + 512)
        base = f"{served.base}/~{name}"
        gone = requests.delete(base + record["resource_uri"], auth=LOGIN, timeout=60)
        assert gone.status_code == 204
        assert shown(served, name) == {}
        assert ask(served, "POST", f"sandboxes/{name}/reset").status_code == 200
        assert shown(served, name) == begun
        assert records(served, name)[0]["status"] == "complete"
    finally:
        ask(served, "DELETE", f"sandboxes/{name}")


def test_they_are_loaded_into_a_sandbox_and_processed(served: Live) -> None:
    name = create(served)
    try:
        seed = seed_of({"simulate": {"profile": "walk", "duration": "1m"}})
        for _ in range(2):
            loaded = ask(served, "POST", f"sandboxes/{name}/load", {"seed": seed})
            assert loaded.json() == {"user": 1, "record": 1}
        assert len(shown(served, name)["19"]) == 60
        changed = {"seed": seed_of({"heart_rate": [61]})}
        refused = ask(served, "POST", f"sandboxes/{name}/load", changed)
        assert refused.status_code == 400
        assert "heart_rate differs in the store; --replace changes it" in refused.json()["error"]
        replaced = ask(served, "POST", f"sandboxes/{name}/load", {**changed, "replace": True})
        assert replaced.status_code == 200
        assert shown(served, name)["19"] == [[START + 256, 61]]
    finally:
        ask(served, "DELETE", f"sandboxes/{name}")


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        ({"file": "heart.csv"}, "only a seed that is loaded from a file can name another one"),
        ({"file": "/etc/passwd"}, "only a seed that is loaded from a file can name another one"),
        (
            {"heart_rate": [float("nan")]},
            "position 0, column heart_rate: nan is not a finite",
        ),
        ({"heart_rates": [61]}, "there is no datatype 'heart_rates' in the store"),
        ({"simulate": {"duration": "13h"}}, "at most 12 hours"),
    ],
)
def test_what_is_wrong_is_a_400_and_leaves_nothing(served: Live, signals: object, why: str) -> None:
    name = f"wrong-{secrets.token_hex(3)}"
    answer = ask(served, "POST", "sandboxes", {"name": name, "seed": seed_of(signals)})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith("record morning: field 'signals': ")
    assert why in answer.json()["error"]
    assert ask(served, "GET", f"sandboxes/{name}").status_code == 404


def test_a_body_has_a_limit(served: Live) -> None:
    seed = seed_of({"heart_rate": [61] * 1_000_000})
    answer = ask(served, "POST", "sandboxes", {"seed": seed})
    assert answer.status_code == 413
    assert answer.json()["error"].startswith("The body is larger than ")


def test_commands_take_files_beside_the_seed(served: Live, tmp_path: Path) -> None:
    name = f"filed-{secrets.token_hex(3)}"
    table = f"timestamp,heart_rate [bpm](/api/datatype/19/)\n{START + 256},61\n"
    (tmp_path / "heart.csv").write_text(table)
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(seed_of({"file": "heart.csv"})))
    created = served.run("sandbox", "create", name, "--seed", str(file))
    assert created.returncode == 0, created.stderr
    try:
        assert shown(served, name)["19"] == [[START + 256, 61]]
        again = served.run("load", str(file), "--sandbox", name)
        assert again.stdout.splitlines() == ["user: 1, as it was", "record: 1, as it was"]
    finally:
        ask(served, "DELETE", f"sandboxes/{name}")
