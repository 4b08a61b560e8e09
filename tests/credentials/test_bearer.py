"""Bearer tokens: RFC 6750; behaviour 4."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from oauth2_provider.models import (
    get_access_token_model,
    get_refresh_token_model,
    set_token_value,
)

from apps.accounts.models import User
from apps.bookkeeping.models import ActivityLog
from apps.credentials.models import Client, RevokedToken
from apps.credentials.oauth2 import revocations
from hexostore import clock
from tests.credentials.tokens import ACCOUNT, TOKEN, ask, bearing, new_client, new_token, reason
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django import DjangoAssertNumQueries


@pytest.fixture
def developer(user: User) -> User:
    made = new_user("dev")
    made.save()
    return made


@pytest.fixture
def program(developer: User) -> Client:
    return new_client(developer)


@pytest.fixture
def token(program: Client, user: User) -> Any:
    return new_token(program, user)


def is_refused(answer: Answer, code: str) -> bool:
    """401 as RFC 6750, section 3 asks, with nothing in it."""
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    challenge = answer["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="hexostore", error="invalid_token", ')
    assert reason(answer) == code
    return True


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_a_token_lets_in_whom_it_is_for(user: User, word: str) -> None:
    answer = Browser().get(ACCOUNT, headers={"Authorization": f"{word} {TOKEN}"})
    assert [row["id"] for row in answer.json()["objects"]] == [user.pk]
    assert "X-HexoStore-Reason" not in answer


@pytest.mark.usefixtures("token")
def test_one_statement_finds_token_user_and_client(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1) as done:
        assert ask(path="/api/account/schema/").status_code == 200
    assert "credentials_client" in done.captured_queries[0]["sql"]


def test_a_token_of_the_client_itself_stands_for_its_owner(
    program: Client, developer: User
) -> None:
    """RFC 6749, section 4.4: nobody consents to client credentials."""
    new_token(program, None)
    assert [row["id"] for row in ask().json()["objects"]] == [developer.pk]


@pytest.mark.parametrize("text", ["abc", TOKEN.upper(), TOKEN + "=", TOKEN[:-1], "a" * 512])
@pytest.mark.usefixtures("token")
def test_an_unknown_token(text: str) -> None:
    assert is_refused(ask(text), "unknown_token")


@pytest.mark.parametrize("text", ["", " ", "a b", "é", "\0", '"abc"', "a=b", "a" * 513, "a,b"])
@pytest.mark.usefixtures("token")
def test_what_is_no_token(text: str) -> None:
    assert is_refused(ask(text), "token_malformed")


def test_the_word_alone_is_no_token(db: None) -> None:
    answer = Browser().get(ACCOUNT, headers={"Authorization": "Bearer"})
    assert is_refused(answer, "token_malformed")


def test_a_token_ends_on_the_clock_of_the_server(program: Client, user: User) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        new_token(program, user, seconds=10)
        traveller.shift(timedelta(seconds=9.99))
        assert ask().status_code == 200
        traveller.shift(timedelta(seconds=0.01))
        assert is_refused(ask(), "expired_token")


def test_a_revoked_token_is_told_from_one_that_never_was(token: Any) -> None:
    assert ask().status_code == 200
    token.revoke()
    assert is_refused(ask(), "revoked_token")
    assert is_refused(ask("other"), "unknown_token")


def test_an_expired_token_that_is_cleared_away_was_not_revoked(program: Client, user: User) -> None:
    new_token(program, user, seconds=-1).delete()
    assert not RevokedToken.objects.exists()


def test_a_family_of_tokens_is_revoked_at_once(token: Any, program: Client, user: User) -> None:
    refresh = get_refresh_token_model()
    family = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    refresh.objects.create(
        token="r", user=user, application=program, access_token=token, token_family=family
    )
    refresh.revoke_family(family)
    assert is_refused(ask(), "revoked_token")


def test_revocations_are_forgotten_in_time(db: None) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        revocations.remember_revoked("old")
        revocations.remember_revoked("old")
        traveller.shift(revocations.REMEMBERED + timedelta(seconds=1))
        revocations.remember_revoked("new")
    assert [revocations.was_revoked(each) for each in ("old", "new")] == [False, True]


@pytest.mark.usefixtures("token")
def test_a_client_that_is_none_of_oauth2_any_more() -> None:
    Client.objects.update(status="apikey")
    assert is_refused(ask(), "client_not_oauth2")


@pytest.mark.usefixtures("token")
def test_an_inactive_user(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert is_refused(ask(), "inactive_user")


@pytest.mark.usefixtures("token")
def test_an_account_that_is_gone(user: User) -> None:
    user.delete()
    assert is_refused(ask(), "revoked_token")
    assert not get_access_token_model().objects.exists()


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("query", [f"access_token={TOKEN}", f"limit=1&access_token={TOKEN}"])
def test_no_token_is_taken_from_the_query(query: str) -> None:
    answer = Browser().get(f"{ACCOUNT}?{query}")
    assert (answer.status_code, reason(answer)) == (401, "token_in_query")
    assert answer["WWW-Authenticate"] == 'Bearer realm="hexostore"'


@pytest.mark.usefixtures("token")
def test_nor_from_the_body() -> None:
    answer = Browser().post("/api/range/", {"access_token": TOKEN})
    assert (answer.status_code, reason(answer)) == (401, "no_credentials")


@pytest.mark.usefixtures("token")
def test_a_login_is_not_disturbed_by_such_a_query(user: User) -> None:
    browser = Browser()
    answer = browser.get(f"{ACCOUNT}?access_token=x", headers=bearing())
    assert answer.status_code == 200


@pytest.mark.usefixtures("token")
def test_the_log_of_writes_names_the_client(program: Client, user: User) -> None:
    body = {"name": "made", "start": 256, "end": 512, "user": user.pk}
    answer = Browser().post("/api/range/", body, "application/json", headers=bearing())
    assert answer.status_code == 201
    row = ActivityLog.objects.get()
    assert (row.client, row.user) == (program, user)


@pytest.mark.usefixtures("token")
def test_only_checksums_of_issued_tokens_are_stored(program: Client, user: User) -> None:
    """RFC 9700: what the library stores when it issues one (setting TOKEN_STORAGE)."""
    row = get_access_token_model()(
        user=user, application=program, scope="readonly", expires=clock.now() + timedelta(hours=1)
    )
    set_token_value(row, "issued")
    row.save()
    assert get_access_token_model().objects.get(pk=row.pk).token == ""
    assert ask("issued").status_code == 200


def test_a_password_is_no_token(user: User) -> None:
    assert is_refused(ask(PASSWORD.replace(" ", "")), "unknown_token")
