"""Links that open one object to everybody who has them: share and sharetype."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.access.models import Bundle, BundlePermission, Share, ShareType
from apps.accounts.models import Profile, User
from apps.catalog.models import TrainingRoutine
from apps.records.models import Range, Record
from tests.frozen import FrozenClock, frozen
from tests.people import ANYBODY, PEOPLE, Caller, Cast

__all__ = ["frozen"]

SHARES = "/api/share/"


@pytest.fixture
def record(owner: Caller) -> Record:
    Profile.objects.create(user=owner.user)
    return Record.objects.create(user=owner.user, start=256, end=512)


def sharing(kind: str, key: int) -> dict[str, Any]:
    """What shares an object."""
    sharetype, _ = ShareType.objects.get_or_create(name=kind)
    return {"sharetype": f"/api/sharetype/{sharetype.pk}/", "object_id": key}


def link(caller: Caller, record: Record) -> str:
    """The path that opens a record."""
    answer = caller.post(SHARES, sharing("record", record.pk))
    assert answer.status_code == 201, answer.content
    found: str = answer.json()["shared_uri"]
    return found


def test_a_link_opens_the_object_without_a_login(owner: Caller, record: Record) -> None:
    shared = link(owner, record)
    answer = ANYBODY.get(shared)
    assert answer.status_code == 200
    mine = owner.get(f"/api/record/{record.pk}/").json()
    nameless = {"email": "", "first_name": "", "last_name": "", "profile": None, "username": ""}
    assert answer.json() == {**mine, "user": {**mine["user"], **nameless}}
    assert answer["Cache-Control"] == "no-cache"


def test_what_a_share_shows_its_maker(owner: Caller, record: Record) -> None:
    found = owner.post(SHARES, sharing("record", record.pk)).json()
    assert len(found["token"]) == 43
    assert found["shared_uri"] == f"/api/share/{found['token']}/"
    assert found["object_id"] == record.pk
    assert owner.get(found["resource_uri"]).json() == found


def test_a_link_echoes_the_prefix(owner: Caller, record: Record) -> None:
    shared = link(owner, record)
    found = ANYBODY.get(shared.replace("/api/", "/api/v1/")).json()
    assert found["resource_uri"] == f"/api/v1/record/{record.pk}/"


def test_nobody_chooses_the_token_or_the_time(
    owner: Caller, record: Record, frozen: FrozenClock
) -> None:
    chosen = {"token": "guess", "created": "2999-01-01T00:00:00", "shared_uri": "/api/share/guess/"}
    found = owner.post(SHARES, {**sharing("record", record.pk), **chosen}).json()
    assert "guess" not in (found["token"], found["shared_uri"])
    assert Share.objects.get().created == frozen.now


def test_ranges_and_routines_are_shared_too(owner: Caller) -> None:
    made = Range.objects.create(user=owner.user, start=256, name="morning")
    routine = TrainingRoutine.objects.create(name="Jog")
    for kind, key, name in (("range", made.pk, "morning"), ("trainingroutine", routine.pk, "Jog")):
        shared = owner.post(SHARES, sharing(kind, key)).json()["shared_uri"]
        assert ANYBODY.get(shared).json()["name"] == name


def test_a_link_tells_nothing_personal(owner: Caller) -> None:
    routine = TrainingRoutine.objects.create(name="Jog")
    Range.objects.create(user=owner.user, start=256, trainingroutine=routine)
    shared = owner.post(SHARES, sharing("trainingroutine", routine.pk)).json()["shared_uri"]
    assert owner.get(f"/api/trainingroutine/{routine.pk}/").json()["last_used"] is not None
    assert ANYBODY.get(shared).json()["last_used"] is None


@pytest.mark.parametrize("name", PEOPLE)
def test_one_shares_what_one_may_change(cast: Cast, record: Record, name: str) -> None:
    answer = cast[name].post(SHARES, sharing("record", record.pk))
    assert answer.status_code == {"outsider": 404, "friend": 403}.get(name, 201)
    assert Share.objects.count() == (name not in ("outsider", "friend"))


def test_a_link_ends_with_the_sight_of_its_maker(cast: Cast, record: Record) -> None:
    shared = link(cast.coach, record)
    assert ANYBODY.get(shared).status_code == 200
    BundlePermission.objects.filter(user_allowed=cast.coach.user).delete()
    answer = ANYBODY.get(shared)
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_link_ends_with_the_right_of_its_maker_to_share(cast: Cast, record: Record) -> None:
    shared = link(cast.coach, record)
    held = BundlePermission.objects.get(user_allowed=cast.coach.user)
    held.bundle = Bundle.objects.get(name="read")  # what a friend holds, who still sees it
    held.save()
    assert cast.coach.post(SHARES, sharing("record", record.pk)).status_code == 403
    answer = ANYBODY.get(shared)
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_link_sleeps_with_the_account_of_its_maker(owner: Caller, record: Record) -> None:
    shared = link(owner, record)
    User.objects.filter(pk=owner.user.pk).update(is_active=False)
    assert ANYBODY.get(shared).status_code == 404
    User.objects.filter(pk=owner.user.pk).update(is_active=True)
    assert ANYBODY.get(shared).status_code == 200


@pytest.mark.parametrize("prefix", ["/api/", "/api/v1/"])
@pytest.mark.parametrize("kind", ["record", "range", "trainingroutine"])
def test_a_link_names_nobody(owner: Caller, record: Record, kind: str, prefix: str) -> None:
    owner.user.first_name, owner.user.last_name = "Oona", "Ownerova"
    owner.user.save()
    routine = TrainingRoutine.objects.create(name="Jog", user=owner.user)
    activity = Range.objects.create(user=owner.user, start=256, trainingroutine=routine)
    keys = {"record": record.pk, "range": activity.pk, "trainingroutine": routine.pk}
    shared = owner.post(SHARES, sharing(kind, keys[kind])).json()["shared_uri"]
    text = ANYBODY.get(shared.replace("/api/", prefix)).content.decode()
    assert "@" not in text
    assert "Oona" not in text
    assert "Ownerova" not in text
    assert f"{prefix}user/{owner.user.pk}/" in text


def test_a_link_ends_with_its_object(owner: Caller, record: Record) -> None:
    shared = link(owner, record)
    record.delete()
    assert ANYBODY.get(shared).status_code == 404


def test_a_link_expires_on_the_servers_clock(
    owner: Caller, record: Record, frozen: FrozenClock
) -> None:
    shared = link(owner, record)
    frozen.move(timedelta(days=30) - timedelta(seconds=1))
    assert ANYBODY.get(shared).status_code == 200
    frozen.move(timedelta(seconds=1))
    assert ANYBODY.get(shared).status_code == 404


def test_links_cannot_be_guessed(owner: Caller, record: Record) -> None:
    link(owner, record)
    for token in ("x" * 43, "0" * 43, "_" * 43):
        assert ANYBODY.get(f"{SHARES}{token}/").status_code == 404
    assert ANYBODY.get(f"{SHARES}{Share.objects.get().pk}/").status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_link_is_for_reading(owner: Caller, record: Record, method: str) -> None:
    shared = link(owner, record)
    for caller in (ANYBODY, owner):
        answer = caller.request(method, shared, {"start": 0})
        assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert ANYBODY.sending("X-HTTP-Method-Override", "DELETE").get(shared).status_code == 405
    record.refresh_from_db()
    assert record.start == 256


def test_nobody_else_sees_the_token(cast: Cast, record: Record) -> None:
    link(cast.owner, record)
    for name in PEOPLE:
        found = cast[name].get(SHARES).json()["objects"]
        assert len(found) == (name in ("owner", "staff"))


@pytest.mark.parametrize("key", [987_654_321, -1, 10**15])
def test_what_is_not_there_is_not_shared(owner: Caller, record: Record, key: int) -> None:
    answer = owner.post(SHARES, sharing("record", key))
    assert (answer.status_code, answer.content) == (404, b"")
