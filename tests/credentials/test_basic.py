"""HTTP Basic: wire 1.1 and 1.6, Tastypie rule T187."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.basic import passwords
from tests.people import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

ACCOUNT = "/api/account/"


def basic(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return f"Basic {b64encode(raw).decode()}"


def ask(authorization: str | None) -> Answer:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Browser().get(ACCOUNT, headers=headers)


def is_refused(answer: Answer) -> bool:
    """401 with nothing in it, and a label that keeps clients from parsing it."""
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["WWW-Authenticate"] == 'Basic Realm="django-tastypie"'
    return True


@pytest.mark.parametrize("name", ["ada", "ada@example.com"])
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_user_is_known_by_name_and_email(user: User, name: str, scheme: str) -> None:
    answer = ask(basic(f"{name}:{PASSWORD}").replace("Basic", scheme))
    assert [row["id"] for row in answer.json()["objects"]] == [user.pk]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YWRh",
        basic(b"\xff\xfe:x"),
        basic("ada:wrong"),
        basic("ada:"),
        basic(f"nobody:{PASSWORD}"),
        basic(f":{PASSWORD}"),
        basic(f"ADA:{PASSWORD}"),
        basic(f"ada:{PASSWORD} "),
        basic(f"ada\0:{PASSWORD}"),
        basic(f"ada:{PASSWORD}\0"),
        basic(f"ada:{PASSWORD}")[:-3],
        "ApiKey ada:key",
        "Digest username=ada",
        "Digest a=b",
        b64encode(f"ada:{PASSWORD}".encode()).decode(),
        "é",
        "Basic é",
        "Basic \x80",
    ],
)
def test_what_does_not_let_in(user: User, authorization: str | None) -> None:
    assert is_refused(ask(authorization))


def test_an_inactive_user(user: User) -> None:
    User.objects.update(is_active=False)
    assert is_refused(ask(basic(f"ada:{PASSWORD}")))


@pytest.mark.parametrize("password", ["a:b", ":", "::x:", "pässwörd", "心", " blank "])
def test_odd_passwords(user: User, password: str) -> None:
    User.objects.update(password=make_password(password))
    assert ask(basic(f"ada:{password}")).status_code == 200
    assert is_refused(ask(basic(f"ada:{password}x")))


def checks(monkeypatch: pytest.MonkeyPatch, *, right: bool) -> list[str]:
    """The passwords that are checked against a hash from now on, all right or all wrong."""
    checked: list[str] = []

    def check(password: str, _stored: str) -> bool:
        checked.append(password)
        return right

    monkeypatch.setattr(passwords, "check_password", check)
    return checked


def test_the_second_login_does_not_hash_again(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(basic(f"ada:{PASSWORD}")).status_code == 200

    def hashed_again(*args: object) -> bool:
        raise AssertionError("hashed again")

    monkeypatch.setattr(passwords, "check_password", hashed_again)
    assert ask(basic(f"ada:{PASSWORD}")).status_code == 200


def test_a_wrong_password_is_never_remembered(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = checks(monkeypatch, right=False)
    for _ in range(2):
        assert is_refused(ask(basic("ada:wrong")))
    assert checked == ["wrong", "wrong"]


def test_a_changed_password_is_refused_at_once(user: User) -> None:
    assert ask(basic(f"ada:{PASSWORD}")).status_code == 200
    User.objects.update(password=make_password("new"))
    assert is_refused(ask(basic(f"ada:{PASSWORD}")))
    assert ask(basic("ada:new")).status_code == 200


def test_a_remembered_password_is_no_other_users(user: User) -> None:
    User.objects.create(username="bob", email="bob@example.com", password=make_password("other"))
    assert ask(basic(f"ada:{PASSWORD}")).status_code == 200
    assert is_refused(ask(basic(f"bob:{PASSWORD}")))


def test_a_memory_expires(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.0, float(passwords.SECONDS), 0.0])
    monkeypatch.setattr(passwords, "monotonic", lambda: next(moments))
    checked = checks(monkeypatch, right=True)
    assert passwords.is_right(user, "x")
    assert passwords.is_right(user, "x")
    assert len(checked) == 2


def test_the_memory_is_bounded(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST", 3)
    monkeypatch.setattr(passwords, "check_password", lambda *_: True)
    for number in range(10):
        assert passwords.is_right(user, str(number))
        assert len(passwords._known) <= 3


def test_no_password_is_kept_as_text(user: User) -> None:
    assert ask(basic(f"ada:{PASSWORD}")).status_code == 200
    assert passwords._known
    assert not any(PASSWORD.encode() in digest for digest in passwords._known)


@pytest.mark.parametrize("password", [PASSWORD, "wrong-but-secret"])
def test_nothing_secret_is_logged(
    user: User, caplog: pytest.LogCaptureFixture, password: str
) -> None:
    caplog.set_level(logging.DEBUG)
    header = basic(f"ada:{password}")
    Browser().get(f"{ACCOUNT}?password={password}", headers={"Authorization": header})
    assert caplog.text
    assert password not in caplog.text
    assert header.split()[1] not in caplog.text
