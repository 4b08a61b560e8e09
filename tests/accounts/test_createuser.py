"""createuser: programs and staff make accounts at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils.http import urlsafe_base64_decode

from apps.accounts.models import Profile, User
from apps.credentials.models import Client, OneTimeToken
from apps.credentials.signed_keys.signatures import compute_signature
from hexostore import clock
from tests.accounts.loops import GOOD, NEW, OTHER, link, login, mails, may_log_in, users
from tests.contract.contract import empty
from tests.people import ANYBODY, Caller

LIST = "/api/createuser/"
BODY = {
    "email": NEW,
    "password": GOOD,
    "first_name": "Mia",
    "last_name": "Roy",
    "profile": {
        "fitness": {"weight": 61.5, "height": 1.7, "hr_rest": 52, "shoe": 40},
        "gender": "F",
        "date_of_birth": "1990-02-03",
    },
}


def test_an_account_is_there_at_once(staff: Caller) -> None:
    answer = staff.post(LIST, BODY)
    user = User.objects.get(email=NEW)
    assert (answer.status_code, answer["Location"]) == (201, f"/api/user/{user.pk}/")
    assert answer.json() == {
        "email": NEW,
        "first_name": "Mia",
        "id": user.pk,
        "last_name": "Roy",
        "profile": f"/api/profile/{user.profile.pk}/",
        "resource_uri": f"/api/user/{user.pk}/",
        "username": NEW,
    }
    assert may_log_in(NEW, GOOD)
    profile = login(NEW, GOOD).get(f"/api/profile/{user.profile.pk}/").json()
    shown = {name: profile[name] for name in ("gender", "date_of_birth", "height", "weight")}
    assert shown == {"gender": "F", "date_of_birth": "1990-02-03", "height": 1.7, "weight": 61.5}
    assert profile["fitness"] == {"height": 1.7, "hr_rest": 52, "weight": 61.5}


def test_the_mail_lets_the_user_choose_a_password(staff: Caller) -> None:
    assert staff.post(LIST, {"email": NEW}).status_code == 201
    user, (mail,) = User.objects.get(email=NEW), mails(NEW)
    encoded = mail["body"].split("uidb64: ")[1].split()[0]
    assert urlsafe_base64_decode(encoded).decode() == str(user.pk)
    assert not user.has_usable_password()
    path = link(NEW)
    assert path.startswith("/api/resetpassword/")
    assert ANYBODY.put(path, {"password": OTHER}).status_code == 200
    assert may_log_in(NEW, OTHER)
    empty(ANYBODY.put(path, {"password": GOOD}), 404)


def test_a_program_may_and_other_users_may_not(owner: Caller) -> None:
    answer = owner.post(LIST, BODY)
    assert answer.status_code == 403
    assert answer.json() == {"error": "Only programs with a key and staff may create users."}
    empty(ANYBODY.post(LIST, BODY), 401)
    assert users() == {owner.user.email}
    client = Client.objects.create(client_id="key", client_secret="secret", user=owner.user)
    moment = str(int(clock.now().timestamp()))
    signed = {
        "X-HEXOTIMESTAMP": moment,
        "X-HEXOAPIKEY": client.client_id,
        "X-HEXOAPISIGNATURE": compute_signature(client.secret, moment, f"http://testserver{LIST}"),
    }
    program = Caller(headers=signed)
    assert program.post(LIST, BODY).status_code == 201
    assert users() == {owner.user.email, NEW}


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"email": None}, "email", "This field is required."),
        ({"email": " "}, "email", "This field is required."),
        ({"email": "mia"}, "email", "Enter a valid email address."),
        ({"email": 5}, "email", "Enter a valid email address."),
        ({"email": "a@b.test\nBcc: c@d.test"}, "email", "Enter a valid email address."),
        ({"email": f"{'x' * 250}@example.com"}, "email", "254 characters"),
        ({"email": "OWNER@example.com"}, "email", "already exists"),
        ({"password": "short7!"}, "password", "at least 8 characters"),
        ({"password": ""}, "password", "at least 8 characters"),
        ({"password": "password1"}, "password", "too common"),
        ({"password": "7239461857204"}, "password", "entirely numeric"),
        ({"password": "mia@example.com"}, "password", "too similar"),
        ({"password": ["correct horse"]}, "password", "a string of at most 256 characters"),
        ({"password": "ab" * 129}, "password", "a string of at most 256 characters"),
        ({"profile": {"gender": "Q"}}, "profile", "gender: "),
        ({"profile": {"fitness": {"weight": -3}}}, "profile", "weight: "),
        ({"profile": {"date_of_birth": "2999-01-01"}}, "profile", "date_of_birth: "),
    ],
)
def test_what_is_refused_by_name(
    staff: Caller, changes: dict[str, Any], field: str, text: str
) -> None:
    before = users()
    answer = staff.post(LIST, {**BODY, **changes})
    assert answer.status_code == 400
    assert list(answer.json()) == ["createuser"]
    assert list(answer.json()["createuser"]) == [field]
    assert text in answer.json()["createuser"][field][0]
    assert (users(), OneTimeToken.objects.count(), mails(NEW)) == (before, 0, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "x" * 151},
        {"profile": "x"},
        {"profile": []},
        {"profile": {"fitness": 5}},
        {"profile": {"fitness": {"weight": "heavy"}}},
        {"profile": {"fitness": {"weight": True}}},
        {"profile": {"fitness": {"weight": 1e300}}},
        {"profile": {"date_of_birth": "never"}},
        {"profile": {"unit_system": "nautical"}},
        {"profile": {"height": "tall"}},
    ],
)
def test_values_of_the_wrong_kind(staff: Caller, changes: dict[str, Any]) -> None:
    answer = staff.post(LIST, {**BODY, **changes})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert not User.objects.filter(email=NEW).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '"x"', "null"])
def test_bodies_that_are_no_object(staff: Caller, text: str) -> None:
    assert staff.send("POST", LIST, text).status_code == 400


def test_only_what_is_declared_is_written(staff: Caller) -> None:
    more = {
        "id": 7,
        "username": "root",
        "is_staff": True,
        "is_superuser": True,
        "is_active": False,
        "date_joined": "2001-01-01",
        "resource_uri": "/api/user/7/",
    }
    body = {**BODY, **more, "first_name": None}
    profile = {"id": 999_999, "user": staff.user.pk, "gender": None, "preferences": {"a": 1}}
    found = staff.post(LIST, {**body, "profile": profile}).json()
    user = User.objects.get(email=NEW)
    assert found["id"] == user.pk != 7
    assert (user.username, user.first_name) == (NEW, "")
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    kept = Profile.objects.get(user=user)
    assert kept.pk != 999_999
    assert (kept.gender, kept.preferences, kept.date_of_birth) == ("", {"a": 1}, None)


def test_an_address_is_cleaned(staff: Caller) -> None:
    found = staff.post(LIST, {**BODY, "email": "  Mia@EXAMPLE.com "}).json()
    assert (found["email"], found["username"]) == ("Mia@example.com", "Mia@example.com")
    again = staff.post(LIST, {**BODY, "email": "mIA@example.COM"})
    assert "already exists" in again.json()["createuser"]["email"][0]


def test_a_day_may_be_written_as_documents_do(staff: Caller) -> None:
    profile = {"date_of_birth": "1990-02-03T00:00:00+00:00", "height": 1.62, "weight": 50}
    staff.post(LIST, {**BODY, "profile": profile})
    kept = Profile.objects.get(user__email=NEW)
    assert (kept.date_of_birth, kept.height, kept.weight) == (date(1990, 2, 3), 1.62, 50)


def test_the_password_is_nowhere(staff: Caller) -> None:
    answer = staff.post(LIST, BODY)
    assert GOOD not in answer.content.decode()
    assert GOOD not in str(mails(NEW))
    assert GOOD not in str(list(OneTimeToken.objects.values()))
