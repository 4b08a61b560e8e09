"""HTTP Basic as RFC 7617 and RFC 9110 have it, and as published clients read its refusals."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.models import Refusal
from tests.people import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

ACCOUNT = "/api/account/"
LOGIN = f"ada:{PASSWORD}"

spec = pytest.mark.spec
pytestmark = pytest.mark.usefixtures("ada")


def encoded(text: str, charset: str = "utf-8") -> str:
    return b64encode(text.encode(charset)).decode()


def ask(authorization: str | None, path: str = ACCOUNT) -> Answer:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Browser().get(path, headers=headers)


def login(text: str, charset: str = "utf-8") -> Answer:
    return ask(f"Basic {encoded(text, charset)}")


def reason(answer: Answer) -> str:
    assert answer.status_code == 401
    return answer["X-HexoStore-Reason"]


@spec("RFC 7617", "2", "User, colon and password, in Base64, are who sends the request")
def test_the_pair_names_the_user(ada: User) -> None:
    assert login(LOGIN).json()["objects"][0]["id"] == ada.pk


@spec("RFC 7617", "2", "The word Basic is read in any case")
@spec("RFC 9110", "11.1", "The name of a scheme is read in any case")
@pytest.mark.parametrize("word", ["Basic", "basic", "BASIC", "bAsIc"])
def test_the_word_in_any_case(word: str) -> None:
    assert ask(f"{word} {encoded(LOGIN)}").status_code == 200


@spec("RFC 7617", "2", "The first colon ends the user, so a password may hold colons")
@pytest.mark.parametrize("password", ["a:b", ":", "::a:"])
def test_colons_in_passwords(ada: User, password: str) -> None:
    User.objects.update(password=make_password(password))
    assert login(f"ada:{password}").status_code == 200
    assert reason(login(f"ada:{password[:-1]}")) == "bad_login"


@spec("RFC 7617", "2", "A user or a password that is empty is a pair, if a wrong one")
@pytest.mark.parametrize("pair", ["ada:", f":{PASSWORD}", ":"])
def test_empty_halves(pair: str) -> None:
    assert reason(login(pair)) == "bad_login"


@spec("RFC 7617", "2", "What is no Base64, or no pair, is refused and breaks nothing")
@pytest.mark.parametrize(
    "text", ["", "ada", "!!!", "YWRh", "YWRhOnh4=x", "\xe9", encoded(LOGIN)[:-3], "a b c"]
)
def test_what_is_no_pair(text: str) -> None:
    assert reason(ask(f"Basic {text}")) == "malformed_authorization"


@spec("RFC 7617", "2", "Control characters belong to no user and no password")
@pytest.mark.parametrize("letter", ["\0", "\x01", "\n", "\r", "\x1f", "\x7f"])
def test_control_characters(letter: str) -> None:
    for pair in (f"ada{letter}:{PASSWORD}", f"ada:{PASSWORD}{letter}"):
        assert login(pair).status_code == 401


@spec("RFC 7617", "2", "The challenge names a realm")
def test_the_challenge_has_a_realm() -> None:
    word, _, parameter = ask(None)["WWW-Authenticate"].partition(" ")
    assert (word, parameter.lower()) == ("Basic", 'realm="django-tastypie"')


@spec("RFC 7617", "2.1", "User and password are read as UTF-8")
@pytest.mark.parametrize("password", ["pässwörd", "123£", "心", "\U0001f512 x"])
def test_letters_are_utf_8(password: str) -> None:
    User.objects.update(username="zoë", password=make_password(password))
    assert login(f"zoë:{password}").status_code == 200


@spec("RFC 7617", "2.1", "Bytes that are no UTF-8 are refused, not guessed at")
def test_no_other_charset() -> None:
    User.objects.update(username="zoë", password=make_password("pässwörd"))
    assert reason(login("zoë:pässwörd", "latin-1")) == "malformed_authorization"


@spec("RFC 7617", "2.2", "Credentials may come unasked, with every request, on every path")
@pytest.mark.parametrize("path", [ACCOUNT, "/api/user/", "/api/record/?limit=1", "/api/v1/range/"])
def test_unasked_credentials(path: str) -> None:
    answer = ask(f"Basic {encoded(LOGIN)}", path)
    assert answer.status_code == 200
    assert not answer.cookies


@spec("RFC 7617", "4", "Neither the answer nor the log tells the password")
@pytest.mark.parametrize("password", [PASSWORD, "wrong-but-secret"])
def test_no_password_is_told(caplog: pytest.LogCaptureFixture, password: str) -> None:
    caplog.set_level(logging.DEBUG)
    answer = login(f"ada:{password}")
    kept = [str(row.__dict__) for row in Refusal.objects.all()]
    told = "".join([caplog.text, answer.content.decode(), str(answer.headers), *kept])
    assert password not in told
    assert encoded(f"ada:{password}") not in told


@spec("RFC 7617", "4", "Passwords are not stored as text")
def test_no_password_is_stored_as_text(ada: User) -> None:
    assert PASSWORD not in ada.password


@spec("RFC 9110", "11.6.1", "Every 401 carries a challenge")
@pytest.mark.parametrize(
    "authorization", [None, "", "Basic", f"Basic {encoded('ada:no')}", "Digest a=b", "Bearer x"]
)
def test_every_401_has_a_challenge(authorization: str | None) -> None:
    answer = ask(authorization)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]


@spec("RFC 9110", "11.6.2", "Credentials of a scheme that nobody knows let nobody in")
@pytest.mark.parametrize("word", ["Digest", "Negotiate", "ApiKey", "Basi", "BasicBasic"])
def test_unknown_schemes(word: str) -> None:
    assert reason(ask(f"{word} {encoded(LOGIN)}")) == "unsupported_scheme"


@spec("Hexoskin", "API reference, API keys and OAuth requests", "Basic alone is enough")
@spec("Hexoskin", "wire 1.1", "The user is known by name and by e-mail address")
@pytest.mark.parametrize("name", ["ada", "ada@example.com"])
def test_name_or_address(name: str) -> None:
    assert login(f"{name}:{PASSWORD}").status_code == 200


@spec("Hexoskin", "wire 1.6", "A wrong login is 401 with a body that is exactly empty")
@spec("Hexoskin", "wire trap 1", "An empty 401 has a media type that is not JSON")
@pytest.mark.parametrize("pair", ["ada:wrong", f"nobody:{PASSWORD}", f"ADA:{PASSWORD}"])
def test_the_body_of_a_wrong_login(pair: str) -> None:
    answer = login(pair)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["Content-Type"] == "text/html; charset=utf-8"


@spec(
    "Hexoskin", "API reference, API keys and OAuth requests", "Without credentials there is nothing"
)
@pytest.mark.parametrize(
    "path", [ACCOUNT, "/api/user/", "/api/record/", "/api/data/", "/api/v1/range/"]
)
def test_strangers_get_nothing(path: str) -> None:
    answer = ask(None, path)
    assert (answer.content, reason(answer)) == (b"", "no_credentials")


@spec("RFC 7617", "4", "The answer does not tell which of user and password was wrong")
def test_wrong_halves_look_the_same() -> None:
    one, other = login("ada:wrong"), login(f"nobody:{PASSWORD}")
    assert one.content == other.content
    assert dict(one.headers) == dict(other.headers)
    assert reason(one) == "bad_login"


@spec("Hexostore", "logins", "A changed password is refused at once, a new one accepted")
def test_a_changed_password() -> None:
    assert login(LOGIN).status_code == 200
    User.objects.update(password=make_password("new"))
    assert reason(login(LOGIN)) == "bad_login"
    assert login("ada:new").status_code == 200


@spec("Hexostore", "logins", "An account that is not active lets nobody in")
def test_an_inactive_account() -> None:
    User.objects.update(is_active=False)
    assert reason(login(LOGIN)) == "inactive_user"
