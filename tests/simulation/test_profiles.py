from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.simulation import profiles
from apps.simulation.profiles import ProfileError, SimulationProfile
from tests.simulation.conftest import PERSON


class TestThoseThatCome:
    def test_there_is_one_for_everything_the_docs_promise(self) -> None:
        assert {
            "astronaut",
            "atrial_fibrillation",
            "cycling",
            "gym",
            "night",
            "noisy_electrode",
            "rest_test",
            "run",
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

    def test_a_plan_by_the_clock_fills_the_day(self, each: SimulationProfile) -> None:
        if each.fit == "clock":
            assert each.minutes == 1440

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


def test_repeated_bouts_come_one_after_the_other() -> None:
    plan = [{**BOUT, "title": "a"}, {"repeat": 2, "bouts": [{**BOUT, "title": "b"}, BOUT]}]
    found = profiles.parse_profile("test", {**ROW, "plan": plan})
    assert [bout.title for bout in found.plan] == ["a", "b", "Sitting", "b", "Sitting"]
    assert found.minutes == 5 * 5


BOUT: dict[str, Any] = {"title": "Sitting", "minutes": 5, "effort": 0.1, "posture": "sitting"}
RATE: dict[str, Any] = {"kind": "noise", "target": "ecg", "per_hour": 2, "seconds": 5}
ROW: dict[str, Any] = {"title": "Test", "info": "", "person": PERSON, "plan": [BOUT]}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([], "test must be an object."),
        ({}, "test lacks title, info, person, plan."),
        ({**ROW, "colour": 1, "age": 2}, "test cannot have age, colour; it has: title, info, "),
        ({**ROW, "name": "other"}, "test cannot have name"),
        ({**ROW, "title": 5}, "test: title must be str, not 5."),
        ({**ROW, "device": "watch"}, "test: device must be one of hexoskin, astroskin."),
        ({**ROW, "gps": 1}, "test: gps must be bool, not 1."),
        ({**ROW, "mains": True}, "test: mains must be int, not True."),
        ({**ROW, "mains": 16}, "test: mains must be between 50 and 60, not 16."),
        ({**ROW, "ectopics": float("nan")}, "test: ectopics must be between 0 and 2000, not nan."),
        ({**ROW, "person": None}, "test: person must be an object."),
        ({**ROW, "person": {**PERSON, "weight": "60"}}, "test: person: weight must be float"),
        ({**ROW, "person": {**PERSON, "hr_rest": 110, "hr_max": 105}}, "hr_rest must be below"),
        ({**ROW, "plan": {}}, "test: plan must be a list."),
        ({**ROW, "plan": []}, "test: plan must have 1 to 200 bouts, not 0."),
        ({**ROW, "plan": [BOUT] * 201}, "test: plan must have 1 to 200 bouts, not 201."),
        ({**ROW, "plan": [BOUT, {"title": "x"}]}, "test: plan[1] lacks minutes, effort."),
        ({**ROW, "plan": [{**BOUT, "posture": "bent"}]}, "posture must be one of upright, sitting"),
        ({**ROW, "plan": [{**BOUT, "minutes": 0}]}, "minutes must be between 0.1 and 1440, not 0."),
        ({**ROW, "plan": [{**BOUT, "cadence": "fast"}]}, "cadence must be float | None"),
        ({**ROW, "plan": [{"repeat": 0, "bouts": [BOUT]}]}, "repeat must be between 1 and 100"),
        ({**ROW, "plan": [{"repeat": 3}]}, "test: plan[0] cannot have repeat; it has: title"),
        ({**ROW, "plan": [{"repeat": 3, "bouts": 1}]}, "test: plan[0]: bouts must be a list."),
        (
            {**ROW, "plan": [{"repeat": 2, "bouts": [{"repeat": 2, "bouts": [BOUT]}]}]},
            "test: plan[0]: bouts[0] cannot have bouts, repeat; it has: title",
        ),
        ({**ROW, "artefacts": [{**RATE, "kind": "rain"}]}, "test: artefacts[0]: kind must be one"),
        (
            {**ROW, "artefacts": [RATE, {**RATE, "target": "ppg", "kind": "mains"}]},
            "test: artefacts[1]: ppg cannot be mains.",
        ),
        ({**ROW, "artefacts": [{**RATE, "per_hour": -1}]}, "per_hour must be between 0 and 120"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(row: Any, said: str) -> None:
    with pytest.raises(ProfileError) as found:
        profiles.parse_profile("test", row)
    assert said in str(found.value)
