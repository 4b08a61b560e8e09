"""Clients that are not ours dance every dance, over https: requests-oauthlib and authlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth1Session as AuthlibOAuth1
from authlib.integrations.requests_client import OAuth2Session as AuthlibOAuth2
from oauthlib.oauth1 import SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY
from oauthlib.oauth2 import (
    BackendApplicationClient,
    InvalidGrantError,
    LegacyApplicationClient,
    MobileApplicationClient,
)
from requests_oauthlib import OAuth1Session, OAuth2Session

from tests.live import Live
from tests.programs import EMAIL, OAUTH1, OAUTH2, PASSWORD, WEB_CALLBACK, served
from tests.visitor import Visitor

TOKEN_KEYS = {"access_token", "token_type", "expires_in", "refresh_token", "scope"}

spec = pytest.mark.spec


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with served() as store:
        yield store


@pytest.fixture
def visitor(live: Live) -> Visitor:
    return Visitor(live.https, str(live.ca), EMAIL, PASSWORD)


@pytest.fixture
def found(live: Live) -> dict[str, Any]:
    """The endpoints, as the metadata names them."""
    url = f"{live.https}/.well-known/oauth-authorization-server"
    metadata: dict[str, Any] = requests.get(url, verify=str(live.ca), timeout=10).json()
    return metadata


def who(session: Any, live: Live) -> str:
    """The address of whom a session acts for."""
    answer = session.get(f"{live.https}/api/account/", verify=str(live.ca))
    assert answer.status_code == 200, answer.headers
    return str(answer.json()["objects"][0]["email"])


def trusting(session: Any, live: Live) -> Any:
    session.trust_env = False  # where REQUESTS_CA_BUNDLE would win
    session.verify = str(live.ca)
    return session


# requests-oauthlib


@spec("RFC 6749", "4.1", "requests-oauthlib gets a token by a code, and reads with it")
@pytest.mark.parametrize("pkce", [None, "S256"])
def test_a_code_by_requests_oauthlib(
    live: Live, visitor: Visitor, found: dict[str, Any], pkce: str | None
) -> None:
    made = OAuth2Session(OAUTH2.key, redirect_uri=WEB_CALLBACK, scope=["readonly"], pkce=pkce)
    session = trusting(made, live)
    url, state = session.authorization_url(found["authorization_endpoint"])
    location = visitor.goes_to(url)
    assert f"state={state}" in location
    token = session.fetch_token(
        found["token_endpoint"],
        authorization_response=location,
        client_secret=OAUTH2.secret,
        include_client_id=True,
    )
    assert set(token) - {"expires_at"} == TOKEN_KEYS
    assert who(session, live) == EMAIL


@spec("RFC 6749", "4.2", "requests-oauthlib gets a token out of the fragment, and reads with it")
def test_the_implicit_grant_by_requests_oauthlib(
    live: Live, visitor: Visitor, found: dict[str, Any]
) -> None:
    program = MobileApplicationClient(OAUTH2.key)
    made = OAuth2Session(client=program, redirect_uri=WEB_CALLBACK, scope=["readonly"])
    session = trusting(made, live)
    url, _ = session.authorization_url(found["authorization_endpoint"])
    token = session.token_from_fragment(visitor.goes_to(url))
    assert set(token) == {
        "access_token",
        "token_type",
        "expires_in",
        "expires_at",
        "scope",
        "state",
    }
    assert who(session, live) == EMAIL


def by_password(live: Live, found: dict[str, Any], scope: str = "readonly readwrite") -> Any:
    session = trusting(OAuth2Session(client=LegacyApplicationClient(OAUTH2.key)), live)
    session.fetch_token(
        found["token_endpoint"],
        username=EMAIL,
        password=PASSWORD,
        scope=scope.split(),
        client_id=OAUTH2.key,
        client_secret=OAUTH2.secret,
    )
    return session


@spec("RFC 6749", "4.3", "requests-oauthlib gets a token by a password, and writes with it")
def test_the_password_grant_by_requests_oauthlib(live: Live, found: dict[str, Any]) -> None:
    session = by_password(live, found)
    assert who(session, live) == EMAIL
    body = {"user": "/api/user/7001/", "start": 1, "end": 2}
    answer = session.post(f"{live.https}/api/range/", json=body)
    assert answer.status_code == 201


@spec("RFC 6749", "4.4", "requests-oauthlib gets a token for the client itself")
def test_client_credentials_by_requests_oauthlib(live: Live, found: dict[str, Any]) -> None:
    session = trusting(OAuth2Session(client=BackendApplicationClient(OAUTH2.key)), live)
    token = session.fetch_token(
        found["token_endpoint"], client_id=OAUTH2.key, client_secret=OAUTH2.secret
    )
    assert "refresh_token" not in token
    assert who(session, live) == EMAIL


@spec("RFC 6749", "6", "requests-oauthlib refreshes a token; the old one is of no use then")
def test_refreshing_by_requests_oauthlib(live: Live, found: dict[str, Any]) -> None:
    session = by_password(live, found)
    old = dict(session.token)
    auth = (OAUTH2.key, OAUTH2.secret)
    new = session.refresh_token(found["token_endpoint"], auth=auth)
    assert (new["access_token"], new["refresh_token"]) != (
        old["access_token"],
        old["refresh_token"],
    )
    assert who(session, live) == EMAIL
    with pytest.raises(InvalidGrantError):
        session.refresh_token(found["token_endpoint"], old["refresh_token"], auth=auth)


SIGNATURES = {
    "header": SIGNATURE_TYPE_AUTH_HEADER,
    "query": SIGNATURE_TYPE_QUERY,
    "body": SIGNATURE_TYPE_BODY,
}


@spec("RFC 5849", "2", "requests-oauthlib takes all three steps, by header, query or body")
@pytest.mark.parametrize("place", list(SIGNATURES))
def test_oauth1_by_requests_oauthlib(live: Live, visitor: Visitor, place: str) -> None:
    session = trusting(
        OAuth1Session(
            OAUTH1.key,
            OAUTH1.secret,
            callback_uri=WEB_CALLBACK,
            signature_type=SIGNATURES[place],
        ),
        live,
    )
    session.fetch_request_token(f"{live.https}/oauth/request_token")
    location = visitor.goes_to(session.authorization_url(f"{live.https}/oauth/authorize"))
    session.parse_authorization_response(location)
    session.fetch_access_token(f"{live.https}/oauth/access_token")
    session._client.client.signature_type = SIGNATURE_TYPE_AUTH_HEADER
    assert who(session, live) == EMAIL


# authlib


@spec("RFC 6749", "4.1", "authlib gets a token by a code, and reads with it")
@spec("RFC 6749", "2.3.1", "The secret is taken from Basic and from the body")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_code_by_authlib(
    live: Live, visitor: Visitor, found: dict[str, Any], method: str
) -> None:
    session = authlib(live, method)
    url, state = session.create_authorization_url(
        found["authorization_endpoint"], code_verifier="v" * 48
    )
    session.fetch_token(
        found["token_endpoint"],
        authorization_response=visitor.goes_to(url),
        state=state,
        code_verifier="v" * 48,
    )
    assert who(session, live) == EMAIL


def authlib(live: Live, method: str = "client_secret_basic", **more: Any) -> Any:
    made = AuthlibOAuth2(
        OAUTH2.key,
        OAUTH2.secret,
        token_endpoint_auth_method=method,
        redirect_uri=WEB_CALLBACK,
        scope="readonly",
        code_challenge_method="S256",
        **more,
    )
    return trusting(made, live)


Fetch = Callable[[Any, str], Any]
GRANTS: dict[str, Fetch] = {
    "4.3": lambda session, url: session.fetch_token(url, username=EMAIL, password=PASSWORD),
    "4.4": lambda session, url: session.fetch_token(url, grant_type="client_credentials"),
}


@pytest.mark.parametrize(
    "grant",
    [
        pytest.param("4.3", marks=spec("RFC 6749", "4.3", "authlib gets a token by a password")),
        pytest.param("4.4", marks=spec("RFC 6749", "4.4", "authlib gets a token for the client")),
    ],
)
def test_grants_without_a_page_by_authlib(live: Live, found: dict[str, Any], grant: str) -> None:
    session = authlib(live)
    GRANTS[grant](session, found["token_endpoint"])
    assert who(session, live) == EMAIL


@spec("RFC 6749", "6", "authlib refreshes a token")
def test_refreshing_by_authlib(live: Live, found: dict[str, Any]) -> None:
    session = authlib(live)
    old = session.fetch_token(found["token_endpoint"], username=EMAIL, password=PASSWORD)
    new = session.refresh_token(found["token_endpoint"], old["refresh_token"])
    assert new["access_token"] != old["access_token"]
    assert who(session, live) == EMAIL


@spec("RFC 7009", "2", "authlib revokes a token, which is refused from then on")
@spec("RFC 7662", "2", "authlib asks whether a token is active, before and after")
def test_revoking_by_authlib(live: Live, found: dict[str, Any]) -> None:
    session = authlib(live)
    token = session.fetch_token(found["token_endpoint"], username=EMAIL, password=PASSWORD)
    access = token["access_token"]

    def is_active() -> bool:
        answer = session.introspect_token(found["introspection_endpoint"], access)
        return bool(answer.json()["active"])

    assert is_active()
    assert session.revoke_token(found["revocation_endpoint"], access).status_code == 200
    assert not is_active()
    headers = {"Authorization": f"Bearer {access}"}
    answer = requests.get(
        f"{live.https}/api/account/", headers=headers, verify=str(live.ca), timeout=10
    )
    assert (answer.status_code, answer.headers["X-HexoStore-Reason"]) == (401, "revoked_token")


@spec("RFC 5849", "2", "authlib takes all three steps")
def test_oauth1_by_authlib(live: Live, visitor: Visitor) -> None:
    session = trusting(AuthlibOAuth1(OAUTH1.key, OAUTH1.secret, redirect_uri=WEB_CALLBACK), live)
    token = session.fetch_request_token(f"{live.https}/oauth/request_token")
    assert token["oauth_callback_confirmed"] == "true"
    location = visitor.goes_to(session.create_authorization_url(f"{live.https}/oauth/authorize"))
    session.parse_authorization_response(location)
    session.fetch_access_token(f"{live.https}/oauth/access_token")
    assert who(session, live) == EMAIL
