from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator

from apps.simulation import profiles
from apps.simulation.profiles import ProfileError, SimulationProfile
from apps.simulation.timeline import make_timeline
from tests.simulation.conftest import PERSON
from tests.simulation.subjects import START


class TestThoseThatCome:
    def test_there_is_one_for_everything_the_docs_promise(self) -> None:
        assert {
            "astronaut",
            "atrial_fibrillation",
            "cycling",
            "exercise_test",
            "gym",
            "night",
            "noisy_electrode",
            "rest_test",
            "run",
            "shift_worker",
            "sleep_apnea",
            "stroll",
            "walk",
            "working_day",
        } <= set(profiles.profile_names())

    def test_each_is_named_as_its_file_and_says_what_it_is(self, each: SimulationProfile) -> None:
        assert each.name in profiles.profile_names()
        assert each.title
        assert each.info.endswith(".")

    def test_activities_are_those_of_the_catalogue(self, each: SimulationProfile) -> None:
        file = settings.BASE_DIR / "fixtures" / "catalog" / "activitytype.json"
        rows = json.loads(file.read_text("utf-8"))["activitytype"]
        known = {row["id"] for row in rows.values()} | {None}
        assert {bout.activitytype for bout in each.plan} <= known

    def test_a_plan_by_the_clock_fills_the_day_or_the_week(self, each: SimulationProfile) -> None:
        if each.fit == "clock":
            assert each.minutes in {1440, 7 * 1440}

    def test_they_hold_every_kind_of_artefact_rhythm_device_and_fit(self) -> None:
        every = [profiles.read_profile(name) for name in profiles.profile_names()]
        assert {rate.kind for one in every for rate in one.artefacts} == set(profiles.KINDS)
        assert {one.rhythm for one in every} == {"sinus", "atrial_fibrillation"}
        assert {one.device for one in every} == {"hexoskin", "astroskin"}
        assert {one.fit for one in every} == {"scale", "repeat", "clock"}


def test_a_name_that_nobody_has_is_answered_with_those_there_are() -> None:
    for name in ("walking", "../demo/user", ""):
        with pytest.raises(ProfileError, match="astronaut, atrial_fibrillation, cycling"):
            profiles.read_profile(name)


def test_a_file_that_is_no_json_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torn.json").write_text('{"title": ')
    monkeypatch.setattr(profiles, "profile_folder", lambda: tmp_path)
    with pytest.raises(ProfileError, match="The profile 'torn' is not valid JSON: Expecting value"):
        profiles.read_profile("torn")
    (tmp_path / "deep.json").write_text("[" * 200_000)
    with pytest.raises(ProfileError, match="The profile 'deep' is not valid JSON: maximum"):
        profiles.read_profile("deep")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ProfileError, match="The profile 'folder' cannot be read: Is a directory"):
        profiles.read_profile("folder")


def test_repeated_bouts_come_one_after_the_other() -> None:
    plan = [{**BOUT, "title": "a"}, {"repeat": 2, "bouts": [{**BOUT, "title": "b"}, BOUT]}]
    found = profiles.parse_profile("test", {**ROW, "plan": plan})
    assert [bout.title for bout in found.plan] == ["a", "b", "Sitting", "b", "Sitting"]
    assert found.minutes == 5 * 5


BOUT: dict[str, Any] = {"title": "Sitting", "minutes": 5, "effort": 0.1, "posture": "sitting"}
RATE: dict[str, Any] = {"kind": "noise", "target": "ecg", "per_hour": 2, "seconds": 5}
ROW: dict[str, Any] = {"title": "Test", "info": "", "person": PERSON, "plan": [BOUT]}


WRONG: list[tuple[Any, str]] = [
    ([], "test: Expected `object`, got `array`."),
    ({}, "test: Object missing required field `title`."),
    ({**ROW, "colour": 1}, "test: Object contains unknown field `colour`. It can have title, "),
    ({**ROW, "rythm": "sinus"}, "unknown field `rythm`. Did you mean 'rhythm'?"),
    ({**ROW, "a\nb": 1}, "test: Object contains unknown field `a\\nb`. It can have title, "),
    ({**ROW, "a" * 10**6: 1}, "unknown field `aaaaaaaaaa"),
    ({**ROW, "name": "other"}, "test: Object contains unknown field `name`"),
    ({**ROW, "title": 5}, "test: title: Expected `str`, got `int`."),
    (
        {**ROW, "device": "watch"},
        "test: device: Invalid enum value 'watch'. It is one of hexoskin, astro",
    ),
    ({**ROW, "title": "a\0"}, "It has at most 200 characters, none of code 0."),
    ({**ROW, "info": "a" * 2001}, "test: info: Expected `str` of length <= 2000. It has at most"),
    ({**ROW, "$schema": 5}, "test: $schema: Expected `str`."),
    ({**ROW, "gps": 1}, "test: gps: Expected `bool`, got `int`."),
    ({**ROW, "mains": True}, "test: mains: Expected `int`, got `bool`."),
    ({**ROW, "mains": 16}, "test: mains: Expected `int` >= 50. It is from 50 to 60."),
    ({**ROW, "ectopics": float("nan")}, "test: ectopics: Expected `float` >= 0.0."),
    ({**ROW, "person": None}, "test: person: Expected `object`, got `null`."),
    ({**ROW, "person": {**PERSON, "weight": "60"}}, "test: person.weight: Expected `float`"),
    ({**ROW, "person": {**PERSON, "hr_rest": 110, "hr_max": 105}}, "hr_rest must be below"),
    ({**ROW, "person": {**PERSON, "vt1": 0.8, "vt2": 0.7}}, "test: person: vt1 must be below vt2."),
    ({**ROW, "plan": [{**BOUT, "effort_end": 2}]}, "plan[0]: effort_end: Expected `float` <= 1.0."),
    ({**ROW, "plan": {}}, "test: plan: Expected `array`, got `object`."),
    ({**ROW, "plan": []}, "test: plan: Expected `array` of length >= 1."),
    ({**ROW, "plan": [BOUT] * 201}, "test: plan: Expected `array` of length <= 200."),
    (
        {**ROW, "plan": [BOUT, {"title": "x"}]},
        "test: plan[1]: Object missing required field `minutes`.",
    ),
    (
        {**ROW, "plan": [{**BOUT, "posture": "bent"}]},
        "plan[0]: posture: Invalid enum value 'bent'.",
    ),
    (
        {**ROW, "plan": [{**BOUT, "minutes": 0}]},
        "minutes: Expected `float` >= 0.1. It is from 0.1 to",
    ),
    ({**ROW, "plan": [{**BOUT, "cadence": "fast"}]}, "cadence: Expected `float | null`"),
    ({**ROW, "plan": [{"repeat": 0, "bouts": [BOUT]}]}, "repeat: Expected `int` >= 1."),
    ({**ROW, "plan": [{"repeat": 3}]}, "test: plan[0]: Object missing required field `bouts`."),
    (
        {**ROW, "plan": [{"repeat": 3, "bouts": 1}]},
        "test: plan[0]: bouts: Expected `array`, got `int`.",
    ),
    (
        {**ROW, "plan": [{"repeat": 2, "bouts": [{"repeat": 2, "bouts": [BOUT]}]}]},
        "test: plan[0]: bouts[0]: Object contains unknown field `repeat`.",
    ),
    (
        {**ROW, "artefacts": [{**RATE, "kind": "rain"}]},
        "test: artefacts[0].kind: Invalid enum value 'rain'. It is one",
    ),
    (
        {**ROW, "artefacts": [RATE, {**RATE, "target": "ppg", "kind": "mains"}]},
        "test: artefacts[1]: ppg cannot be mains.",
    ),
    (
        {**ROW, "plan": [{"repeat": 100, "bouts": [BOUT] * 101}]},
        "test: plan: it has more than 10,000 bouts with all repetitions.",
    ),
    ({**ROW, "artefacts": [RATE] * 31}, "test: artefacts: Expected `array` of length <= 30."),
    ({**ROW, "artefacts": [{**RATE, "per_hour": -1}]}, "per_hour: Expected `float` >= 0.0."),
]


@pytest.mark.parametrize(("row", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_place(row: Any, said: str) -> None:
    with pytest.raises(ProfileError) as found:
        profiles.parse_profile("test", row)
    assert said in str(found.value)
    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 500


def test_a_long_plan_has_a_number_for_each_bout() -> None:
    """Timelines have 16 bits for it."""
    row = {**ROW, "plan": [{"repeat": 100, "bouts": [{**BOUT, "minutes": 0.1}] * 100}]}
    line = make_timeline(profiles.parse_profile("test", row), 1, START, 60_000)
    assert line.bout.tolist() == [second // 6 for second in range(60_000)]


def test_editors_may_be_told_of_the_schema() -> None:
    row = {"$schema": "./profile.schema.json", **ROW}
    assert profiles.parse_profile("test", row) == profiles.parse_profile("test", ROW)
    assert is_of_schema(row)


def is_of_schema(row: Any) -> bool:
    found: bool = Draft202012Validator(profiles.profile_schema()).is_valid(row)
    return found


def test_the_schema_takes_what_comes() -> None:
    Draft202012Validator.check_schema(profiles.profile_schema())
    for name in profiles.profile_names():
        file = profiles.profile_folder() / f"{name}.json"
        assert is_of_schema(json.loads(file.read_text())), name


RULES_OF_TWO_FIELDS = (
    "hr_rest must be below",
    "vt1 must be below",
    "ppg cannot be mains",
    "bouts with all repetitions",
)
NO_NUMBER = "ectopics"
"""What is no number, which no JSON has, is more than the least and less than the most."""


@pytest.mark.parametrize(("row", "said"), WRONG)
def test_the_schema_refuses_what_is_wrong(row: Any, said: str) -> None:
    known_by_readers_only = any(each in said for each in (*RULES_OF_TWO_FIELDS, NO_NUMBER))
    assert is_of_schema(row) == known_by_readers_only


def test_the_schema_says_what_fields_mean() -> None:
    schema = profiles.profile_schema()
    assert "`ectopics` are premature beats per hour" in schema["description"]
    assert schema["$defs"]["Bout"]["properties"]["effort"] == {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
    }
    assert "at most 10,000 bouts with all repetitions" in schema["description"]
    assert (set(schema["properties"]) | {"name"}) - {"$schema"} == set(
        SimulationProfile.__dataclass_fields__
    )
