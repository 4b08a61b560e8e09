"""Revocation (RFC 7009), introspection (RFC 7662) and metadata (RFC 8414)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.models import Client
from hexostore import clock
from tests.credentials.dances import (
    INTROSPECT,
    REVOKE,
    Person,
    ask,
    basic,
    by_password,
    error_of,
    post,
    program,
)
from tests.people import Caller

spec = pytest.mark.spec
WELL_KNOWN = "/.well-known/oauth-authorization-server"


@pytest.fixture
def client(ada: User) -> Client:
    return program(ada)


@pytest.fixture
def pair(client: Client) -> dict[str, str]:
    told: dict[str, str] = by_password(client).json()
    return told


def reads(token: str) -> int:
    return Caller().sending("Authorization", f"Bearer {token}").get("/api/account/").status_code


def inspected(client: Client, token: str, **sent: str) -> dict[str, Any]:
    told: dict[str, Any] = post(INTROSPECT, client, token=token, **sent).json()
    return told


# RFC 7009


@pytest.mark.parametrize("hint", ["", "access_token"])
@spec("RFC 7009", "2.1", "A revoked token is of no use at once")
@spec("RFC 7009", "2.2", "200 where the token was revoked, without a body")
def test_revoke(client: Client, pair: dict[str, str], hint: str) -> None:
    assert reads(pair["access_token"]) == 200
    answer = post(REVOKE, client, token=pair["access_token"], token_type_hint=hint)
    assert (answer.status_code, answer.content) == (200, b"")
    assert reads(pair["access_token"]) == 401


@spec("RFC 7009", "2.1", "A refresh token takes its access tokens along")
@spec("RFC 7009", "2", "Refresh tokens can be revoked")
def test_revoke_refresh(client: Client, pair: dict[str, str]) -> None:
    post(REVOKE, client, token=pair["refresh_token"])
    assert reads(pair["access_token"]) == 401
    answer = ask(client, "refresh_token", refresh_token=pair["refresh_token"])
    assert error_of(answer) == "invalid_grant"


@spec("RFC 7009", "2.1", "An access token takes its refresh token along")
def test_revoke_access(client: Client, pair: dict[str, str]) -> None:
    post(REVOKE, client, token=pair["access_token"])
    answer = ask(client, "refresh_token", refresh_token=pair["refresh_token"])
    assert error_of(answer) == "invalid_grant"


@pytest.mark.parametrize("hint", ["refresh_token", "unheard_of"])
@spec("RFC 7009", "2.1", "With a wrong hint the search goes on among all tokens")
@spec("RFC 7009", "2.2.1", "An unknown hint is ignored")
def test_hint(client: Client, pair: dict[str, str], hint: str) -> None:
    answer = post(REVOKE, client, token=pair["access_token"], token_type_hint=hint)
    assert answer.status_code == 200
    assert reads(pair["access_token"]) == 401


@spec("RFC 7009", "2.1", "The token must have been issued to the client that asks")
@spec("RFC 7009", "5", "Nobody ends or finds tokens by guessing")
def test_revoke_other(client: Client, pair: dict[str, str], ada: User) -> None:
    answer = post(REVOKE, program(ada), token=pair["access_token"])
    assert answer.status_code == 200
    assert reads(pair["access_token"]) == 200


@spec("RFC 7009", "2.2", "200 for a token that is none")
def test_revoke_nothing(client: Client) -> None:
    for token in ("none", "nul\0", "x" * 5000, "é"):
        assert post(REVOKE, client, token=token).status_code == 200


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
@spec("RFC 7009", "2.1", "The token is required: invalid_request")
@spec("RFC 7662", "2.1", "The token is required")
def test_no_token(client: Client, path: str) -> None:
    answer = post(path, client)
    assert (answer.status_code, error_of(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
@spec("RFC 7009", "2.1", "The client's credentials are verified first")
@spec("RFC 7662", "2.1", "Whoever asks must be authorized, so that nobody scans for tokens")
@spec("RFC 7662", "2.3", "401 where the credentials are wrong")
def test_strangers(client: Client, pair: dict[str, str], path: str) -> None:
    sent = {"token": pair["access_token"]}
    wrong = post(path, None, header=basic(client.client_id, "wrong"), **sent)
    assert (wrong.status_code, error_of(wrong)) == (401, "invalid_client")
    nobody = post(path, None, **sent)
    assert (nobody.status_code, error_of(nobody)) == (400, "invalid_client")
    assert reads(pair["access_token"]) == 200


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
@spec("RFC 7009", "2.1", "The endpoint is asked by POST")
@spec("RFC 7662", "2.1", "The endpoint is asked by POST")
def test_methods(path: str) -> None:
    assert Browser().get(path).status_code == 405


# RFC 7662


@spec("RFC 7662", "2.2", "An active token: scope, client, user, type and times")
def test_active(client: Client, pair: dict[str, str], ada: User) -> None:
    now = int(clock.now().timestamp())
    told = inspected(client, pair["access_token"])
    assert told["active"] is True
    assert (told["scope"], told["client_id"]) == ("readonly", client.client_id)
    assert (told["username"], told["sub"]) == ("ada", str(ada.pk))
    assert told["token_type"] == "Bearer"
    assert abs(told["iat"] - now) < 60
    assert abs(told["exp"] - now - 36_000) < 60


@spec("RFC 7662", "2.1", "A wrong hint does not matter")
def test_inspect_hint(client: Client, pair: dict[str, str]) -> None:
    for hint in ("access_token", "refresh_token", "unheard_of"):
        assert inspected(client, pair["access_token"], token_type_hint=hint)["active"] is True
        assert inspected(client, pair["refresh_token"], token_type_hint=hint)["active"] is True


@spec("RFC 7662", "2.2", "A token that is not active is active: false, and nothing more")
@spec("RFC 7662", "4", "Nothing is told of tokens that are unknown, revoked or another client's")
def test_inactive(client: Client, pair: dict[str, str], ada: User) -> None:
    other = program(ada)
    nothing = {"active": False}
    assert inspected(other, pair["access_token"]) == nothing
    assert inspected(other, pair["refresh_token"]) == nothing
    assert inspected(client, "unknown") == nothing
    post(REVOKE, client, token=pair["access_token"])
    assert inspected(client, pair["access_token"]) == nothing
    assert inspected(client, pair["refresh_token"]) == nothing


@spec("RFC 7662", "4", "Whether a token has expired is looked at")
def test_expired(client: Client, pair: dict[str, str]) -> None:
    told = inspected(client, pair["access_token"])
    with time_machine.travel(told["exp"] + 1, tick=False):
        assert inspected(client, pair["access_token"]) == {"active": False}


@spec("RFC 7662", "4", "Answers are not stored on the way")
def test_not_cached(client: Client, pair: dict[str, str]) -> None:
    answer = post(INTROSPECT, client, token=pair["access_token"])
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "application/json"


# RFC 8414


def metadata() -> dict[str, Any]:
    told: dict[str, Any] = Browser().get(WELL_KNOWN).json()
    return told


@spec("RFC 8414", "3", "The document lies at the well-known path below the issuer")
@spec("RFC 8414", "3.1", "It is asked by GET, without credentials")
@spec("RFC 8414", "3.2", "It is JSON, and no member is an empty list")
def test_document() -> None:
    answer = Browser().get(WELL_KNOWN)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert all(value for value in answer.json().values())


@pytest.mark.parametrize(("host", "secure"), [("a.localhost", True), ("b.localhost:8443", True)])
@spec("RFC 8414", "2", "The issuer is a URL without query and fragment")
@spec("RFC 8414", "3.3", "The issuer is the very one that was asked")
def test_issuer(host: str, secure: bool) -> None:
    told = Browser().get(WELL_KNOWN, headers={"Host": host}, secure=secure).json()
    assert told["issuer"] == f"https://{host}"
    assert not urlsplit(told["issuer"]).query


@spec("RFC 8414", "2", "What is required is there")
def test_required() -> None:
    required = {"issuer", "authorization_endpoint", "token_endpoint", "response_types_supported"}
    assert required <= set(metadata())


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("authorization_endpoint", 400),
        ("token_endpoint", 405),
        ("revocation_endpoint", 405),
        ("introspection_endpoint", 405),
    ],
)
@spec("RFC 8414", "2", "The endpoints are where the document says")
def test_endpoints(db: None, name: str, status: int) -> None:
    url = urlsplit(metadata()[name])
    assert url.netloc == "testserver"
    assert Browser().get(url.path).status_code == status


@spec("RFC 8414", "2", "The grants and response types listed are those that there are")
def test_grants(client: Client, ada: User) -> None:
    told = metadata()
    listed = set(told["grant_types_supported"])
    assert listed == {*client.grants(), "refresh_token"}
    for grant in listed - {"implicit"}:
        answer = ask(client, grant)
        assert answer.status_code == 200 or error_of(answer) != "unsupported_grant_type"
    for kind in told["response_types_supported"]:
        assert Person(ada).allow(client, kind).status_code in {302, 303}


@spec("RFC 8414", "2", "The ways listed in which clients prove themselves work")
def test_secrets(client: Client) -> None:
    ways = metadata()["token_endpoint_auth_methods_supported"]
    assert sorted(ways) == ["client_secret_basic", "client_secret_post"]
    sent = {"client_id": client.client_id, "client_secret": client.secret}
    path = urlsplit(metadata()["token_endpoint"]).path
    assert post(path, client, grant_type="client_credentials").status_code == 200
    assert post(path, None, grant_type="client_credentials", **sent).status_code == 200


@spec("RFC 8414", "2", "The scopes and the methods of challenges are listed")
def test_lists() -> None:
    told = metadata()
    assert told["scopes_supported"] == ["readonly", "readwrite"]
    assert sorted(told["code_challenge_methods_supported"]) == ["S256", "plain"]
