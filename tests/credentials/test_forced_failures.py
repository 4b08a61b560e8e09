"""Ordered failures: accounts and keys with a mark are refused as it says, in the sandbox only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser

from apps.accounts.models import User
from apps.credentials.models import Client, ForcedFailure, Refusal
from apps.credentials.refusals import forced_failures
from tests.credentials import dances, oauth1
from tests.credentials.test_refusal_log import LAST, basic
from tests.credentials.test_signatures import NOW, send, signed
from tests.credentials.tokens import ACCOUNT, ask, new_client, new_token, reason
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

LOGIN = basic(f"ada:{PASSWORD}")


def by_login() -> Answer:
    return Browser().get(ACCOUNT, headers=LOGIN)


def by_key() -> Answer:
    with time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False):
        return send(signed())


def mark(user: User, text: str) -> None:
    ForcedFailure.objects.update_or_create(user=user, defaults={"failure": text})


EXPECTED = {
    "fail:login": (401, "bad_login"),
    "fail:inactive": (401, "inactive_user"),
    "fail:key": (401, "unknown_key"),
    "fail:signature": (401, "signature_mismatch"),
    "fail:timestamp": (401, "timestamp_outside_window"),
    "fail:nonce": (401, "nonce_used"),
    "fail:unknown": (401, "unknown_token"),
    "fail:expired": (401, "expired_token"),
    "fail:revoked": (401, "revoked_token"),
    "fail:forbidden": (403, "not_permitted"),
    "fail:rate": (429, "rate_limited"),
    "fail:unavailable": (503, "unavailable"),
}


def test_all_marks_are_tried() -> None:
    assert EXPECTED.keys() == forced_failures.FAILURES.keys()


@pytest.mark.parametrize("text", forced_failures.FAILURES)
def test_an_account_with_a_mark(user: User, text: str) -> None:
    mark(user, text)
    answer = by_login()
    assert (answer.status_code, reason(answer)) == EXPECTED[text]
    row = Browser().get(LAST).json()[0]
    assert (row["ordered"], row["user"], row["scheme"]) == (True, "ada", "basic")
    ForcedFailure.objects.all().delete()
    assert by_login().status_code == 200


@pytest.mark.parametrize("text", forced_failures.FAILURES)
def test_a_key_with_a_mark(client_key: Client, text: str) -> None:
    Client.objects.update(forced_failure=text)
    answer = by_key()
    status, code = EXPECTED[text]
    assert (answer.status_code, reason(answer)) == (status, code)
    if status == 401:
        assert answer.content == b'{"error": "API signature failed."}'
    assert by_login().status_code == 200


@pytest.mark.parametrize("text", forced_failures.FAILURES)
@pytest.mark.parametrize("marked", ["user", "client"])
def test_a_token_of_somebody_with_a_mark(user: User, text: str, marked: str) -> None:
    developer = new_user("dev")
    developer.save()
    client = new_client(developer, forced_failure=text if marked == "client" else "")
    new_token(client, user)
    if marked == "user":
        mark(user, text)
    answer = ask()
    status, code = EXPECTED[text]
    assert (answer.status_code, reason(answer)) == (status, code)
    if status == 401:
        assert answer["WWW-Authenticate"].startswith('Bearer realm="hexostore", error=')
        assert answer.content == b""


@pytest.mark.parametrize(("text", "status"), [("fail:rate", 429), ("fail:unavailable", 503)])
def test_those_that_pass_say_when(user: User, text: str, status: int) -> None:
    mark(user, text)
    answer = by_login()
    assert (answer.status_code, answer["Retry-After"]) == (status, "60")


def test_the_mark_of_the_client_comes_first(user: User, client_key: Client) -> None:
    mark(user, "fail:rate")
    Client.objects.update(forced_failure="fail:forbidden")
    assert by_key().status_code == 403


@pytest.mark.parametrize("text", ["", "fail", "fail:other", "expired", "FAIL:RATE"])
def test_other_words_are_no_marks(user: User, client_key: Client, text: str) -> None:
    mark(user, text)
    Client.objects.update(forced_failure=text)
    assert by_login().status_code == by_key().status_code == 200


def test_a_mark_is_for_those_who_are_let_in(user: User) -> None:
    mark(user, "fail:rate")
    answer = Browser().get(ACCOUNT, headers=basic("ada:wrong"))
    assert (answer.status_code, reason(answer)) == (401, "bad_login")


def test_a_mark_is_nobody_elses(user: User) -> None:
    other = new_user("bob")
    other.save()
    mark(other, "fail:rate")
    assert by_login().status_code == 200


def test_marks_cost_no_statement(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    by_login()
    mark(user, "other")
    with django_assert_num_queries(1):
        assert Browser().get("/api/account/schema/", headers=LOGIN).status_code == 200


def test_a_public_server_obeys_none(user: User, client_key: Client, settings: Settings) -> None:
    mark(user, "fail:rate")
    Client.objects.update(forced_failure="fail:rate")
    new_token(new_client(user, forced_failure="fail:rate"), user)
    settings.HEXOSTORE_PROFILE = "public"
    assert by_login().status_code == by_key().status_code == ask().status_code == 200
    assert not Refusal.objects.exists()


# OAuth 1


@pytest.fixture
def consumer(user: User) -> Client:
    """A client of OAuth 1 of somebody else, with a token of the user's."""
    developer = new_user("dev")
    developer.save()
    client = oauth1.new_client(developer)
    oauth1.new_token(client, user)
    return client


@pytest.mark.parametrize("text", forced_failures.FAILURES)
@pytest.mark.parametrize("marked", ["user", "client"])
def test_oauth1_of_somebody_with_a_mark(
    user: User, consumer: Client, text: str, marked: str
) -> None:
    if marked == "user":
        mark(user, text)
    else:
        Client.objects.filter(pk=consumer.pk).update(forced_failure=text)
    answer = oauth1.ask()
    status, code = EXPECTED[text]
    assert (answer.status_code, reason(answer)) == (status, code)
    if status == 401:
        assert answer["WWW-Authenticate"] == 'OAuth realm="hexostore"'
        assert answer.content == b'{"error": "API signature failed."}'


@pytest.mark.parametrize("text", forced_failures.FAILURES)
def test_the_endpoints_of_oauth1(consumer: Client, text: str) -> None:
    Client.objects.filter(pk=consumer.pk).update(forced_failure=text)
    nobody = {"resource_owner_key": None, "resource_owner_secret": None}
    answer = oauth1.ask(oauth1.ASK, "POST", callback_uri=oauth1.CALLBACK, **nobody)
    assert (answer.status_code, reason(answer)) == EXPECTED[text]


# The token endpoint of OAuth 2

REFUSED: dict[str, dict[str, tuple[int, str]]] = {
    "client_credentials": {
        "fail:rate": (429, "temporarily_unavailable"),
        "fail:unavailable": (503, "temporarily_unavailable"),
        "fail:key": (400, "invalid_client"),
        "fail:inactive": (400, "unauthorized_client"),
    }
}
REFUSED["password"] = {**REFUSED["client_credentials"], "fail:login": (400, "invalid_grant")}
REFUSED["refresh_token"] = {
    **REFUSED["client_credentials"],
    "fail:revoked": (400, "invalid_grant"),
    "fail:unknown": (400, "invalid_grant"),
}


def sent_with(grant: str, client: Client) -> dict[str, str]:
    """The parameters of a grant that would be given."""
    if grant == "client_credentials":
        return {}
    if grant == "password":
        return {"username": "ada", "password": PASSWORD}
    return {"refresh_token": dances.by_password(client).json()["refresh_token"]}


@pytest.mark.parametrize("marked", ["user", "client"])
@pytest.mark.parametrize("grant", REFUSED)
@pytest.mark.parametrize("text", forced_failures.FAILURES)
def test_the_token_endpoint(user: User, text: str, grant: str, marked: str) -> None:
    client = dances.program(user)
    sent = sent_with(grant, client)
    if marked == "user":
        mark(user, text)
    else:
        Client.objects.filter(pk=client.pk).update(forced_failure=text)
    answer = dances.ask(client, grant, **sent)
    status, error = REFUSED[grant].get(text, (200, ""))
    assert (answer.status_code, answer.json().get("error", "")) == (status, error)
    if status != 200:
        assert reason(answer) == EXPECTED[text][1]
    assert answer.headers.get("Retry-After") == ("60" if status in {429, 503} else None)


def test_the_token_endpoint_of_a_public_server(user: User, settings: Settings) -> None:
    client = dances.program(user, forced_failure="fail:rate")
    settings.HEXOSTORE_PROFILE = "public"
    answer = dances.post(dances.TOKEN, client, secure=True, grant_type="client_credentials")
    assert answer.status_code == 200
