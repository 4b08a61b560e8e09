"""Simulated records that the control plane makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from apps.simulation.people import make_person
from apps.simulation.profiles import Person
from tests.control.test_served_sandboxes import LOGIN, ask, create
from tests.live import Live
from tests.simulation.conftest import PERSON

ATHLETE = "athlete@example.com"


@pytest.fixture(scope="module")
def name(served: Live) -> Iterator[str]:
    """A sandbox of the tests of this module."""
    made = create(served)
    yield made
    ask(served, "DELETE", f"sandboxes/{made}")


def simulate(served: Live, name: str, **body: object) -> Any:
    return ask(served, "POST", f"sandboxes/{name}/simulate", {"user": ATHLETE, **body})


def test_a_record_is_made_in_that_sandbox_only(served: Live, name: str) -> None:
    asked = {"profile": "walk", "duration": "1m", "seed": 3, "start": "2026-11-20T08:00:00Z"}
    answer = simulate(served, name, **asked)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["profile"], made["seed"], made["user"]) == ("walk", 3, ATHLETE)
    assert (made["start_date"], made["end"] - made["start"]) == (
        "2026-11-20T08:00:00+00:00",
        60 * 256,
    )
    base = f"{served.base}/~{name}"
    record = requests.get(base + made["resource_uri"], auth=LOGIN, timeout=60).json()
    assert (record["start"], record["end"]) == (made["start"], made["end"])
    query = {"record": made["id"], "datatype": 19}
    (found,) = requests.get(f"{base}/api/data/", params=query, auth=LOGIN, timeout=60).json()
    assert len(found["data"]["19"]) == 60
    truth = requests.get(base + made["truth"], auth=LOGIN, timeout=60).json()
    assert (truth["profile"], truth["seconds"]) == ("walk", 60)
    elsewhere = requests.get(served.base + made["resource_uri"], auth=LOGIN, timeout=60)
    assert elsewhere.status_code == 404


def test_without_a_start_it_ends_now_by_the_clock_of_the_sandbox(served: Live, name: str) -> None:
    shown = ask(
        served, "PATCH", f"sandboxes/{name}/clock", {"now": 500_000_000_000, "frozen": True}
    )
    assert shown.status_code == 200
    try:
        made = simulate(served, name, duration=30).json()
    finally:
        ask(served, "DELETE", f"sandboxes/{name}/clock")
    assert (made["start"], made["end"]) == (500_000_000_000 - 30 * 256, 500_000_000_000)
    assert made["profile"] == "rest_test"


BOUT = {"title": "Rowing", "minutes": 5, "effort": 0.7, "posture": "sitting"}
NAMED = {"$schema": "profile.schema.json", "title": "Mine", "info": ""}
OWN: dict[str, object] = {**NAMED, "person": PERSON, "plan": [BOUT]}


def test_a_profile_of_ones_own_and_another_person(served: Live, name: str) -> None:
    asked = {"profile": OWN, "sex": "M", "age": 12, "fitness": 1.5, "duration": 60}
    answer = simulate(served, name, **asked)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["profile"] == "custom"
    url = f"{served.base}/~{name}{made['truth']}"
    truth = requests.get(url, auth=LOGIN, timeout=60).json()
    assert (truth["profile"], truth["title"]) == ("custom", "Mine")
    assert Person(**truth["person"]) == make_person("M", 12, 1.5)
    assert {each["posture"] for each in truth["postures"]} == {"sitting"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"user": None}, "user is missing"),
        ({"user": ""}, "user: there is no ''"),
        ({"user": "athlet@example.com"}, "Did you mean 'athlete@example.com'?"),
        ({"user": "athlete\0@example.com"}, "user: there is no"),
        ({"user": "athlete\ud800@example.com"}, "The body is not JSON: "),
        ({"profile": "wlk"}, "profile: There is no profile 'wlk'. Did you mean 'walk'?"),
        ({"profile": "working_day"}, "duration: a record can last at most 12 hours; the command"),
        ({"duration": "13h"}, "duration: a record can last at most 12 hours"),
        ({"duration": "soon"}, "duration: 'soon' is not a duration like 90s"),
        ({"duration": -1}, "duration: -1 is not a number of seconds"),
        ({"duration": True}, "duration must be a text or a number"),
        ({"duration": 0.5}, "duration: a record lasts whole seconds"),
        ({"duration": 1e400}, "duration: a record can last at most 12 hours"),
        ({"duration": float("nan")}, "duration: nan is not a number of seconds"),
        ({"duration": "0s"}, "duration: "),
        ({"duration": {}}, "duration: must be a text such as 10m, or a number"),
        ({"seed": -1}, "seed: must be a whole number from 0 on"),
        ({"seed": 2**63}, "seed: must be a whole number from 0 on"),
        ({"seed": "1"}, "seed must be a whole number"),
        ({"start": "soon"}, "start must be an ISO time"),
        ({"start": "3001-01-01"}, "start: a record must start between 1970 and 2999, not 3001"),
        ({"profile": 1}, "profile must be a string or an object."),
        ({"profile": "./mine.json"}, "profile: There is no profile './mine.json'."),
        ({"profile": {}}, "profile: Object missing required field `title`."),
        (
            {"profile": {**OWN, "plan": [BOUT, BOUT, {**BOUT, "effort": 2}]}},
            "profile: plan[2]: effort: Expected `float` <= 1.0. It is from 0 to 1.",
        ),
        ({"profile": {**OWN, "title": "a\0"}}, "profile: title: Expected `str` matching"),
        ({"profile": OWN, "duration": "13h"}, "duration: a record can last at most 12 hours"),
        ({"sex": "f"}, "sex: is F or M, not 'f'."),
        ({"sex": ""}, "sex: is F or M, not ''."),
        ({"age": 101}, "age: is from 0 to 100 years, not 101."),
        ({"age": 12.5}, "age must be a whole number."),
        ({"fitness": -3}, "fitness: is from -2.5 to 2.5, not -3."),
        ({"fitness": float("nan")}, "fitness: is from -2.5 to 2.5, not nan."),
        ({"profile": {**OWN, "person": {**PERSON, "age": 105}}, "sex": "M"}, "age: is from 0 to 1"),
        ({"live": True}, "Unknown member 'live'"),
    ],
)
def test_a_wrong_body_is_a_400_that_says_why(
    served: Live, name: str, body: dict[str, object], why: str
) -> None:
    url = f"{served.base}/~{name}/api/record/?limit=1"
    before = requests.get(url, auth=LOGIN, timeout=60).json()["meta"]["total_count"]
    answer = simulate(served, name, **body)
    assert answer.status_code == 400, answer.text
    assert why in answer.json()["error"]
    after = requests.get(url, auth=LOGIN, timeout=60).json()["meta"]["total_count"]
    assert after == before


def test_an_unknown_sandbox_is_a_404(served: Live) -> None:
    assert simulate(served, "nowhere").status_code == 404
