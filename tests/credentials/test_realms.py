"""Realms: how far the tokens of a client reach, looked at whenever one is used."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.api.access import READONLY, READWRITE
from apps.credentials import realms
from apps.credentials.models import Client, Realm
from tests.credentials.test_scopes import is_refused, send
from tests.credentials.tokens import ask, new_client, new_token, reason

BOTH = frozenset({READONLY, READWRITE})


def narrow(client: Client, *names: str) -> None:
    client.realms.set(Realm.objects.filter(name__in=names))


@pytest.mark.parametrize(
    ("scopes", "allowed", "left"),
    [
        ({READONLY}, BOTH, {READONLY}),
        ({READWRITE}, BOTH, BOTH),
        ({READWRITE}, {READONLY}, {READONLY}),
        ({READWRITE}, {READWRITE}, {READWRITE}),
        ({READONLY}, {READWRITE}, set()),
        (BOTH, (), {READONLY}),
        ({"other"}, {"other", READONLY}, {"other"}),
        ((), BOTH, set()),
    ],
)
def test_what_is_left_of_scopes(scopes: set[str], allowed: set[str], left: set[str]) -> None:
    assert realms.limit_scopes(scopes, allowed) == left


def test_a_narrowed_client_is_so_at_once(user: User) -> None:
    client = new_client(user)
    new_token(client, user, scope="readwrite")
    assert send("PATCH", "/api/label/", {"objects": []}).status_code == 202
    narrow(client, READONLY)
    assert is_refused(send("PATCH", "/api/label/", {"objects": []}))
    assert ask().status_code == 200
    narrow(client)
    assert is_refused(send("PATCH", "/api/label/", {"objects": []}))
    assert ask().status_code == 200
    narrow(client, READONLY, READWRITE)
    assert send("PATCH", "/api/label/", {"objects": []}).status_code == 202


def test_a_realm_of_another_client_does_not_count(user: User) -> None:
    client, other = new_client(user), new_client(user)
    new_token(client, user, scope="readonly")
    narrow(client, READWRITE)
    assert other.realms.count() == len(BOTH)
    answer = ask()
    assert (answer.status_code, reason(answer)) == (403, "scope_insufficient")
