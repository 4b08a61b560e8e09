"""createuserrequest: a stranger asks for an account."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Profile, User
from apps.credentials.models import OneTimeToken
from tests.accounts.loops import GOOD, NEW, OTHER, link, mails, may_log_in, statements, users
from tests.contract.contract import empty
from tests.people import ANYBODY, Caller, new_user

LIST = "/api/createuserrequest/"
BODY = {"email": NEW, "password": GOOD, "first_name": "Mia", "last_name": "Roy"}


def test_the_whole_loop(db: None) -> None:
    begun = ANYBODY.post(LIST, BODY)
    assert (begun.status_code, begun.json()) == (202, {})
    assert not User.objects.exists()
    assert not may_log_in(NEW, GOOD)
    path = link(NEW)
    pending = {
        "email": NEW,
        "first_name": "Mia",
        "id": None,
        "last_name": "Roy",
        "profile": None,
        "resource_uri": path,
        "username": NEW,
    }
    assert ANYBODY.get(path).json() == pending
    done = ANYBODY.send("PUT", path, "", "")
    user = User.objects.get()
    made = {
        "id": user.pk,
        "profile": f"/api/profile/{Profile.objects.get().pk}/",
        "resource_uri": f"/api/user/{user.pk}/",
    }
    assert (done.status_code, done.json()) == (200, {**pending, **made})
    assert may_log_in(NEW, GOOD)


def test_the_put_may_bring_password_and_names(db: None) -> None:
    ANYBODY.post(LIST, {"email": NEW, "first_name": "Mia"})
    path = link(NEW)
    missing = ANYBODY.put(path, {})
    assert missing.status_code == 400
    assert missing.json() == {"createuserrequest": {"password": ["This field is required."]}}
    body = {"password": OTHER, "last_name": "Roy", "email": "eve@example.com"}
    assert ANYBODY.put(path, body).status_code == 200
    user = User.objects.get()
    assert (user.email, user.username) == (NEW, NEW)
    assert (user.first_name, user.last_name) == ("Mia", "Roy")
    assert may_log_in(NEW, OTHER)


def test_the_profile_is_not_written(db: None) -> None:
    """Its documents say so; it is empty, and the user fills it himself."""
    ANYBODY.post(LIST, {**BODY, "profile": {"gender": "F"}})
    ANYBODY.put(link(NEW), {"profile": {"gender": "F"}})
    assert Profile.objects.get(user__email=NEW).gender == ""


@pytest.mark.parametrize("known", ["owner@example.com", "Owner@Example.com"])
def test_nobody_learns_whether_an_address_is_known(owner: Caller, known: str) -> None:
    with CaptureQueriesContext(connection) as fresh:
        new = ANYBODY.post(LIST, BODY)
    with CaptureQueriesContext(connection) as taken:
        old = ANYBODY.post(LIST, {**BODY, "email": known})
    assert (old.status_code, old.content, old.items()) == (
        new.status_code,
        new.content,
        new.items(),
    )
    assert statements(taken) == statements(fresh)
    (mail,) = mails(owner.user.email)
    assert mail["links"] == []
    assert "already have an account with it" in mail["body"]


def test_inactive_users_are_known_too(db: None) -> None:
    new_user("mia", is_active=False).save()
    assert ANYBODY.post(LIST, BODY).status_code == 202
    assert mails(NEW)[0]["links"] == []


def test_of_two_requests_one_makes_the_account(db: None) -> None:
    ANYBODY.post(LIST, BODY)
    first = link(NEW)
    ANYBODY.post(LIST, {**BODY, "password": OTHER})
    second = link(NEW)
    assert ANYBODY.put(second, {}).status_code == 200
    late = ANYBODY.put(first, {})
    assert late.status_code == 400
    assert "already exists" in late.json()["createuserrequest"]["email"][0]
    assert may_log_in(NEW, OTHER)
    assert not may_log_in(NEW, GOOD)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"email": "x"}, "email"), ({"email": None}, "email"), ({"password": "12345"}, "password")],
)
@pytest.mark.parametrize("address", [NEW, "owner@example.com"])
def test_what_is_refused(
    owner: Caller, changes: dict[str, str | None], field: str, address: str
) -> None:
    answer = ANYBODY.post(LIST, {**BODY, "email": address, **changes})
    assert answer.status_code == 400
    assert list(answer.json()["createuserrequest"]) == [field]
    assert (users(), OneTimeToken.objects.count()) == ({owner.user.email}, 0)


def test_credentials_do_not_matter(owner: Caller) -> None:
    wrong = Caller(headers={"Authorization": "Basic nonsense"})
    assert wrong.post(LIST, BODY).status_code == 202
    assert owner.put(link(NEW), {}).status_code == 200
    empty(ANYBODY.get(LIST + "schema/x/"), 404)


def test_the_password_is_stored_as_a_hash_only(db: None) -> None:
    ANYBODY.post(LIST, BODY)
    assert GOOD not in str(list(OneTimeToken.objects.values()))
    assert GOOD not in str(mails(NEW))
    assert GOOD not in ANYBODY.get(link(NEW)).content.decode()
    assert "secret" not in ANYBODY.get(link(NEW)).json()
