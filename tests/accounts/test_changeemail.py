"""changeemail: the new address is confirmed by the token that was mailed to it."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.credentials.models import OneTimeToken
from tests.accounts.loops import GOOD, NEW, change_email, forget_password, link, mails, may_log_in
from tests.contract.contract import empty
from tests.people import ANYBODY, PASSWORD, Caller

LIST = "/api/changeemail/"


def test_the_whole_loop(owner: Caller) -> None:
    begun = owner.post(LIST, {"email": NEW, "first_name": "ignored"})
    assert (begun.status_code, begun.json()) == (202, {})
    path, old = link(NEW), owner.user.email
    assert mails(old) == []
    pending = {
        "email": NEW,
        "first_name": "",
        "id": owner.user.pk,
        "last_name": "",
        "profile": None,
        "resource_uri": f"/api/user/{owner.user.pk}/",
        "username": old,
    }
    assert owner.get(path).json() == pending
    assert owner.get("/api/account/").json()["objects"][0]["email"] == old
    done = owner.send("PUT", path, "", "")
    assert (done.status_code, done.json()) == (200, {**pending, "username": NEW})
    assert may_log_in(NEW, PASSWORD)
    assert not may_log_in(old, PASSWORD)


def test_only_who_asked_may_confirm(owner: Caller, outsider: Caller, staff: Caller) -> None:
    path = change_email(owner)
    for other in (outsider, staff):
        empty(other.get(path), 404)
        empty(other.put(path, {}), 404)
    empty(ANYBODY.get(path), 401)
    empty(ANYBODY.put(path, {}), 401)
    assert owner.put(path, {}).status_code == 200


def test_nobody_learns_whether_an_address_is_known(owner: Caller, outsider: Caller) -> None:
    new = owner.post(LIST, {"email": NEW})
    old = owner.post(LIST, {"email": outsider.user.email.upper()})
    assert (old.status_code, old.content, old.items()) == (
        new.status_code,
        new.content,
        new.items(),
    )
    (mail,) = mails(outsider.user.email)
    assert mail["links"] == []
    assert "already have an account with it" in mail["body"]


def test_an_address_that_was_taken_meanwhile(owner: Caller, outsider: Caller) -> None:
    path = change_email(owner)
    User.objects.filter(pk=outsider.user.pk).update(email=NEW)
    answer = owner.put(path, {})
    assert answer.status_code == 400
    assert "already exists" in answer.json()["changeemail"]["email"][0]
    assert User.objects.get(pk=owner.user.pk).email == owner.user.email


def test_a_user_may_respell_his_own_address(owner: Caller) -> None:
    owner.post(LIST, {"email": "OWNER@example.com"})
    assert owner.put(link("OWNER@example.com"), {}).json()["username"] == "OWNER@example.com"


def test_a_name_that_is_no_address_stays(owner: Caller) -> None:
    User.objects.filter(pk=owner.user.pk).update(username="study_7")
    named = Caller(User.objects.get(pk=owner.user.pk))
    found = named.put(change_email(named), {}).json()
    assert (found["email"], found["username"]) == (NEW, "study_7")


@pytest.mark.parametrize("email", [None, "", "x", 5, ["a@b.test"], "a@b", "a b@c.test"])
def test_addresses_that_are_none(owner: Caller, email: object) -> None:
    answer = owner.post(LIST, {"email": email})
    assert (answer.status_code, list(answer.json()["changeemail"])) == (400, ["email"])
    assert not OneTimeToken.objects.exists()


def test_what_went_to_the_old_address_is_void(owner: Caller) -> None:
    reset, path = forget_password(owner), change_email(owner)
    assert owner.put(path, {}).status_code == 200
    empty(ANYBODY.put(reset, {"password": GOOD}), 404)
