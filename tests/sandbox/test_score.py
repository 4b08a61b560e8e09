"""`hexostore score`: what it prints, writes and refuses. It needs no store."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class

from apps.simulation.scoring import pictures
from tests.live import Live

START = 359_840_226_870


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the truth of ten beats and of a minute's sleep."""
    monkeypatch.chdir(tmp_path)
    document = {
        "start": START,
        "seconds": 60,
        "beats": {"ticks": list(range(256, 2817, 256)), "kinds": "N" * 11},
        "steps": [],
        "seed": 1,
        "stages": [{"stage": 2, "start": 0, "stop": 60 * 256}],
        "apnoeas": [],
    }
    Path("truth.json").write_text(json.dumps(document))
    Path("beats.csv").write_text("\n".join(str(second) for second in range(2, 12)))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit status of the command, and what it prints."""
    command = load_command_class("apps.sandbox", "score")
    status = 0
    try:
        command.run_from_argv(["hexostore", "score", *arguments])
    except SystemExit as ended:
        status = int(ended.code or 0)
    told = capsys.readouterr()
    return status, told.out, told.err


def test_text(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = run(capsys, "truth.json", "beats.csv")
    assert status == 0
    lines = told.splitlines()
    assert lines[0] == "beats, within 150 ms"
    assert lines[2].split()[:6] == ["beats.csv", "11", "10", "10", "1", "0"]
    assert (
        lines[-1]
        == "beats.csv: times were taken for seconds from the start; if they are not, give --unit"
    )


def test_json_of_several(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = "truth.json", "beats.csv"
    status, told, _ = run(capsys, *pair, *pair, "--skip", "5s", "--window", "50", "--json")
    assert status == 0
    score: dict[str, Any] = json.loads(told)
    assert (score["window"], score["skip"], len(score["records"])) == (0.05, 5, 2)
    assert score["gross"]["hits"] == 14
    assert score["records"][0]["truth"] == "truth.json"


def test_options(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("phases.txt").write_text("N2\n")
    status, told, _ = run(
        capsys, "truth.json", "phases.txt", "--of", "phases", "--epoch", "20", "--json"
    )
    assert status == 0
    assert json.loads(told)["gross"]["confusion"]["counts"][1] == [0, 1, 0]
    Path("samples.txt").write_text("500\n1000\n")
    status, told, _ = run(capsys, "truth.json", "samples.txt", "--unit", "500Hz", "--json")
    assert json.loads(told)["gross"]["hits"] == 2


def test_a_picture(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = run(capsys, "truth.json", "beats.csv", "--png", "beats.png")
    assert (status, told.splitlines()[0]) == (0, "beats, within 150 ms")
    assert Path("beats.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_picture_without_the_extra(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, told, wrong = run(capsys, "truth.json", "beats.csv", "--png", "beats.png")
    assert (status, told) == (1, "")
    assert wrong == f"error: Pictures can be drawn once you {pictures.INSTALL}.\n"


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        ([], 2, "Missing argument"),
        (["truth.json"], 2, "Give files in pairs"),
        (["truth.json", "beats.csv", "truth.json"], 2, "Give files in pairs"),
        (["truth.json", "beats.csv", "--of", "beasts"], 2, "no 'beasts'; choose from beats, "),
        (["truth.json", "beats.csv", "--of", "beasts"], 2, "Did you mean 'beats'?"),
        (["truth.json", "beats.csv", "--unit", "hours"], 2, "--unit: there is no unit 'hours'"),
        (["truth.json", "beats.csv", "--skip", "five"], 2, "--skip: 'five' is not a duration"),
        (["truth.json", "beats.csv", "--window", "0"], 2, "--window"),
        (["truth.json", "beats.csv", "--unit", f"{'9' * 400}Hz"], 2, "--unit: there is no unit"),
        (["truth.json", "beats.csv", "--png", "no/a.png"], 2, "--png: there is no folder no"),
        (["truth.json", "x.csv", "--of", "phases", "--window", "9"], 2, "phases have none"),
        (["truth.json", "none.csv"], 1, "none.csv: No such file or directory"),
        (["beats.csv", "truth.json"], 1, "beats.csv: is no ground truth, which is JSON"),
        (["truth.json", "beats.csv", "--of", "breaths"], 1, "truth.json: says nothing of breaths"),
        (["truth.json", "beats.csv", "--of", "apnoeas"], 1, "need a stop or a duration"),
        (["truth.json", "beats.csv", "--skip", "1m"], 1, "60 s do not count"),
        (["truth.json", "beats.csv", "--png", "."], 1, ".: Is a directory"),
    ],
)
def test_what_is_refused(
    arguments: list[str],
    status: int,
    problem: str,
    files: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line, before anything is printed."""
    found, told, wrong = run(capsys, *arguments)
    assert (found, told) == (status, "")
    assert wrong.startswith("error: ")
    assert problem in wrong
    assert wrong.count("\n") == 1


def test_apnoeas_beside_odd_phases(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(Path("truth.json").read_text())
    Path("odd.json").write_text(json.dumps({**document, "stages": [{"stage": 2}]}))
    found = run(capsys, "odd.json", "truth.json", "--of", "apnoeas")
    assert found == (1, "", "error: odd.json: says nothing of phases\n")


def test_control_characters_of_names_are_escaped(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd\x1b[31m.csv").write_text("1\n2\n")
    _, told, _ = run(capsys, "truth.json", "odd\x1b[31m.csv")
    assert "\x1b" not in told
    assert r"odd\x1b[31m.csv" in told


def test_it_needs_no_store(home: Path, files: Path) -> None:
    """Nor does it begin one."""
    done = Live(home).run("score", "truth.json", "beats.csv", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["gross"]["hits"] == 10
    assert {each.name for each in home.iterdir()} <= {"secret-key"}
