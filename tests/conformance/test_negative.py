"""Credentials in the wrong place: what opens one door opens no other (RFC 6749, section 10, RFC
7009, 7636, and the Hexoskin documents)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.models import User
from apps.credentials.models import Client
from tests.conformance.test_vectors import CHALLENGE
from tests.credentials import oauth1
from tests.credentials.dances import (
    CALLBACK,
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
from tests.people import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

spec = pytest.mark.spec
Refresh = Callable[[Client, str], Any]


@pytest.fixture
def client(ada: User) -> Client:
    return program(ada)


@pytest.fixture
def person(ada: User) -> Person:
    return Person(ada)


def exchange(client: Client, code: str, **sent: str) -> Answer:
    return ask(client, "authorization_code", code=code, redirect_uri=CALLBACK, **sent)


def refresh(client: Client, token: str) -> Answer:
    return ask(client, "refresh_token", refresh_token=token)


def is_error(answer: Answer, error: str, status: int = 400) -> bool:
    return (answer.status_code, error_of(answer)) == (status, error)


@spec("RFC 6749", "1.5", "A refresh token is for the token endpoint only: it opens no resource")
def test_a_refresh_token_is_no_access_token(client: Client) -> None:
    assert read(by_password(client).json()["refresh_token"]).status_code == 401


@spec("RFC 6749", "1.3.1", "A code opens no resource")
def test_a_code_is_no_access_token(client: Client, person: Person) -> None:
    assert read(person.code(client)).status_code == 401


@spec("RFC 6749", "1.4", "An access token is neither a code nor a refresh token")
@pytest.mark.parametrize("use", [exchange, refresh])
def test_an_access_token_is_nothing_else(client: Client, use: Refresh) -> None:
    token = by_password(client).json()["access_token"]
    assert is_error(use(client, token), "invalid_grant")
    assert read(token).status_code == 200


@spec("RFC 6749", "1.3.1", "A code is no refresh token")
def test_a_code_is_no_refresh_token(client: Client, person: Person) -> None:
    assert is_error(refresh(client, person.code(client)), "invalid_grant")


@spec("RFC 6749", "2.3.1", "The secret of a client is no password of a person")
@pytest.mark.parametrize("name", ["client_id", "owner"])
def test_a_secret_is_no_password(client: Client, name: str) -> None:
    login = client.client_id if name == "client_id" else "ada"
    answer = oauth1.send("GET", "/api/account/", {"Authorization": basic(login, client.secret)})
    assert (answer.status_code, answer.content) == (401, b"")


@spec("RFC 6749", "2.3.1", "A person's password does not log a client in")
def test_a_password_is_no_secret(client: Client) -> None:
    for name in ("ada", client.client_id):
        answer = post(TOKEN, None, header=basic(name, PASSWORD), grant_type="client_credentials")
        assert is_error(answer, "invalid_client", 401)


@spec("RFC 6749", "2.3.1", "A secret counts letter by letter, and in full")
@pytest.mark.parametrize("change", [str.swapcase, lambda it: it + "x", lambda it: it[:-1], len])
def test_a_secret_that_is_nearly_right(client: Client, change: Callable[[str], object]) -> None:
    header = basic(client.client_id, str(change(client.secret)))
    answer = post(TOKEN, None, header=header, grant_type="client_credentials")
    assert is_error(answer, "invalid_client", 401)


@spec("RFC 6749", "10.14", "What is sent does not come back as it was")
@pytest.mark.parametrize("text", ["<script>", "'; DROP TABLE x; --", "\r\nX: y", "\0", "é\u2028"])
def test_junk_does_not_come_back(client: Client, text: str) -> None:
    for name in ("grant_type", "scope", "code"):
        answer = post(TOKEN, client, **{"grant_type": "authorization_code", name: text})
        assert answer.status_code == 400
        assert text not in f"{answer.content.decode()}{answer.headers}"


@spec("RFC 7636", "7.2", "A challenge by S256 is not taken for one by plain")
def test_no_downgrade(client: Client, person: Person) -> None:
    code = person.code(client, code_challenge=CHALLENGE, code_challenge_method="S256")
    answer = exchange(client, code, code_verifier=CHALLENGE, code_challenge_method="plain")
    assert is_error(answer, "invalid_grant")


@spec("RFC 7009", "2.2", "A token may be revoked twice")
def test_revoking_twice(client: Client) -> None:
    token = by_password(client).json()["access_token"]
    assert [post(REVOKE, client, token=token).status_code for _ in range(2)] == [200, 200]


@spec("RFC 7009", "2.1", "Another token of the same client and person lives on")
def test_revoking_one_of_many(client: Client) -> None:
    one, other = (by_password(client).json()["access_token"] for _ in range(2))
    post(REVOKE, client, token=one)
    assert (read(one).status_code, read(other).status_code) == (401, 200)


@spec("RFC 7662", "4", "A token is no credential for asking about itself")
def test_a_token_does_not_introspect(client: Client) -> None:
    token = by_password(client).json()["access_token"]
    answer = post(INTROSPECT, None, header=f"Bearer {token}", token=token)
    assert answer.status_code in {400, 401}
    assert "active" not in answer.json()


@spec(
    "Hexoskin", "API reference, API keys and OAuth requests", "A client is used by its scheme alone"
)
@pytest.mark.parametrize("status", ["apikey", "oauth1"])
def test_a_client_of_another_scheme_gets_no_code(
    client: Client, person: Person, status: str
) -> None:
    code, old = person.code(client), by_password(client).json()
    Client.objects.update(status=status)
    assert exchange(client, code).status_code == 400
    assert refresh(client, old["refresh_token"]).status_code == 400
    assert read(old["access_token"]).status_code == 401


@spec("RFC 5849", "3.1", "A token of OAuth 2 signs nothing, and one of OAuth 1 is no bearer")
def test_tokens_of_one_protocol_are_none_of_the_other(client: Client, ada: User) -> None:
    signing = oauth1.new_client(ada)
    oauth1.new_token(signing, ada)
    assert oauth1.ask().status_code == 200
    assert read(oauth1.TOKEN).status_code == 401
    bearer = by_password(client).json()["access_token"]
    signed = oauth1.ask(resource_owner_key=bearer, resource_owner_secret=bearer)
    assert (signed.status_code, signed["WWW-Authenticate"][:5]) == (401, "OAuth")
