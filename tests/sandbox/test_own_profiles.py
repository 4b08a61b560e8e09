"""`hexostore simulate --profile FILE`: profiles of one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.enrolment.models import Study
from apps.records.models import Record
from apps.sandbox import simulations, store
from apps.simulation import profiles
from apps.simulation.models import Truth
from apps.simulation.people import make_person
from apps.simulation.simulator import Simulation
from tests.simulation.conftest import PERSON

ANN = "ann@example.com"
PULL = {"title": "Pull", "minutes": 2, "effort": 0.8, "posture": "sitting"}
OWN: dict[str, Any] = {
    "title": "Rowing",
    "info": "",
    "person": PERSON,
    "plan": [{"repeat": 3, "bouts": [PULL, {**PULL, "title": "Easy", "effort": 0.2}]}],
    "artefacts": [{"kind": "disconnected", "target": "ecg", "per_hour": 60, "seconds": 5}],
}


@pytest.fixture
def ann(db: None) -> User:
    """A user of a store with the catalogue."""
    store.begin_store("catalogue", None, lambda _: None)
    return User.objects.create(username=ANN, email=ANN)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a profile of one's own."""
    (tmp_path / "my-rowing.json").write_text(json.dumps(OWN))
    (tmp_path / "rowing").write_text(json.dumps(OWN), "utf-8-sig")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(*arguments: str) -> Any:
    out = StringIO()
    call_command("simulate", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def made(*arguments: str) -> Any:
    return answer("--user", ANN, *arguments)


@pytest.mark.parametrize(
    ("told", "name"),
    [("my-rowing.json", "my-rowing"), ("./my-rowing.json", "my-rowing"), ("./rowing", "rowing")],
)
@pytest.mark.usefixtures("ann", "folder")
def test_a_file_is_a_profile(told: str, name: str) -> None:
    facts = made("--profile", told, "--seed", "3")
    assert facts["profile"] == name
    simulation = Simulation(profiles.parse_profile(name, OWN), 3, facts["start"], 12 * 60)
    assert Truth.objects.get().document == simulation.describe_truth()
    assert (facts["end"] - facts["start"]) // 256 == 12 * 60


@pytest.mark.usefixtures("ann", "folder")
def test_with_another_person() -> None:
    made("--profile", "./rowing", "--age", "12", "--sex", "M", "--duration", "1m")
    document: Any = Truth.objects.get().document
    assert document["person"] == vars(make_person("M", 12))
    assert {each["posture"] for each in document["postures"]} == {"sitting"}


@pytest.mark.usefixtures("ann", "folder")
def test_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.simulation.live.grow_record", lambda *_: 12)
    facts = made("--profile", "./rowing", "--live")
    assert (facts["profile"], facts["status"]) == ("rowing", "complete")
    own = profiles.parse_profile("rowing", OWN)
    simulation = Simulation(own, 1, facts["start"], 12 * 60)
    assert Truth.objects.get().document == simulation.describe_truth(12)


@pytest.mark.usefixtures("folder")
def test_of_a_population(ann: User) -> None:
    Study.objects.create(owner=ann, name="Rest", uuid="rest", planning=[])
    of = ("--population", "2", "--study", "Rest", "--days", "2", "--duration", "10s")
    facts = answer(*of, "--profile", "./rowing")
    assert facts["profile"] == "rowing"
    assert {each.profile for each in Truth.objects.all()} <= {"rowing"}


@pytest.mark.usefixtures("folder")
def test_one_of_the_name_of_another_is_of_its_file() -> None:
    Path("rowing").rename("walk.json")
    own = simulations.choose_profile("walk.json")
    assert own == profiles.parse_profile("walk", OWN)
    assert simulations.choose_profile("walk") == profiles.read_profile("walk")


def written(content: str | bytes) -> Callable[[Path], object]:
    data = content.encode() if isinstance(content, str) else content
    return lambda place: place.write_bytes(data)


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "No such file or directory."),
    "a folder": (Path.mkdir, "is not a regular file, but a folder."),
    "a pipe": (os.mkfifo, "is not a regular file."),
    "a loop": (lambda place: place.symlink_to(place), "Too many levels of symbolic links."),
    "not UTF-8": (written(b'{"title": "\xff"}'), "is not UTF-8 text."),
    "UTF-16": (written(json.dumps(OWN).encode("utf-16")), "is not UTF-8 text."),
    "empty": (written(""), "is not valid JSON: Expecting value: line 1 column 1 (char 0)."),
    "torn": (written('{"title": '), "is not valid JSON: Expecting value: line 1 column 11"),
    "too deep": (written("[" * 100_000), "is nested too deeply."),
    "too long": (written("{}" + " " * 2**20), "is longer than the limit of 1048576 characters"),
    "half a pair": (written('{"title": "\\ud800"}'), "surrogates not allowed."),
    "twice": (written('{"plan": [], "plan": []}'), "the name 'plan' is used twice in one object."),
    "a list": (written("[]"), "Expected `object`, got `array`."),
    "a bout": (
        written(json.dumps(OWN | {"plan": [PULL, PULL, PULL | {"effort": 2}]})),
        "plan[2]: effort: Expected `float` <= 1.0. It is from 0 to 1.",
    ),
    "two lines": (written(json.dumps(OWN | {"a\nb": 1})), "unknown field `a\\nb`"),
}


@pytest.mark.parametrize(("make", "why"), WRONG.values(), ids=WRONG)
@pytest.mark.usefixtures("ann")
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    file = tmp_path / "mine.json"
    make(file)
    with pytest.raises(CommandError) as caught:
        made("--profile", str(file))
    said = str(caught.value)
    assert said.startswith(f"--profile: {file}: ")
    assert why in said
    assert "\n" not in said
    assert caught.value.returncode == 2
    assert not Record.objects.exists()


@pytest.mark.usefixtures("ann", "folder")
def test_its_name_has_a_limit() -> None:
    Path("my-rowing.json").rename("a" * 64 + ".json")
    assert made("--profile", "a" * 64 + ".json", "--duration", "10s")["profile"] == "a" * 64


@pytest.mark.usefixtures("ann", "folder")
@pytest.mark.parametrize("stem", ["a" * 65, "a\tb", "\udcff"])
def test_names_that_no_store_takes(stem: str) -> None:
    Path("my-rowing.json").rename(f"{stem}.json")
    with pytest.raises(CommandError, match=r"\.json: the name must have at most 64 printable char"):
        made("--profile", f"{stem}.json")


@pytest.mark.usefixtures("ann", "folder")
def test_what_looks_like_no_file_is_a_name() -> None:
    with pytest.raises(CommandError, match=r"There is no profile 'rowing'\. Choose from astronaut"):
        made("--profile", "rowing")


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--sex", "female"), "--sex: is F or M, not 'female'."),
        (("--sex", ""), "--sex: is F or M, not ''."),
    ],
)
def test_people_that_there_are_not(options: tuple[str, str], why: str) -> None:
    with pytest.raises(CommandError) as caught:
        made(*options)
    assert str(caught.value) == why
