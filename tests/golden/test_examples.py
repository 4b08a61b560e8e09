"""The demo world gives the answers that Making Requests and the API reference print.

The documents were stripped of e-mail addresses, so those values are left out; members that later
versions added may be there besides the printed ones.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from tests.golden.conftest import Ask

FILLER = "RkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGAQAFAA=="
STRIPPED = ("email", "username")
ATHLETE: dict[str, Any] = {
    "first_name": "Athlete",
    "id": 1511,
    "last_name": "Hexoskin",
    "resource_uri": "/api/user/1511/",
}
PROFILE: dict[str, Any] = {
    "date_of_birth": "1980-01-01",
    "fitness": {
        "fitness_percentile": 50,
        "height": 1.82,
        "hr_max": 183,
        "hr_recov": 0,
        "hr_rest": 73,
        "vo2_max": 42,
        "weight": 78,
    },
    "gender": "M",
    "height": 1.82,
    "id": 1460,
    "preferences": None,
    "resource_uri": "/api/profile/1460/",
    "unit_system": "metric",
    "weight": 78,
}
RECORD_43419: dict[str, Any] = {
    "data": "TfzfJ1QAAABIWERFVi1BVVRPTXwAAAAAhQoAAEZG" + FILLER,
    "data_status": {},
    "dev_id": "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "device": "/api/device/HXSKIN1200002115/",
    "end": 361451358544,
    "firmware_rev": "1.0.5",
    "id": 43419,
    "n_uploaded_timelines": 0,
    "npages": 71710,
    "resource_uri": "/api/record/43419/",
    "soft_protocole": 0,
    "soft_uid": "HXDEV-AUTO",
    "start": 361446243405,
    "start_date": "2014-09-28T10:16:28+00:00",
    "status": "complete",
    "user": {**ATHLETE, "profile": "/api/profile/1460/"},
}
RECORD_37700: dict[str, Any] = {
    "data": "Nh4myFMAAABIWERFVi1BVVRPNp4AAAAAJAAAAEZG" + FILLER,
    "data_status": {},
    "dev_id": "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "device": "/api/device/HXSKIN1200002070/",
    "end": 359840821814,
    "firmware_rev": "1.0.5",
    "id": 37700,
    "last_modified": "2014-07-17T20:16:50+00:00",
    "n_uploaded_timelines": 0,
    "npages": 8276,
    "resource_uri": "/api/record/37700/",
    "soft_protocole": 0,
    "soft_uid": "HXDEV-AUTO",
    "start": 359840226870,
    "start_date": "2014-07-17T19:38:06+00:00",
    "status": "complete",
    "user": {**ATHLETE, "profile": "/api/profile/1460/"},
}


def question(key: int, name: str, unit: dict[str, Any]) -> dict[str, Any]:
    """An activity attribute that has no answer, as a range shows it."""
    return {
        "attrtype": "user",
        "id": key,
        "name": name,
        "resource_uri": f"/api/activityattribute/{key}/",
        "unit": {**unit, "resource_uri": f"/api/unit/{unit['id']}/"},
        "user": None,
        "value": None,
    }


SCALE = "Qualitative scale, select between 1 and 10"
RANGE_61495: dict[str, Any] = {
    "activityattributes": [
        question(1, "distance", {"id": 103, "info": "", "si_long": "kilometer", "si_short": "km"}),
        question(2, "fatigue", {"id": 2, "info": SCALE, "si_long": "", "si_short": ""}),
        question(3, "energy", {"id": 400, "info": "", "si_long": "joule", "si_short": "J"}),
    ],
    "created": "2014-09-08T17:42:42+00:00",
    "duration": "0:00:06",
    "end": 361010731008,
    "id": 61495,
    "last_modified": "2014-09-08T17:42:48+00:00",
    "metrics": [
        {
            "id": 44,
            "name": "heartrate_avg",
            "resource_uri": "/api/metric/44/",
            "title": "HR Avg",
            "unit": {
                "id": 700,
                "resource_uri": "/api/unit/700/",
                "si_long": "beats per minute",
                "si_short": "bpm",
            },
            "value": 69.3333333333333,
            "zones": [0, 114, 133, 152, 171, 250],
        },
        {
            "id": 139,
            "name": "energyecg_vo2_kcal",
            "resource_uri": "/api/metric/139/",
            "title": "energyecg vo2 kcal",
            "unit": {
                "id": 551,
                "resource_uri": "/api/unit/551/",
                "si_long": "Calorie",
                "si_short": "Cal",
            },
            "value": 0.022502796271686363,
            "zones": [],
        },
    ],
    "name": "bike",
    "note": "",
    "parent": None,
    "ranges": [],
    "rank": 0,
    "resource_uri": "/api/range/61495/",
    "start": 361010729472,
    "start_date": "2014-09-08T17:42:42+00:00",
    "status": "complete",
    "trainingroutine": "/api/trainingroutine/1/",
    "user": "/api/user/36/",
}
ROCKPORT: dict[str, Any] = {
    "activitytype": "/api/activitytype/101/",
    "application_metadata": None,
    "description": (
        "The 1 mile Rockport Walk test has been designed to estimate VO2max using a sub-maximal "
        "field test. The goal is to walk 1 mile as fast as possible"
    ),
    "id": 1011,
    "last_used": None,
    "metadata": {"geo": True},
    "name": "1 Mile Rockport Walk Test",
    "resource_uri": "/api/trainingroutine/1011/",
    "steps": [
        {
            "activitytype": "/api/activitytype/10/",
            "custom_target_high": 0,
            "custom_target_low": 0,
            "description": "",
            "duration_type": "distance",
            "duration_value": 1609,
            "index": 0,
            "intensity": "active",
            "name": "run",
            "target_type": "open",
            "target_value": 0,
        }
    ],
    "user": None,
}


def shows(found: Any, printed: Any, place: str = "answer") -> bool:
    """Whether an answer has every printed member with the printed value, of the printed kind."""
    if isinstance(printed, dict):
        assert isinstance(found, dict), place
        missing = printed.keys() - found.keys()
        assert not missing, f"{place} lacks {sorted(missing)}"
        return all(shows(found[key], value, f"{place}.{key}") for key, value in printed.items())
    if isinstance(printed, list):
        assert len(found) == len(printed), place
        return all(
            shows(one, other, f"{place}[{n}]")
            for n, (one, other) in enumerate(zip(found, printed, strict=True))
        )
    assert json.dumps(found) == json.dumps(printed), place
    return True


@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
def test_account(ask: Ask, prefix: str) -> None:
    found = ask(f"{prefix}/account/")
    meta = {"limit": 1, "next": None, "offset": 0, "previous": None, "total_count": 1}
    assert found["meta"] == meta
    (account,) = found["objects"]
    printed = json.dumps({**ATHLETE, "is_staff": False, "profile": PROFILE})
    assert shows(account, json.loads(printed.replace("/api/", f"{prefix}/")))
    assert all(name in account for name in STRIPPED)


def test_users_are_summaries(ask: Ask) -> None:
    users = ask("/api/user/")["objects"]
    me = next(user for user in users if user["id"] == 1511)
    assert shows(me, {**ATHLETE, "profile": "/api/profile/1460/"})
    assert len(users) > 1


def test_the_detail_of_a_user_has_the_profile(ask: Ask) -> None:
    assert shows(ask("/api/user/1511/"), {**ATHLETE, "profile": PROFILE})


def test_a_profile_by_its_own_id_and_by_user(ask: Ask) -> None:
    assert shows(ask("/api/profile/1460/"), {**PROFILE, "user": "/api/user/1511/"})
    assert [row["id"] for row in ask("/api/profile/?user=1511")["objects"]] == [1460]


def test_the_list_of_datatypes_begins_as_printed(ask: Ask) -> None:
    found = ask("/api/datatype/")
    assert found["meta"]["next"] == "/api/datatype/?limit=20&offset=20"
    printed = [
        (208, None, "Recorder start annotation.", "RECSTR_ANNOT_CHAR"),
        (16, 1, "1 to 3 leads ECG channel(s).", "ECG_CHANNEL_CHAR"),
    ]
    for row, (key, spacing, info, name) in zip(found["objects"], printed, strict=False):
        uri = f"/api/datatype/{key}/"
        values = {"dataid": key, "hexo_freq": spacing, "info": info, "name": name}
        assert shows(row, {**values, "id": key, "resource_uri": uri})


def test_the_second_page_of_datatypes(ask: Ask) -> None:
    meta = ask("/api/datatype/?offset=20")["meta"]
    assert meta["next"] == "/api/datatype/?limit=20&offset=40"
    assert meta["previous"] == "/api/datatype/?limit=20&offset=0"


def test_a_datatype(ask: Ask) -> None:
    found = ask("/api/datatype/208/")
    printed = {
        "dataid": 208,
        "info": "Recorder start annotation.",
        "name": "RECSTR_ANNOT_CHAR",
        "resource_uri": "/api/datatype/208/",
    }
    assert shows(found, printed)


def test_all_datatypes(ask: Ask) -> None:
    found = ask("/api/datatype/?limit=0")
    assert found["meta"]["total_count"] == len(found["objects"]) == 111


def test_records_of_two_devices(ask: Ask) -> None:
    found = ask("/api/record/?device__in=HXSKIN1200002115,HXSKIN1200002049")
    assert shows(
        found["meta"],
        {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": 13},
    )
    assert shows(found["objects"][0], RECORD_43419)
    assert all(name in found["objects"][0]["user"] for name in STRIPPED)


def test_a_record(ask: Ask) -> None:
    found = ask("/api/record/37700/")
    assert shows(found, RECORD_37700)
    assert all(name in found["user"] for name in STRIPPED)
    assert found["duration"] == 2324


def test_records_since(ask: Ask) -> None:
    every = ask("/api/record/?limit=0")["meta"]["total_count"]
    for name in ("startTimestamp", "start"):
        found = ask(f"/api/record/?{name}__gte=347631277170&limit=0")
        assert found["meta"]["total_count"] == every
    assert ask("/api/record/?start__gt=361446243405&limit=0")["meta"]["total_count"] < every


def test_records_of_a_user_in_every_spelling(ask: Ask) -> None:
    counts = {
        ask(f"/api/record/?user{value}")["meta"]["total_count"]
        for value in ("=1511", "=/api/user/1511/", "=/api/user/1511", "__exact=/api/user/1511")
    }
    assert len(counts) == 1
    assert 0 not in counts


def test_a_range(ask: Ask) -> None:
    assert shows(ask("/api/range/61495/"), RANGE_61495)


def test_a_training_routine(ask: Ask) -> None:
    assert shows(ask("/api/trainingroutine/1011/"), ROCKPORT)


def test_jogging_belongs_to_running(ask: Ask) -> None:
    assert ask("/api/trainingroutine/6/")["activitytype"] == "/api/activitytype/10/"
    running = ask("/api/activitytype/10/")["default_metrics"]
    assert {f"/api/metric/{key}/" for key in (44, 71, 139)} <= set(running)


def test_used_routines(ask: Ask) -> None:
    every = ask("/api/trainingroutine/?limit=0")["meta"]["total_count"]
    used = ask("/api/trainingroutine/?using=true")["meta"]["total_count"]
    assert 0 < used < every


def test_a_new_annotation(ask: Ask) -> None:
    body = {"datatype": "4096", "start": 123456, "user": 835, "annotation": "Hey guys!"}
    moment = datetime.fromtimestamp(362161472635 / 256, UTC)
    with time_machine.travel(moment, tick=False):
        made = ask(
            "/api/annotation/", method="POST", body=json.dumps(body), by="swimmer", status=201
        )
    printed = {
        "annotation": "Hey guys!",
        "datatype": "/api/datatype/4096/",
        "id": 61353,
        "last_update": 362161472635,
        "record": None,
        "resource_uri": "/api/annotation/61353/",
        "start": 123456,
        "start_date": "1970-01-01T00:08:02+00:00",
        "user": "/api/user/835/",
    }
    assert shows(made, {key: value for key, value in printed.items() if "61353" not in str(value)})
    assert made["resource_uri"] == f"/api/annotation/{made['id']}/"


def test_the_documented_refusals(ask: Ask) -> None:
    """400, 401, 403, 404 and 405, and the methods that are always denied."""
    assert "error" in ask("/api/record/?start=abc", status=400)
    assert ask("/api/record/999999/", status=404) == ""
    for method in ("PUT", "DELETE"):
        assert ask("/api/record/", method=method, body="{}", status=405) == "GET,POST"
    assert ask("/api/range/61495/", method="POST", body="{}", status=405)
    assert ask("/api/range/999999/", method="PUT", body="{}", status=404) == ""
    assert "error" in ask("/api/range/61495/", method="PATCH", body="{}", status=403)


@pytest.mark.parametrize("name", ["athlete", "friend", "runner", "swimmer", "coach", "staff"])
def test_every_demo_login(ask: Ask, name: str) -> None:
    assert ask("/api/account/", by=name)["objects"][0]["email"] == f"{name}@example.com"


def test_athletes_do_not_see_the_coach(ask: Ask) -> None:
    seen = {user["email"] for user in ask("/api/user/")["objects"]}
    assert "coach@example.com" not in seen
    coach = {user["email"] for user in ask("/api/user/", by="coach")["objects"]}
    assert {"athlete@example.com", "runner@example.com", "swimmer@example.com"} <= coach
    assert ask("/api/range/61495/", by="stranger", status=404) == ""


def test_the_newest_annotation_id_follows_the_printed_one(ask: Ask) -> None:
    """Without other new rows the first annotation is the one that the document prints."""
    ids = [row["id"] for row in ask("/api/annotation/?limit=0", by="staff")["objects"]]
    assert max(ids) == 61352


def test_tracks(ask: Ask) -> None:
    printed = {
        "area": None,
        "distance": 656.763124754487,
        "id": 80,
        "name": "",
        "range": "/api/range/58979/",
        "resource_uri": "/api/track/80/",
    }
    assert shows(ask("/api/track/80/"), printed)


def test_points_of_a_track(ask: Ask) -> None:
    found = ask("/api/trackpoint/?track=80")
    assert found["meta"]["total_count"] == 53
    assert found["objects"][0] == {
        "altitude": 42,
        "course": None,
        "horizontal_accuracy": 3.90000009536743,
        "id": 27720,
        "position": [-73.6045937, 45.5308797],
        "resource_uri": "/api/trackpoint/27720/",
        "speed": 0,
        "time": "2014-08-29T09:25:15",
        "track": "/api/track/80/",
        "vertical_accuracy": None,
    }


def test_points_tell_distances(ask: Ask) -> None:
    found = ask("/api/trackpoint/?track=1")
    assert found["meta"]["distance"] == {"/api/track/1/": 13.9953509448312}
    assert (found["meta"]["total_count"], found["meta"]["total_tracks"]) == (2, 1)
    assert found["objects"][1] == {
        "altitude": 38,
        "course": None,
        "horizontal_accuracy": 4,
        "id": 2,
        "position": [-73.598363, 45.5299156],
        "resource_uri": "/api/trackpoint/2/",
        "speed": 5.9548716545105,
        "time": "2014-08-14T05:25:17",
        "track": "/api/track/1/",
        "vertical_accuracy": None,
    }
