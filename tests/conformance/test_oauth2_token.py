"""The token endpoint: RFC 6749, sections 2.3, 3.2, 4.1.3 to 6, and what RFC 9700 adds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.basic import login_throttle
from apps.credentials.models import Client
from tests.credentials.dances import (
    CALLBACK,
    FORM,
    TOKEN,
    Person,
    ask,
    basic,
    by_password,
    error_of,
    post,
    program,
)
from tests.people import PASSWORD, Caller, new_user

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

spec = pytest.mark.spec
QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")
MEMBERS = {"access_token", "token_type", "expires_in", "refresh_token", "scope"}


@pytest.fixture
def client(ada: User) -> Client:
    return program(ada)


@pytest.fixture
def code(client: Client, ada: User) -> str:
    return Person(ada).code(client)


def exchange(client: Client, code: str) -> Any:
    return ask(client, "authorization_code", code=code, redirect_uri=CALLBACK)


def refresh(client: Client, token: str, **sent: str) -> Any:
    return ask(client, "refresh_token", refresh_token=token, **sent)


def reads(token: str) -> int:
    return Caller().sending("Authorization", f"Bearer {token}").get("/api/account/").status_code


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, error_of(answer)


# Clients


@spec("RFC 6749", "2.3.1", "Clients with a secret may send it by Basic")
@spec("RFC 6749", "2.3.1", "The secret may be form-encoded in the Basic credentials")
def test_basic(ada: User) -> None:
    client = program(ada, client_secret="a b:c%&")
    encoded = urlencode({"": "a b:c%&"})[1:]
    for secret in (client.secret, encoded):
        header = basic(client.client_id, secret)
        assert post(TOKEN, None, header=header, grant_type="client_credentials").status_code == 200


@spec("RFC 6749", "2.3.1", "Clients may send the secret in the body instead")
@spec("Hexoskin", "wire row 39", "Credentials in the body are taken")
def test_body(client: Client) -> None:
    sent = {"client_id": client.client_id, "client_secret": client.secret}
    assert post(TOKEN, None, grant_type="client_credentials", **sent).status_code == 200


@spec("RFC 6749", "2.3", "Credentials that differ in header and body are refused")
@spec("RFC 6749", "5.2", "invalid_request where the client is authenticated in two ways")
def test_two_ways(client: Client) -> None:
    answer = ask(client, "client_credentials", client_secret="other")
    assert outcome(answer) == (400, "invalid_request")


@spec("RFC 6749", "2.3.1", "Guesses at passwords are limited, where strangers reach the server")
@spec("RFC 6749", "4.3.2", "The password grant is protected against brute force")
@spec("RFC 6749", "10.7", "Guessing by the password grant is limited")
def test_brute_force(client: Client, settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    for _ in range(login_throttle.PAIR.most):
        answer = ask(client, "password", username="ada", password="wrong")
        assert answer.status_code == 400
    assert by_password(client).status_code == 429


@pytest.mark.parametrize("grant", ["authorization_code", "password", "client_credentials"])
@spec("RFC 6749", "3.2.1", "Every client must authenticate")
@spec("RFC 6749", "4.1.3", "The client is authenticated before a code is exchanged")
@spec("RFC 6749", "4.3.2", "The client is authenticated before a password is looked at")
@spec("RFC 6749", "4.4.2", "The client must authenticate to act for itself")
def test_authentication(client: Client, code: str, grant: str) -> None:
    sent = {"code": code, "redirect_uri": CALLBACK, "username": "ada", "password": PASSWORD}
    for known in ({}, {"client_id": client.client_id}):
        answer = post(TOKEN, None, grant_type=grant, **sent, **known)
        assert outcome(answer) == (400, "invalid_client")


@spec("RFC 6749", "5.2", "Wrong Basic credentials: 401, invalid_client, a challenge of Basic")
@spec("RFC 6749", "10.1", "A client that does not prove itself gets nothing")
def test_wrong_secret(client: Client) -> None:
    for header in (basic(client.client_id, "wrong"), basic("nobody", "x"), "Basic ?"):
        answer = post(TOKEN, None, header=header, grant_type="client_credentials")
        assert outcome(answer) == (401, "invalid_client")
        assert answer["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("status", ["apikey", "oauth1"])
@spec(
    "Hexoskin", "wire 1.7", "A client that is not of OAuth2 gets 400, at which programs fall back"
)
def test_fallback(client: Client, status: str) -> None:
    Client.objects.update(status=status)
    assert outcome(by_password(client)) == (400, "unauthorized_client")


# Requests


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@spec("RFC 6749", "3.2", "The endpoint is asked by POST only")
def test_method(method: str) -> None:
    assert Browser().generic(method, TOKEN).status_code == 405


@spec("RFC 6749", "3.2", "A parameter without a value counts as left out")
def test_empty(client: Client) -> None:
    assert ask(client, "client_credentials", scope="", client_secret="").status_code == 200
    assert outcome(ask(client, "")) == (400, "invalid_request")


@spec("RFC 6749", "3.2", "Unknown parameters are ignored")
def test_unknown(client: Client) -> None:
    assert ask(client, "client_credentials", unheard_of="x", resource="?").status_code == 200


@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "code"])
@spec("RFC 6749", "3.2", "No parameter is sent more than once")
@spec("RFC 6749", "5.2", "invalid_request where a parameter is repeated")
def test_repeated(client: Client, name: str) -> None:
    values = {"grant_type": "client_credentials", "scope": "readonly", "code": "c"}
    values["client_id"] = client.client_id
    body = urlencode([*values.items(), (name, values[name])])
    header = {"Authorization": basic(client.client_id, client.secret)}
    answer = Browser().generic("POST", TOKEN, body, FORM, headers=header)
    assert outcome(answer) == (400, "invalid_request")


@pytest.mark.parametrize("place", ["query", "label"])
@spec("Hexoskin", "wire row 39", "Parameters in the query and mislabelled bodies are taken")
def test_place(client: Client, place: str) -> None:
    sent = "grant_type=client_credentials"
    header = {"Authorization": basic(client.client_id, client.secret)}
    query, body = (f"?{sent}", "") if place == "query" else ("", sent)
    label = "application/json"
    answer = Browser().generic("POST", f"{TOKEN}{query}", body, label, headers=header)
    assert answer.status_code == 200


@spec("RFC 6749", "B", "Forms are UTF-8")
def test_utf8(ada: User) -> None:
    ada.set_password("Ünïcödé ✓+%")
    ada.save()
    told = ask(program(ada), "password", username="ada", password="Ünïcödé ✓+%")
    assert told.status_code == 200


# Grants


@pytest.mark.rule("wire row 11")
@spec("RFC 6749", "4.1.4", "A code gives an access token and a refresh token")
@spec("RFC 6749", "4.1.3", "A code is exchanged by grant_type, code and redirect_uri")
def test_exchange(client: Client, code: str) -> None:
    told = exchange(client, code).json()
    assert set(told) == MEMBERS
    assert reads(told["access_token"]) == 200


@spec("RFC 6749", "4.1.2", "A code is used once; a second use revokes the tokens it gave")
@spec("RFC 6749", "10.5", "Codes are good once, and their tokens end with a second use")
@spec("RFC 9700", "4.5", "A code that leaked and is used again costs the thief his tokens")
def test_reused_code(client: Client, code: str) -> None:
    told = exchange(client, code).json()
    newer = refresh(client, told["refresh_token"]).json()
    assert outcome(exchange(client, code)) == (400, "invalid_grant")
    assert reads(newer["access_token"]) == 401
    assert refresh(client, newer["refresh_token"]).status_code == 400


@pytest.mark.rule("wire row 25")
@spec("RFC 6749", "4.3.2", "The password is checked like any other login")
@spec("RFC 6749", "4.3.3", "A right password gives tokens")
def test_password(client: Client) -> None:
    assert set(by_password(client).json()) == MEMBERS
    wrong = ask(client, "password", username="ada", password="wrong")
    assert outcome(wrong) == (400, "invalid_grant")


@spec("Hexoskin", "behaviour 4", "The password grant is only for the user who owns the client")
def test_password_of_another(client: Client) -> None:
    other = new_user("other")
    other.save()
    answer = ask(client, "password", username=other.username, password=PASSWORD)
    assert outcome(answer) == (400, "invalid_grant")


@spec("RFC 6749", "4.4.3", "The client itself gets no refresh token")
@spec("Hexostore", "grants", "A token of the client itself is its owner's")
def test_client_credentials(client: Client) -> None:
    told = ask(client, "client_credentials").json()
    assert set(told) == MEMBERS - {"refresh_token"}
    account = Caller().sending("Authorization", f"Bearer {told['access_token']}")
    assert account.get("/api/account/").json()["objects"][0]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("grants", "grant"),
    [
        ("implicit", "authorization_code"),
        ("authorization_code", "password"),
        ("password", "client_credentials"),
        ("client_credentials", "refresh_token"),
        ("", "client_credentials"),
    ],
)
@spec("RFC 6749", "5.2", "unauthorized_client where the client may not use the grant")
def test_grant_of_client(ada: User, grants: str, grant: str) -> None:
    sent = {"code": "c", "refresh_token": "r", "username": "ada", "password": PASSWORD}
    assert outcome(ask(program(ada, grants), grant, **sent)) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    "grant", ["unheard_of", "urn:ietf:params:oauth:grant-type:device_code", "implicit"]
)
@spec("RFC 6749", "5.2", "unsupported_grant_type")
@spec("Hexostore", "grants", "There is no grant for devices")
def test_unknown_grant(client: Client, grant: str) -> None:
    assert outcome(ask(client, grant)) == (400, "unsupported_grant_type")


# Answers


@pytest.mark.rule("wire row 26")
@spec("RFC 6749", "5.1", "A token answer is JSON, 200, and must not be stored")
@spec("RFC 6749", "5.1", "expires_in is a number, the others are texts")
@spec("RFC 6749", "7.1", "The type of the tokens is Bearer")
@spec("Hexoskin", "wire trap 2", "The token JSON holds only members that clients have a slot for")
def test_answer(client: Client) -> None:
    answer = by_password(client)
    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    assert set(told) == MEMBERS
    kinds = {name: type(value) for name, value in told.items()}
    assert kinds == {name: int if name == "expires_in" else str for name in MEMBERS}
    assert told["token_type"] == "Bearer"


@spec("RFC 6749", "5.2", "Errors are JSON with error and a description of plain ASCII")
@spec("RFC 6749", "5.2", "invalid_request where a parameter is missing")
@spec("Hexostore", "reasons", "Every refusal carries the code of its reason")
def test_error_answer(client: Client) -> None:
    answers = [
        ask(client, "authorization_code"),
        ask(client, "password", username="ada"),
        ask(client, "refresh_token"),
        post(TOKEN, client),
    ]
    for answer in answers:
        assert outcome(answer) == (400, "invalid_request")
        assert answer["Content-Type"] == "application/json"
        assert answer["Cache-Control"] == "no-store"
        assert QUOTABLE.fullmatch(answer.json()["error_description"])
        assert answer["X-HexoStore-Reason"] == "request_malformed"


@pytest.mark.parametrize("grant", ["password", "client_credentials"])
@spec("RFC 6749", "5.2", "invalid_scope for a scope that is unknown or too much")
@spec("Hexoskin", "behaviour 4", "Scopes must be among the realms of the client")
def test_scope(ada: User, grant: str) -> None:
    client = program(ada, realms="readonly")
    for scope in ("root", "readwrite", "readonly readwrite"):
        sent = {"username": "ada", "password": PASSWORD, "scope": scope}
        assert outcome(ask(client, grant, **sent)) == (400, "invalid_scope")


@spec("RFC 6749", "3.3", "The order of scopes does not matter, and the answer names them")
@spec("RFC 6749", "3.3", "Without a scope the usual one is granted, and named")
def test_scope_told(client: Client) -> None:
    assert by_password(client).json()["scope"] == "readonly"
    for scope in ("readonly readwrite", "readwrite readonly"):
        assert set(by_password(client, scope=scope).json()["scope"].split()) == set(scope.split())


# Refreshing


@pytest.mark.rule("wire row 32")
@spec("RFC 6749", "6", "A refresh gives a new pair, with the scope as it was")
@spec("RFC 9700", "4.14.2", "Refresh tokens are rotated")
@spec("RFC 6749", "10.4", "Refresh tokens are rotated, and the old one is of no use")
def test_refresh(client: Client) -> None:
    old = by_password(client, scope="readonly readwrite").json()
    new = refresh(client, old["refresh_token"]).json()
    assert set(new) == MEMBERS
    assert set(new["scope"].split()) == {"readonly", "readwrite"}
    assert {old[name] for name in MEMBERS} & {new["access_token"], new["refresh_token"]} == set()
    assert [reads(old["access_token"]), reads(new["access_token"])] == [401, 200]


@spec("RFC 6749", "10.4", "A refresh token used twice ends everything that followed from it")
@spec("RFC 9700", "4.14.2", "A refresh token used twice revokes its family")
def test_reused_refresh(client: Client) -> None:
    first = by_password(client).json()
    second = refresh(client, first["refresh_token"]).json()
    third = refresh(client, second["refresh_token"]).json()
    assert outcome(refresh(client, first["refresh_token"])) == (400, "invalid_grant")
    assert reads(third["access_token"]) == 401
    assert outcome(refresh(client, third["refresh_token"])) == (400, "invalid_grant")


@spec("RFC 6749", "6", "A refresh token is bound to its client")
@spec("RFC 6749", "10.4", "A refresh token is of no use to another client")
def test_refresh_of_another(client: Client, ada: User) -> None:
    told = by_password(client).json()
    assert outcome(refresh(program(ada), told["refresh_token"])) == (400, "invalid_grant")
    assert refresh(client, told["refresh_token"]).status_code == 200


@spec("RFC 6749", "6", "The client must authenticate to refresh")
def test_refresh_unproved(client: Client) -> None:
    told = by_password(client).json()
    sent = {"refresh_token": told["refresh_token"], "client_id": client.client_id}
    answer = post(TOKEN, None, grant_type="refresh_token", **sent)
    assert outcome(answer) == (400, "invalid_client")


@spec("RFC 6749", "6", "A refresh may ask for less, never for more")
def test_refresh_scope(client: Client) -> None:
    told = by_password(client, scope="readonly").json()
    more = refresh(client, told["refresh_token"], scope="readonly readwrite")
    assert outcome(more) == (400, "invalid_scope")
    told = by_password(client, scope="readonly readwrite").json()
    assert refresh(client, told["refresh_token"], scope="readonly").json()["scope"] == "readonly"


@spec(
    "RFC 6749", "6", "After a refresh for less the new refresh token is good for as much as before"
)
def test_refresh_token_keeps_its_scope(client: Client) -> None:
    first = by_password(client, scope="readonly readwrite").json()
    less = refresh(client, first["refresh_token"], scope="readonly").json()
    again = refresh(client, less["refresh_token"], scope="readonly").json()
    full = refresh(client, again["refresh_token"]).json()
    assert [less["scope"], again["scope"]] == ["readonly", "readonly"]
    assert set(full["scope"].split()) == {"readonly", "readwrite"}


@spec("RFC 6750", "5.3", "Tokens end by themselves, after ten hours")
@spec("RFC 6750", "5.2", "Tokens are stored as digests")
def test_short_lived(client: Client) -> None:
    from oauth2_provider.models import get_access_token_model

    told = by_password(client).json()
    assert told["expires_in"] == 36_000
    assert told["access_token"] not in str(list(get_access_token_model().objects.values()))
