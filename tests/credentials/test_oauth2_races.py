"""Two requests at once for what may be had once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from apps.credentials import realms
from apps.credentials.consent import decisions
from apps.credentials.models import Client, Consent
from tests.credentials.dances import CALLBACK, Person, ask, by_password, program
from tests.credentials.tokens import reason
from tests.people import Caller, new_user
from tests.races import locked, meet

AT_ONCE = 4
SCOPES = "readonly", "readwrite"


@pytest.fixture
def client(transactional_db: None) -> Client:
    realms.create_realms()
    owner = new_user("owner")
    owner.save()
    return program(owner)


def race(send: Callable[[], Any]) -> list[Any]:
    """The answers to the same request, sent by several threads at once."""
    gate = Barrier(AT_ONCE)

    def run(_: int) -> Any:
        gate.wait()
        try:
            return send()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def test_a_code_is_exchanged_by_one_alone(client: Client) -> None:
    code = Person(client.user).code(client)
    sent = {"code": code, "redirect_uri": CALLBACK}
    answers = race(lambda: ask(client, "authorization_code", **sent))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert {reason(answer) for answer in answers if answer.status_code == 400} == {"code_used"}
    assert not get_access_token_model().objects.exists()


def test_a_refresh_token_is_used_by_one_alone(client: Client) -> None:
    token = by_password(client).json()["refresh_token"]
    answers = race(lambda: ask(client, "refresh_token", refresh_token=token))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    refused = {reason(answer) for answer in answers if answer.status_code == 400}
    assert refused == {"refresh_reused"}
    assert not get_access_token_model().objects.exists()
    assert not get_refresh_token_model().objects.filter(revoked=None).exists()


def test_a_refresh_gives_nothing_that_outlives_its_revocation(client: Client) -> None:
    token = by_password(client).json()["refresh_token"]
    refresh = partial(ask, client, "refresh_token", refresh_token=token)
    revoke = partial(Caller(client.user).delete, f"/api/accesstoken/{client.pk}/")
    rows = get_refresh_token_model().objects
    answers = meet(refresh, revoke, at=partial(locked, rows.get()))
    assert [answer.status_code for answer in answers] == [200, 204]
    assert not rows.filter(revoked=None).exists()
    assert not get_access_token_model().objects.exists()


def test_what_is_allowed_at_the_same_time_adds_up(client: Client) -> None:
    decisions.remember_consent(client.user, client, ())
    both = [partial(decisions.remember_consent, client.user, client, (scope,)) for scope in SCOPES]
    meet(*both, at=partial(locked, Consent.objects.get()))
    assert Consent.objects.get().scopes == " ".join(SCOPES)
