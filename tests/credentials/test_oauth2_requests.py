"""How clients send their parameters and prove themselves to the token endpoint."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.models import Client
from tests.credentials.dances import (
    FORM,
    TOKEN,
    Person,
    ask,
    basic,
    error_of,
    post,
    program,
    query_of,
)
from tests.credentials.tokens import reason
from tests.people import PASSWORD


@pytest.fixture
def client(user: User) -> Client:
    return program(user)


def sent_otherwise(client: Client, how: str) -> int:
    login = {"grant_type": "password", "username": "ada", "password": PASSWORD}
    both = {**login, "client_id": client.client_id, "client_secret": client.secret}
    header = {"Authorization": basic(client.client_id, client.secret)}
    ways = {
        "query": (urlencode(login), "", FORM, header),
        "query, credentials and all": (urlencode(both), "", "application/json", {}),
        "label of JSON": ("", urlencode(login), "application/json", header),
        "no label": ("", urlencode(login), "", header),
        "credentials in the body": ("", urlencode(both), FORM, {}),
        "credentials twice, the same": ("", urlencode(both), FORM, header),
        "some here, some there": ("grant_type=password", urlencode(login)[20:], FORM, header),
        "stale token": ("", urlencode(both), FORM, {"Authorization": "Bearer old"}),
    }
    query, body, label, headers = ways[how]
    return Browser().generic("POST", f"{TOKEN}?{query}", body, label, headers=headers).status_code


@pytest.mark.parametrize(
    "how",
    [
        "query",
        "query, credentials and all",
        "label of JSON",
        "no label",
        "credentials in the body",
        "credentials twice, the same",
        "some here, some there",
        "stale token",
    ],
)
def test_every_way_in_which_clients_send_their_parameters(client: Client, how: str) -> None:
    assert sent_otherwise(client, how) == 200


def test_a_json_object_will_do(client: Client) -> None:
    text = '{"grant_type": "client_credentials", "scope": "readonly", "extra": [1]}'
    header = {"Authorization": basic(client.client_id, client.secret)}
    answer = Browser().generic("POST", TOKEN, text, "application/json", headers=header)
    assert answer.status_code == 200


@pytest.mark.parametrize("encode", [str, lambda text: urlencode({"": text})[1:]])
def test_basic_credentials_may_be_form_encoded(user: User, encode: object) -> None:
    secret = "a+b%2Bc d:e/é"
    client = program(user, client_secret=secret)
    header = basic(client.client_id, encode(secret))  # type: ignore[operator]
    assert post(TOKEN, None, header=header, grant_type="client_credentials").status_code == 200


@pytest.mark.parametrize(
    ("header", "reason_expected"),
    [
        ("Basic !!", "malformed_authorization"),
        ("Basic " + b64encode(b"no colon").decode(), "malformed_authorization"),
        ("Basic " + b64encode(b"\xff:\xff").decode(), "malformed_authorization"),
        (basic("nobody", "x"), "unknown_client"),
        (basic("nul\0", "x"), "unknown_client"),
        (basic("n" * 101, "x"), "unknown_client"),
        ("Bearer x", "unsupported_scheme"),
    ],
)
def test_a_wrong_header_is_401_with_a_challenge(
    db: None, header: str, reason_expected: str
) -> None:
    answer = post(TOKEN, None, header=header, grant_type="client_credentials")
    assert (answer.status_code, error_of(answer)) == (401, "invalid_client")
    assert answer["WWW-Authenticate"] == 'Basic realm="hexostore"'
    assert reason(answer) == reason_expected


def test_a_wrong_secret_is_401_in_the_header_and_400_in_the_body(client: Client) -> None:
    sent = {"grant_type": "client_credentials"}
    header = post(TOKEN, None, header=basic(client.client_id, "wrong"), **sent)
    body = post(TOKEN, None, client_id=client.client_id, client_secret="wrong", **sent)
    assert [header.status_code, body.status_code] == [401, 400]
    assert error_of(header) == error_of(body) == "invalid_client"
    assert reason(header) == reason(body) == "wrong_secret"
    assert "WWW-Authenticate" not in body


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_credentials_that_contradict_each_other_are_refused(client: Client, name: str) -> None:
    answer = ask(client, "client_credentials", **{name: "another"})
    assert (answer.status_code, error_of(answer)) == (400, "invalid_request")


def test_an_empty_secret_proves_nothing(user: User) -> None:
    client = program(user, client_secret="")
    answer = ask(client, "client_credentials")
    assert (answer.status_code, reason(answer)) == (401, "wrong_secret")


def test_a_state_of_any_bytes_comes_back(client: Client, user: User) -> None:
    person = Person(user)
    raw = "a%FF%00%0D%0Ab+c%2B%22%27%3C%E2%82%AC"
    asked = urlencode({"client_id": client.client_id, "response_type": "code"})
    page = person.log_in(person.open(f"{asked}&state={raw}"))
    answer = person.press(page, "allow")
    assert answer["Location"].endswith("&state=a%FF%00%0D%0Ab%20c%2B%22%27%3C%E2%82%AC")
    assert query_of(answer)["code"]
