"""createrelateduser: an account for somebody else, on which the caller holds bundles."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.models import BundlePermission
from apps.accounts.models import User
from apps.credentials.models import OneTimeToken
from tests.accounts.loops import (
    GOOD,
    NEW,
    OTHER,
    bundle,
    link,
    login,
    mails,
    make_related,
    may_log_in,
    users,
)
from tests.contract.contract import empty
from tests.people import ANYBODY, Caller

LIST = "/api/createrelateduser/"


def body(*bundles: Any, **others: Any) -> dict[str, Any]:
    """A body that names the bundles."""
    return {"email": NEW, "bundles": [f"/api/bundle/{each.pk}/" for each in bundles], **others}


def test_the_whole_loop(owner: Caller) -> None:
    coach = bundle()
    sent = body(coach, first_name="Mia", profile={"fitness": {"weight": 60}, "gender": "F"})
    begun = owner.post(LIST, sent)
    user = User.objects.get(email=NEW)
    shown = {
        "bundles": [f"/api/bundle/{coach.pk}/"],
        "email": NEW,
        "first_name": "Mia",
        "id": user.pk,
        "last_name": "",
        "profile": f"/api/profile/{user.profile.pk}/",
        "resource_uri": f"/api/user/{user.pk}/",
        "username": NEW,
    }
    assert (begun.status_code, begun["Location"]) == (201, f"/api/user/{user.pk}/")
    assert begun.json() == shown
    assert (user.profile.weight, user.profile.gender) == (60, "F")
    path, (mail,) = link(NEW), mails(NEW)
    assert f"{owner.user.email} created an account" in mail["body"]
    assert "these rights on its data: coach." in mail["body"]
    assert ANYBODY.get(path).json() == shown
    done = ANYBODY.put(path, {"password": GOOD, "last_name": "Roy", "profile": {"height": 1.6}})
    assert (done.status_code, done.json()) == (200, {**shown, "last_name": "Roy"})
    user.profile.refresh_from_db()
    assert (user.profile.height, user.profile.weight, user.profile.gender) == (1.6, 60, "F")
    assert may_log_in(NEW, GOOD)


def test_the_caller_gets_the_bundles_and_nobody_else(owner: Caller, outsider: Caller) -> None:
    owner.post(LIST, body(bundle("coach"), bundle("friend", "read"), bundle("friend2", "read")))
    user = User.objects.get(email=NEW)
    held = BundlePermission.objects.filter(user_target=user)
    assert set(held.values_list("user_allowed", "bundle__name")) == {
        (owner.user.pk, "coach"),
        (owner.user.pk, "friend"),
        (owner.user.pk, "friend2"),
    }
    path = f"/api/user/{user.pk}/"
    assert owner.get(path).status_code == 200
    assert owner.patch(path, {"first_name": "Mia"}).status_code == 202
    empty(outsider.get(path), 404)
    user.set_password(GOOD)
    user.save()
    empty(login(NEW, GOOD).get(f"/api/user/{owner.user.pk}/"), 404)


def test_a_bundle_named_twice_is_held_once(owner: Caller) -> None:
    coach = bundle()
    found = owner.post(LIST, body(coach, coach))
    assert found.json()["bundles"] == [f"/api/bundle/{coach.pk}/"]
    assert BundlePermission.objects.count() == 1


@pytest.mark.parametrize("sent", [None, [], [None]])
def test_bundles_are_required(owner: Caller, sent: Any) -> None:
    answer = owner.post(LIST, {"email": NEW, "bundles": sent})
    assert answer.status_code == 400
    assert answer.json() == {"createrelateduser": {"bundles": ["This field is required."]}}


@pytest.mark.parametrize(
    ("sent", "status"),
    [("x", 404), ([5], 400), (["/api/bundle/987654/"], 400), (["/api/user/1/"], 404), ({}, 400)],
)
def test_bundles_that_are_none(owner: Caller, sent: Any, status: int) -> None:
    assert owner.post(LIST, {"email": NEW, "bundles": sent}).status_code == status
    assert users() == {owner.user.email}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "owner@example.com"}, "email"),
        ({"email": "x"}, "email"),
        ({"password": "12345678"}, "password"),
    ],
)
def test_what_is_refused(owner: Caller, changes: dict[str, str], field: str) -> None:
    answer = owner.post(LIST, {**body(bundle()), **changes})
    assert (answer.status_code, list(answer.json()["createrelateduser"])) == (400, [field])
    assert (users(), BundlePermission.objects.count()) == ({owner.user.email}, 0)
    assert OneTimeToken.objects.count() == 0


def test_a_password_given_at_once_may_stay(owner: Caller) -> None:
    owner.post(LIST, body(bundle(), password=GOOD))
    assert may_log_in(NEW, GOOD)
    assert ANYBODY.put(link(NEW), {}).status_code == 200
    assert may_log_in(NEW, GOOD)


def test_the_owner_of_the_address_may_change_it(owner: Caller) -> None:
    owner.post(LIST, body(bundle(), password=GOOD))
    assert may_log_in(NEW, GOOD)
    assert ANYBODY.put(link(NEW), {"password": OTHER}).status_code == 200
    assert (may_log_in(NEW, OTHER), may_log_in(NEW, GOOD)) == (True, False)


def test_without_a_password_nobody_logs_in_before_there_is_one(owner: Caller) -> None:
    path = make_related(owner)
    answer = ANYBODY.put(path, {"first_name": "Mia"})
    assert answer.json() == {"createrelateduser": {"password": ["This field is required."]}}
    user = User.objects.get(email=NEW)
    assert (user.first_name, user.has_usable_password()) == ("", False)


def test_the_put_changes_no_address_and_no_bundles(owner: Caller) -> None:
    path, before = make_related(owner), BundlePermission.objects.count()
    sent = {"password": GOOD, "email": "eve@example.com", "bundles": [], "is_staff": True}
    assert ANYBODY.put(path, sent).json()["email"] == NEW
    user = User.objects.get(email=NEW)
    assert (user.username, user.is_staff) == (NEW, False)
    assert BundlePermission.objects.count() == before


def test_a_lost_mail_is_made_up_for_by_resetpassword(owner: Caller) -> None:
    path = make_related(owner)
    ANYBODY.post("/api/resetpassword/", {"email": NEW})
    assert ANYBODY.put(link(NEW), {"password": GOOD}).status_code == 200
    assert may_log_in(NEW, GOOD)
    empty(ANYBODY.put(path, {"password": OTHER}), 404)
