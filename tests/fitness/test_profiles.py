"""`/api/profile/<id>/fitness/<kpi>/` and `/api/profile/<id>/populationdistribution/`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from apps.accounts.models import Profile
from apps.bookkeeping.models import ActivityLog
from apps.catalog.models import Datatype, Unit
from apps.fitness import values
from apps.fitness.models import AsyncValue, Kpi, Population
from tests.people import ANYBODY, PEOPLE, Caller, Cast

NOW = datetime(2014, 9, 28, 12, tzinfo=UTC)
TICKS = int(NOW.timestamp()) * 256
DATATYPES = (("weight", 10000), ("vo2_max", 10002), ("vo2_max_manual", 10102))


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def profile(owner: Caller) -> Profile:
    """The owner's profile, and three indicators, one of them without a data type."""
    kilogram = Unit.objects.create(id=9015, si_short="kg", si_long="kilogram")
    types = {name: Datatype.objects.create(dataid=dataid, name=name) for name, dataid in DATATYPES}
    weight = _kpi("weight", kilogram, types["weight"], 2, 500)
    weight.datatypes.add(types["weight"])
    vo2_max = _kpi("vo2_max", kilogram, types["vo2_max_manual"], 5, 100)
    vo2_max.datatypes.add(types["vo2_max"], types["vo2_max_manual"])
    _kpi("waist", kilogram, None, 0, 3)
    Population.objects.create(
        kpi=vo2_max, gender="M", age_min=30, age_max=39, quintiles=[35, 39, 42, 47], source="S"
    )
    Population.objects.create(kpi=vo2_max, gender="F", age_min=30, mean=30, sd=5, source="T")
    return Profile.objects.create(
        user=owner.user,
        gender="M",
        date_of_birth=date(1980, 1, 1),
        fitness={"hr_rest": 73},
        height=1.82,
    )


def _kpi(name: str, unit: Unit, entered: Datatype | None, least: float, most: float) -> Kpi:
    return Kpi.objects.create(
        name=name, title=name.title(), unit=unit, entered=entered, least=least, most=most
    )


def path(profile: Profile, kpi: str = "weight") -> str:
    return f"/api/profile/{profile.pk}/fitness/{kpi}/"


def distribution(caller: Caller, profile: Profile, kpi: str) -> Any:
    return caller.get(f"/api/profile/{profile.pk}/populationdistribution/{kpi}/").json()


def note(owner: Caller, datatype: int, start: int, data: float) -> AsyncValue:
    return AsyncValue.objects.create(user=owner.user, datatype_id=datatype, start=start, data=data)


def test_a_new_value(owner: Caller, profile: Profile) -> None:
    answer = owner.post(path(profile), {"value": 78.0})
    assert answer.status_code == 201
    found = answer.json()
    uri = f"/api/async/{found['id']}/"
    assert answer["Location"] == found["resource_uri"] == uri
    assert found == {
        "datatype": "/api/datatype/10000/",
        "description": "",
        "id": found["id"],
        "name": "weight",
        "resource_uri": uri,
        "start": TICKS,
        "start_date": "2014-09-28T12:00:00+00:00",
        "title": "Weight",
        "unit": {
            "id": 9015,
            "resource_uri": "/api/unit/9015/",
            "si_long": "kilogram",
            "si_short": "kg",
        },
        "value": 78,
    }
    stored = owner.get(uri).json()
    assert (stored["data"], stored["datatype"]) == (78.0, found["datatype"])
    assert owner.get(path(profile)).json()["objects"] == [found]
    body = owner.get(f"/api/profile/{profile.pk}/").json()
    assert body["fitness"] == {"hr_rest": 73, "weight": 78}
    assert (body["weight"], body["height"]) == (78, 1.82)


def test_the_newest_value_counts(owner: Caller, profile: Profile) -> None:
    for start, value in ((100, 81.5), (300, 78), (200, 80)):
        assert owner.post(path(profile), {"value": value, "start": start}).status_code == 201
    found = owner.get(path(profile)).json()["objects"]
    assert [row["value"] for row in found] == [78, 80, 81.5]
    profile.refresh_from_db()
    assert (profile.fitness, profile.weight) == ({"hr_rest": 73, "weight": 78}, 78)


def test_all_data_types_of_an_indicator_count(owner: Caller, profile: Profile) -> None:
    note(owner, 10002, 100, 40)
    owner.post(path(profile, "vo2_max"), {"value": 42})
    found = owner.get(path(profile, "vo2_max")).json()["objects"]
    assert [row["datatype"][-6:-1] for row in found] == ["10102", "10002"]
    assert (
        owner.get(path(profile, "vo2_max"), {"datatype__ne": 10102}).json()["objects"]
        == (found[1:])
    )


def test_a_deleted_value_is_forgotten(owner: Caller, profile: Profile) -> None:
    uris = [
        owner.post(path(profile), {"value": value, "start": value}).json()["resource_uri"]
        for value in (78, 80)
    ]
    for uri, weight in ((uris[1], 78), (uris[0], None)):
        assert owner.delete(uri).status_code == 204
        profile.refresh_from_db()
        assert profile.weight == weight
        assert profile.fitness == {"hr_rest": 73, **({"weight": weight} if weight else {})}


def test_a_user_can_be_deleted(owner: Caller, profile: Profile) -> None:
    owner.post(path(profile), {"value": 78})
    owner.user.delete()
    assert not AsyncValue.objects.exists()


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        ({}, [300, 200, 100]),
        ({"start": 200}, [200]),
        ({"start__exact": 200}, [200]),
        ({"start__gt": 200}, [300]),
        ({"start__gte": 200}, [300, 200]),
        ({"start__lt": 200}, [100]),
        ({"start__lte": 200}, [200, 100]),
        ({"start__range": "150,300"}, [300, 200]),
        ({"order_by": "start"}, [100, 200, 300]),
        ({"foo": 1}, [300, 200, 100]),
    ],
)
def test_filters(owner: Caller, profile: Profile, query: dict[str, Any], starts: list[int]) -> None:
    for start in (200, 300, 100):
        note(owner, 10000, start, 80)
    found = owner.get(path(profile), query).json()["objects"]
    assert [row["start"] for row in found] == starts


def test_pages(owner: Caller, profile: Profile) -> None:
    for start in (200, 300, 100):
        note(owner, 10000, start, 80)
    found = owner.get(path(profile), {"limit": 2, "start__gt": 0}).json()
    link = f"{path(profile)}?start__gt=0&limit=2&offset=2"
    meta = {"limit": 2, "next": link, "offset": 0, "previous": None, "total_count": 3}
    assert (found["meta"], len(found["objects"])) == (meta, 2)
    assert [row["start"] for row in owner.get(link).json()["objects"]] == [100]
    for wrong in ({"limit": "x"}, {"start__gt": "x"}, {"order_by": "value"}):
        assert owner.get(path(profile), wrong).status_code == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "The 'value' field has no data and doesn't allow a default or null value."),
        ({"value": None}, "The 'value' field has no data and doesn't allow a default or null"),
        ({"value": "heavy"}, "The 'value' field was given data that is not a number: 'heavy'."),
        ({"value": [1]}, "The 'value' field was given data that is not a number: [1]."),
        ({"value": 1.9}, "The 'value' of weight must be between 2 and 500 kg."),
        ({"value": 501}, "The 'value' of weight must be between 2 and 500 kg."),
        ({"value": -80}, "The 'value' of weight must be between 2 and 500 kg."),
        ({"value": 80, "start": "now"}, "The 'start' field was given data that is not an integer"),
        ({"value": 80, "start": 2**63}, "The 'start' field was given data that is not an integer"),
        ([80], "Invalid data sent."),
        (80, "Invalid data sent."),
    ],
)
def test_wrong_values(owner: Caller, profile: Profile, body: object, text: str) -> None:
    answer = owner.post(path(profile), body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(text)
    assert not AsyncValue.objects.exists()
    assert not ActivityLog.objects.exists()


@pytest.mark.parametrize("value", [2, 500, "80.5", True + 1])
def test_values_on_the_edge(owner: Caller, profile: Profile, value: object) -> None:
    assert owner.post(path(profile), {"value": value}).status_code == 201


def test_unknown_indicators(owner: Caller, profile: Profile) -> None:
    for asked in (
        path(profile, "charm"),
        path(profile, "WEIGHT"),
        "/api/profile/0/fitness/weight/",
    ):
        assert owner.get(asked).status_code == 404
        assert owner.post(asked, {"value": 80}).status_code == 404
    assert owner.get(f"/api/profile/{profile.pk}/fitness/").status_code == 404
    assert owner.get(f"/api/profile/{profile.pk}/populationdistribution/charm/").status_code == 404


def test_an_indicator_whose_data_type_nobody_knows(owner: Caller, profile: Profile) -> None:
    assert owner.get(path(profile, "waist")).json()["objects"] == []
    assert owner.post(path(profile, "waist"), {"value": 0.9}).status_code == 501


def test_other_methods(owner: Caller, profile: Profile) -> None:
    for verb in ("PUT", "PATCH", "DELETE"):
        answer = owner.request(verb, path(profile), {})
        assert (answer.status_code, answer["Allow"]) == (405, "GET,POST")
    assert owner.post(f"/api/profile/{profile.pk}/populationdistribution/", {}).status_code == 405
    assert ANYBODY.get(path(profile)).status_code == 401


def test_rights(cast: Cast, profile: Profile) -> None:
    """Everybody may do what he may do with the profile."""
    note(cast.owner, 10000, 100, 80)
    for person in PEOPLE:
        read = cast[person].get(f"/api/profile/{profile.pk}/").status_code
        written = cast[person].patch(f"/api/profile/{profile.pk}/", {}).status_code
        assert cast[person].get(path(profile)).status_code == read
        below = f"/api/profile/{profile.pk}/populationdistribution/"
        assert cast[person].get(below).status_code == read
        assert cast[person].get(f"{below}weight/").status_code == read
        answer = cast[person].post(path(profile), {"value": 81})
        assert answer.status_code == {202: 201}.get(written, written)
    assert cast.outsider.get(path(profile)).status_code == 404
    assert set(AsyncValue.objects.values_list("user", flat=True)) == {cast.owner.user.pk}


def test_the_write_is_noted_as_that_of_a_value(owner: Caller, profile: Profile) -> None:
    uri = owner.post(path(profile), {"value": 80}).json()["resource_uri"]
    (row,) = ActivityLog.objects.values()
    assert (row["method"], row["path"]) == ("POST", path(profile))
    assert (row["resource_name"], row["object_resource_uri"]) == ("async", uri)


@pytest.mark.parametrize(
    ("value", "zone"), [(5, 1), (34.9, 1), (35, 2), (41.9, 3), (42, 4), (46, 4), (47, 5), (90, 5)]
)
def test_zones(owner: Caller, profile: Profile, value: float, zone: int) -> None:
    note(owner, 10002, 100, value)
    found = distribution(owner, profile, "vo2_max")
    assert (found["value"], found["zone"], found["age"]) == (value, zone, 34)
    assert found["target_zone"] == {
        "1": [None, 35],
        "2": [35, 39],
        "3": [39, 42],
        "4": [42, 47],
        "5": [47, None],
    }


def test_the_whole_distribution_is_shown(owner: Caller, profile: Profile) -> None:
    groups = distribution(owner, profile, "vo2_max")["distribution"]
    women, men = groups
    assert (women["gender"], women["age_max"], women["source"]) == ("F", None, "T")
    assert women["quintiles"] == [25.7919, 28.7333, 31.2667, 34.2081]
    assert (men["age_min"], men["age_max"], men["quintiles"]) == (30, 39, [35, 39, 42, 47])


@pytest.mark.parametrize(
    "change", [{"gender": ""}, {"date_of_birth": None}, {"date_of_birth": date(1990, 1, 1)}]
)
def test_no_zone_outside_of_the_groups(
    owner: Caller, profile: Profile, change: dict[str, Any]
) -> None:
    note(owner, 10002, 100, 40)
    Profile.objects.filter(pk=profile.pk).update(**change)
    found = distribution(owner, profile, "vo2_max")
    assert (found["zone"], found["target_zone"]["3"]) == (None, "na")
    assert found["distribution"]


def test_no_zone_without_a_value_or_a_distribution(owner: Caller, profile: Profile) -> None:
    found = distribution(owner, profile, "vo2_max")
    assert (found["value"], found["zone"], found["target_zone"]["5"]) == (None, None, [47, None])
    found = distribution(owner, profile, "weight")
    assert (found["distribution"], found["zone"]) == (None, None)
    assert found["target_zone"] == dict.fromkeys("12345", "na")


def test_all_indicators_at_once(owner: Caller, profile: Profile) -> None:
    found = owner.get(f"/api/v1/profile/{profile.pk}/populationdistribution/").json()
    assert found["meta"]["total_count"] == 3
    assert [row["name"] for row in found["objects"]] == ["vo2_max", "waist", "weight"]
    uri = f"/api/v1/profile/{profile.pk}/populationdistribution/vo2_max/"
    assert found["objects"][0] == owner.get(uri).json()
    assert found["objects"][0]["resource_uri"] == uri


def test_nothing_happens_to_a_user_without_a_profile(owner: Caller, profile: Profile) -> None:
    row = note(owner, 10000, 100, 80)
    profile.delete()
    values.refresh_profile(owner.user.pk, Kpi.objects.get(name="weight"))
    assert owner.delete(f"/api/async/{row.pk}/").status_code == 204


def test_a_weight_written_into_the_profile_joins_its_history(
    owner: Caller, profile: Profile
) -> None:
    note(owner, 10000, 100, 80)
    uri = f"/api/profile/{profile.pk}/"
    for weight in (79, 79, None):
        assert owner.patch(uri, {"weight": weight}).status_code == 202
    found = owner.get(path(profile)).json()["objects"]
    assert [(row["start"], row["value"]) for row in found] == [(TICKS, 79), (100, 80)]
    assert owner.get(uri).json()["fitness"] == {"hr_rest": 73, "weight": 79}
