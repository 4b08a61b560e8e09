"""Who sees body and fitness: the right `profile`; a friend sees the person and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import PROFILE, READ, WRITE, Bundle, BundlePermission
from apps.accounts.models import Profile
from apps.records.models import Range, Record
from tests.people import PEOPLE, Caller, Cast, grant

FIXTURE = Path(__file__).parents[2] / "fixtures" / "catalog" / "bundle.json"
SEES = {"owner", "coach", "staff"}
READS = {*SEES, "friend"}


@pytest.fixture
def profile(owner: Caller) -> Profile:
    return Profile.objects.create(user=owner.user, height=1.7, weight=60, gender="F")


def one(caller: Caller, path: str) -> Any:
    """The only object of a list."""
    answer = caller.get(path)
    assert answer.status_code == 200, answer.content
    found = answer.json()["objects"]
    return found[0] if found else None


@pytest.mark.parametrize("name", PEOPLE)
def test_a_user_is_shown_with_the_profile_one_may_see(
    cast: Cast, profile: Profile, name: str
) -> None:
    listed = one(cast[name], f"/api/user/?id={profile.user_id}")
    if name not in READS:
        assert listed is None
        return
    detail = cast[name].get(f"/api/user/{profile.user_id}/").json()
    assert listed["email"] == detail["email"] == profile.user.email
    if name in SEES:
        assert listed["profile"] == detail["profile"]["resource_uri"]
        assert detail["profile"]["weight"] == 60
    else:
        assert listed["profile"] is None
        assert detail["profile"] is None


@pytest.mark.parametrize("name", PEOPLE)
def test_no_answer_tells_a_profile_that_one_may_not_see(
    cast: Cast, profile: Profile, name: str
) -> None:
    uri = f"/api/profile/{profile.pk}/"
    Record.objects.create(user=profile.user, start=0)
    told = [
        cast[name].get(path).content.decode()
        for path in (
            "/api/user/",
            f"/api/user/{profile.user_id}/",
            f"/api/user/set/{profile.user_id}/",
            "/api/record/",
            "/api/bundle_permission/",
            "/api/profile/",
            f"/api/profile/?user={profile.user_id}",
            uri,
        )
    ]
    assert any(uri in text for text in told) == (name in SEES)
    assert cast[name].get(uri).status_code == (200 if name in SEES else 404)


@pytest.mark.parametrize("name", PEOPLE)
def test_who_changes_a_profile(cast: Cast, profile: Profile, name: str) -> None:
    answer = cast[name].patch(f"/api/profile/{profile.pk}/", {"weight": 61})
    assert answer.status_code == (202 if name in SEES else 404)
    profile.refresh_from_db()
    assert profile.weight == (61 if name in SEES else 60)


@pytest.mark.parametrize("rights", [[PROFILE], [PROFILE, WRITE]])
def test_the_right_to_a_profile_alone_shows_no_person(
    cast: Cast, profile: Profile, rights: list[str]
) -> None:
    grant(cast.owner.user, cast.outsider.user, *rights)
    assert cast.outsider.get(f"/api/profile/{profile.pk}/").status_code == 200
    assert cast.outsider.get(f"/api/user/{profile.user_id}/").status_code == 404
    assert one(cast.outsider, f"/api/record/?user={profile.user_id}") is None


def test_who_may_write_but_not_see_a_profile_does_not_write_it(
    cast: Cast, profile: Profile
) -> None:
    grant(cast.owner.user, cast.outsider.user, READ, WRITE)
    assert cast.outsider.patch(f"/api/profile/{profile.pk}/", {"weight": 1}).status_code == 404


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("user", "profile__weight"),
        ("user", "-profile__id"),
        ("record", "user__profile__weight"),
        ("record", "-user__profile__date_of_birth"),
        ("range", "user__profile__height"),
    ],
)
def test_orders_do_not_compare_profiles(
    cast: Cast, profile: Profile, path: str, order: str
) -> None:
    """By putting themselves between others, a friend would learn their weight."""
    for number, caller in enumerate((cast.friend, cast.coach)):
        Profile.objects.create(
            pk=profile.pk + 1 + number,
            user=caller.user,
            height=1.6,
            weight=60,
            date_of_birth="1980-01-01",
        )
    for user in (cast.friend.user, cast.coach.user, cast.owner.user):
        Record.objects.create(user=user, start=0)
        Range.objects.create(user=user, start=0)

    def orders(caller: Caller) -> list[list[int]]:
        found = []
        for height, born, key in ((1.5, "1970-01-01", -1), (1.9, "1990-01-01", 9)):
            Profile.objects.filter(user=cast.owner.user).update(
                id=profile.pk + key, height=height, weight=100 * height - 100, date_of_birth=born
            )
            objects = caller.get(f"/api/{path}/", {"order_by": order}).json()["objects"]
            found.append([each["id"] for each in objects])
        return found

    lighter, heavier = orders(cast.friend)
    assert lighter == heavier
    lighter, heavier = orders(cast.coach)
    assert lighter != heavier


@pytest.mark.parametrize("path", ["user", "record", "bundle_permission", "account"])
def test_a_list_with_profiles_is_one_statement(cast: Cast, profile: Profile, path: str) -> None:
    Record.objects.create(user=profile.user)
    cast.friend.get(f"/api/{path}/")
    with CaptureQueriesContext(connection) as statements:
        assert cast.friend.get(f"/api/{path}/").json()["objects"]
    assert len(statements) == 2  # the login is one


def test_a_grant_that_ends_hides_the_profile_at_once(cast: Cast, profile: Profile) -> None:
    path = f"/api/user/{profile.user_id}/"
    assert cast.coach.get(path).json()["profile"]["id"] == profile.pk
    BundlePermission.objects.filter(user_allowed=cast.coach.user).delete()
    grant(cast.owner.user, cast.coach.user, READ)
    assert cast.coach.get(path).json()["profile"] is None


def catalogued() -> Iterator[Bundle]:
    for row in json.loads(FIXTURE.read_text())["bundle"].values():
        yield Bundle(**row)


def test_what_the_bundles_of_the_service_allow() -> None:
    assert {bundle.name: set(bundle.rights) for bundle in catalogued()} == {
        "coach": {READ, PROFILE, WRITE},
        "friend": {READ},
        "admin": {READ, PROFILE, WRITE},
    }


# What a profile may hold


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("gender", "X"),
        ("gender", "male"),
        ("date_of_birth", "1899-12-31"),
        ("date_of_birth", "2999-01-01"),
        ("height", 182),
        ("height", 0),
        ("weight", -1),
        ("weight", 0.5),
        ("weight", 1000),
        ("unit_system", "parsecs"),
        ("unit_system", 1),
        ("preferences", ["dark"]),
        ("preferences", "dark"),
        ("zones", {"easy": 1}),
        ("zones", 5),
    ],
)
def test_what_no_profile_holds(owner: Caller, profile: Profile, member: str, wrong: object) -> None:
    path = f"/api/profile/{profile.pk}/"
    before = owner.get(path).json()
    answer = owner.patch(path, {member: wrong})
    assert answer.status_code == 400, answer.content
    assert member in answer.content.decode()
    assert owner.get(path).json() == before


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("gender", ""),
        ("gender", "M"),
        ("date_of_birth", "1900-01-01"),
        ("height", 0.5),
        ("weight", 300.5),
        ("unit_system", "imperial"),
        ("preferences", {}),
        ("preferences", {"notify": {"mail": [1, 2.5, None, True]}}),
        ("preferences", None),
        ("zones", []),
        ("zones", [{"name": "easy", "hr": [90, 120]}]),
        ("zones", None),
    ],
)
def test_what_a_profile_holds(owner: Caller, profile: Profile, member: str, value: object) -> None:
    path = f"/api/profile/{profile.pk}/"
    assert owner.patch(path, {member: value}).json()[member] == value
    assert owner.get(path).json()[member] == value


def test_height_and_weight_are_metric_whatever_the_unit_system(
    owner: Caller, profile: Profile
) -> None:
    """unit_system says how a program shows them; the API always speaks metres and kilograms."""
    path = f"/api/profile/{profile.pk}/"
    found = owner.patch(path, {"unit_system": "imperial"}).json()
    assert (found["height"], found["weight"]) == (1.7, 60)


# Search


@pytest.mark.parametrize("text", ["Ada Lovelace", "lovelace ada", "ADA  owner@", "ove da"])
def test_every_word_of_a_search_is_somewhere(owner: Caller, text: str) -> None:
    owner.patch(f"/api/user/{owner.user.pk}/", {"first_name": "Ada", "last_name": "Lovelace"})
    assert one(owner, f"/api/user/?search={text}")["id"] == owner.user.pk


@pytest.mark.parametrize("text", ["Ada Byron", "lovelacex", "%", "_da"])
def test_a_word_that_is_nowhere_finds_nobody(owner: Caller, text: str) -> None:
    owner.patch(f"/api/user/{owner.user.pk}/", {"first_name": "Ada", "last_name": "Lovelace"})
    assert one(owner, f"/api/user/?search={text}") is None


def test_search_finds_only_whom_one_sees(cast: Cast) -> None:
    for name in PEOPLE:
        assert (one(cast[name], "/api/user/?search=owner") is not None) == (name in READS)
