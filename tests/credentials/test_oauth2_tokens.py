"""Tokens: by which grants, for whom, how they are refreshed and end, and what clients may ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_refresh_token_model,
)

from apps.accounts.models import User
from apps.credentials.models import Client, OAuth1Token, Refusal, SpentCode
from hexostore import clock
from tests.credentials.dances import (
    CALLBACK,
    GRANTS,
    INTROSPECT,
    REVOKE,
    TOKEN,
    Person,
    ask,
    basic,
    by_password,
    error_of,
    post,
    program,
)
from tests.credentials.tokens import ask as read
from tests.credentials.tokens import reason
from tests.people import PASSWORD, new_user

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
MEMBERS = {"access_token", "token_type", "expires_in", "refresh_token", "scope"}


@pytest.fixture
def client(user: User) -> Client:
    return program(user)


@pytest.fixture
def friend(db: None) -> User:
    made = new_user("friend")
    made.save()
    return made


def test_a_code_is_exchanged_for_tokens_of_who_consented(client: Client, friend: User) -> None:
    code = Person(friend).code(client, scope="readwrite")
    answer = ask(client, "authorization_code", code=code, redirect_uri=CALLBACK)
    told = answer.json()
    assert set(told) == MEMBERS
    assert (told["token_type"], told["expires_in"], told["scope"]) == (
        "Bearer",
        36_000,
        "readwrite",
    )
    rows = read(told["access_token"]).json()["objects"]
    assert [row["email"] for row in rows] == [friend.email]


def test_the_password_grant_is_for_the_owner(client: Client, friend: User) -> None:
    assert set(by_password(client).json()) == MEMBERS
    assert ask(client, "password", username="ada@example.com", password=PASSWORD).status_code == 200
    for name in (friend.username, "nobody@example.com", "nul\0", "x" * 2000):
        answer = ask(client, "password", username=name, password=PASSWORD)
        assert (answer.status_code, error_of(answer)) == (400, "invalid_grant")
        assert reason(answer) == "not_the_owner"


@pytest.mark.parametrize("password", ["wrong", "nul\0", "x" * 2000])
def test_a_wrong_password_of_the_owner_is_told_as_a_wrong_login(
    client: Client, password: str
) -> None:
    answer = ask(client, "password", username="ada", password=password)
    assert (answer.status_code, error_of(answer), reason(answer)) == (
        400,
        "invalid_grant",
        "bad_login",
    )
    assert Refusal.objects.get().reason == "wrong_password"


def test_an_inactive_owner_gets_nothing(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    for grant in ("password", "client_credentials"):
        answer = ask(client, grant, username="ada", password=PASSWORD)
        assert (error_of(answer), reason(answer)) == ("unauthorized_client", "inactive_user")


def test_the_client_itself_acts_for_its_owner_and_cannot_refresh(client: Client) -> None:
    told = ask(client, "client_credentials", scope="readonly readwrite").json()
    assert set(told) == MEMBERS - {"refresh_token"}
    rows = read(told["access_token"]).json()["objects"]
    assert [row["email"] for row in rows] == [client.user.email]


@pytest.mark.parametrize("grant", sorted({*GRANTS.split(), "refresh_token"} - {"implicit"}))
def test_a_grant_that_the_client_may_not_use_is_no_reason_to_log_in_again(
    user: User, grant: str
) -> None:
    client = program(user, "implicit")
    answer = ask(client, grant, code="x", refresh_token="x", username="ada", password="wrong")
    assert (answer.status_code, error_of(answer)) == (400, "unauthorized_client")
    assert reason(answer) == "grant_not_allowed"


@pytest.mark.parametrize("status", ["apikey", "oauth1"])
def test_a_client_of_another_scheme_is_told_with_400(client: Client, status: str) -> None:
    """The published client falls back to its signed key at exactly that (wire 1.7)."""
    Client.objects.update(status=status)
    for answer in (by_password(client), ask(client, "client_credentials")):
        assert (answer.status_code, error_of(answer)) == (400, "unauthorized_client")
        assert reason(answer) == "client_not_oauth2"


@pytest.mark.parametrize(
    "grant", ["device_code", "urn:ietf:params:oauth:grant-type:device_code", "implicit", "openid"]
)
def test_grants_that_there_are_not(client: Client, grant: str) -> None:
    answer = ask(client, grant)
    assert (answer.status_code, error_of(answer)) == (400, "unsupported_grant_type")
    assert reason(answer) == "grant_unsupported"


# Codes


def exchange(client: Client, code: str, **sent: str) -> Any:
    return ask(client, "authorization_code", code=code, redirect_uri=CALLBACK, **sent)


def test_a_code_used_again_ends_its_tokens(client: Client, friend: User) -> None:
    code = Person(friend).code(client)
    first = exchange(client, code).json()
    assert read(first["access_token"]).status_code == 200
    again = exchange(client, code)
    assert (again.status_code, error_of(again), reason(again)) == (
        400,
        "invalid_grant",
        "code_used",
    )
    ended = read(first["access_token"])
    assert (ended.status_code, reason(ended)) == (401, "revoked_token")
    assert ask(client, "refresh_token", refresh_token=first["refresh_token"]).status_code == 400


def test_tokens_refreshed_since_end_with_the_code(client: Client, friend: User) -> None:
    code = Person(friend).code(client)
    first = exchange(client, code).json()
    second = ask(client, "refresh_token", refresh_token=first["refresh_token"]).json()
    assert reason(exchange(client, code)) == "code_used"
    assert read(second["access_token"]).status_code == 401


def test_a_code_is_stored_as_a_digest_and_forgotten(client: Client, friend: User) -> None:
    code = Person(friend).code(client)
    assert get_grant_model().objects.get().code != code
    exchange(client, code)
    assert not get_grant_model().objects.exists()
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        exchange(client, Person(friend).code(client))
    assert SpentCode.objects.count() == 1


def test_no_token_and_no_secret_is_stored_as_it_is(client: Client) -> None:
    told = by_password(client).json()
    for model in (get_access_token_model(), get_refresh_token_model()):
        row = str(list(model.objects.values()))
        assert told["access_token"] not in row
        assert told["refresh_token"] not in row


def test_a_code_of_another_client(client: Client, user: User, friend: User) -> None:
    code = Person(friend).code(client)
    stolen = exchange(program(user), code)
    assert (stolen.status_code, reason(stolen)) == (400, "code_unknown")
    assert exchange(client, code).status_code == 200


@pytest.mark.parametrize("seconds", [59, 60, 61])
def test_a_code_lasts_a_minute_on_the_server_s_clock(
    client: Client, friend: User, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    code = Person(friend).code(client)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=seconds))
    answer = exchange(client, code)
    assert answer.status_code == (200 if seconds < 60 else 400)
    if seconds >= 60:
        assert (error_of(answer), reason(answer)) == ("invalid_grant", "code_expired")


@pytest.mark.parametrize("uri", ["", "https://client.example/other", CALLBACK + "/"])
def test_another_redirect_uri_than_asked_with(client: Client, friend: User, uri: str) -> None:
    code = Person(friend).code(client)
    sent = {"redirect_uri": uri} if uri else {}
    answer = ask(client, "authorization_code", code=code, **sent)
    assert (error_of(answer), reason(answer)) == ("invalid_grant", "code_redirect_mismatch")


@pytest.mark.parametrize("uri", ["", CALLBACK])
def test_without_a_redirect_uri_the_only_one_counts(client: Client, friend: User, uri: str) -> None:
    code = Person(friend).code(client, redirect_uri="")
    sent = {"redirect_uri": uri} if uri else {}
    assert ask(client, "authorization_code", code=code, **sent).status_code == 200


# Refreshing and the end


def test_a_refresh_token_is_good_once_and_its_family_ends_with_a_second_use(
    client: Client,
) -> None:
    first = by_password(client).json()
    second = ask(client, "refresh_token", refresh_token=first["refresh_token"]).json()
    assert set(second) == MEMBERS
    assert second["refresh_token"] != first["refresh_token"]
    assert reason(read(first["access_token"])) == "revoked_token"
    assert read(second["access_token"]).status_code == 200
    again = ask(client, "refresh_token", refresh_token=first["refresh_token"])
    assert (error_of(again), reason(again)) == ("invalid_grant", "refresh_reused")
    assert reason(read(second["access_token"])) == "revoked_token"
    last = ask(client, "refresh_token", refresh_token=second["refresh_token"])
    assert (error_of(last), reason(last)) == ("invalid_grant", "revoked_token")


def test_another_family_lives_on(client: Client) -> None:
    first, other = by_password(client).json(), by_password(client).json()
    for _ in range(2):
        ask(client, "refresh_token", refresh_token=first["refresh_token"])
    assert read(other["access_token"]).status_code == 200


def test_a_refresh_token_of_another_client(client: Client, user: User) -> None:
    told = by_password(client).json()
    stolen = ask(program(user), "refresh_token", refresh_token=told["refresh_token"])
    assert (error_of(stolen), reason(stolen)) == ("invalid_grant", "refresh_unknown")
    assert read(told["access_token"]).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(35_999, 200), (36_000, 401)])
def test_tokens_end_on_the_server_s_clock(
    client: Client, seconds: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    told = by_password(client).json()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=seconds))
    answer = read(told["access_token"])
    assert answer.status_code == status
    if status == 401:
        assert reason(answer) == "expired_token"
    active = post(INTROSPECT, client, token=told["access_token"]).json()["active"]
    assert active == (status == 200)
    refreshed = ask(client, "refresh_token", refresh_token=told["refresh_token"]).json()
    assert read(refreshed["access_token"]).status_code == 200


@pytest.mark.parametrize(("days", "status"), [(30, 200), (31, 400)])
def test_a_refresh_token_outlives_its_token_by_thirty_days(
    client: Client, days: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    told = by_password(client).json()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=days))
    answer = ask(client, "refresh_token", refresh_token=told["refresh_token"])
    assert answer.status_code == status


def test_what_the_owner_takes_from_the_client_is_not_refreshed(client: Client) -> None:
    told = by_password(client, scope="readonly readwrite").json()
    client.realms.remove(client.realms.get(name="readwrite"))
    second = ask(client, "refresh_token", refresh_token=told["refresh_token"]).json()
    assert second["scope"] == "readonly"


def test_nothing_is_left_to_refresh(client: Client) -> None:
    told = by_password(client, scope="readwrite").json()
    client.realms.clear()
    answer = ask(client, "refresh_token", refresh_token=told["refresh_token"])
    assert (error_of(answer), reason(answer)) == ("invalid_scope", "scope_not_allowed")
    assert answer.json()["error_description"]


def test_a_token_of_oauth1_is_exchanged_once(client: Client, friend: User) -> None:
    row = OAuth1Token.objects.create(
        token="old", secret="hush", client=client, user=friend, realms="readonly"
    )
    told = ask(client, "refresh_token", refresh_token="old:hush").json()
    assert set(told) == MEMBERS
    assert told["scope"] == "readonly"
    rows = read(told["access_token"]).json()["objects"]
    assert [each["email"] for each in rows] == [friend.email]
    row.refresh_from_db()
    assert row.revoked is not None
    for text in ("old:hush", "old:wrong", "none:hush", "nul\0:x"):
        answer = ask(client, "refresh_token", refresh_token=text)
        assert (error_of(answer), reason(answer)) == ("invalid_grant", "refresh_unknown")


# Scopes


@pytest.mark.parametrize(
    ("realms", "default", "asked", "given"),
    [
        ("readonly readwrite", None, "", "readonly"),
        ("readonly readwrite", "readwrite", "", "readwrite"),
        ("readonly readwrite", None, "readwrite readonly readwrite", "readwrite readonly"),
        ("", None, "", "readonly"),
        ("", None, "readonly", "readonly"),
        ("", None, "readwrite", None),
        ("readonly", None, "readwrite", None),
        ("readonly", None, "readonly readwrite", None),
        ("readwrite", None, "", "readwrite"),
        ("readonly", None, "root", None),
        ("readonly", None, "READONLY", None),
        ("readonly", None, "readonly\treadwrite", None),
    ],
)
def test_a_client_asks_within_its_realms(
    user: User, realms: str, default: str | None, asked: str, given: str | None
) -> None:
    client = program(user, realms=realms)
    if default:
        client.default_realm = client.realms.get(name=default)
        client.save()
    answer = by_password(client, scope=asked)
    if given is None:
        assert (answer.status_code, error_of(answer)) == (400, "invalid_scope")
        assert reason(answer) == "scope_not_allowed"
    else:
        assert answer.json()["scope"] == given


# Revocation and introspection


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "unheard_of", ""])
def test_revoking_one_of_a_pair_ends_both(client: Client, kind: str, hint: str) -> None:
    told = by_password(client).json()
    sent = {"token_type_hint": hint} if hint else {}
    answer = post(REVOKE, client, token=told[kind], **sent)
    assert (answer.status_code, answer.content) == (200, b"")
    assert reason(read(told["access_token"])) == "revoked_token"
    refreshed = ask(client, "refresh_token", refresh_token=told["refresh_token"])
    assert (refreshed.status_code, reason(refreshed)) == (400, "revoked_token")


def test_nobody_revokes_or_sees_tokens_of_another_client(client: Client, user: User) -> None:
    told = by_password(client).json()
    other = program(user)
    for kind in ("access_token", "refresh_token"):
        assert post(INTROSPECT, other, token=told[kind]).json() == {"active": False}
        assert post(REVOKE, other, token=told[kind]).status_code == 200
        assert post(INTROSPECT, client, token=told[kind]).json()["active"] is True
    assert read(told["access_token"]).status_code == 200


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
def test_only_clients_with_their_secret_may_ask(client: Client, path: str) -> None:
    token = by_password(client).json()["access_token"]
    nobody = post(path, None, token=token)
    wrong = post(path, None, header=basic(client.client_id, "wrong"), token=token)
    assert [nobody.status_code, wrong.status_code] == [400, 401]
    assert error_of(nobody) == error_of(wrong) == "invalid_client"
    assert read(token).status_code == 200


def test_an_inactive_user_s_tokens_are_not_active(client: Client, friend: User) -> None:
    told = exchange(client, Person(friend).code(client)).json()
    User.objects.filter(pk=friend.pk).update(is_active=False)
    for kind in ("access_token", "refresh_token"):
        assert post(INTROSPECT, client, token=told[kind]).json() == {"active": False}
    answer = ask(client, "refresh_token", refresh_token=told["refresh_token"])
    assert reason(answer) == "inactive_user"


def test_the_versioned_prefix_is_served_too(client: Client) -> None:
    path = TOKEN.replace("/api/", "/api/v1/")
    assert post(path, client, grant_type="client_credentials").status_code == 200


def test_how_many_statements_a_token_costs(
    client: Client, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert ask(client, "client_credentials").status_code == 200
