"""Programs that take the first row of `user` for the caller: Hexoplex, and a React Native app."""

from __future__ import annotations

import pytest

from tests.clients.session import Session, bearing, login_of, with_key
from tests.live import Live

TOLD = ("email", "first_name", "id", "last_name", "profile", "resource_uri", "username")
"""The seven members that Hexoplex unwraps: null ends it."""


@pytest.mark.parametrize("name", ["runner", "swimmer", "stranger"])
def test_who_sees_nobody_else_is_first(live: Live, name: str) -> None:
    signed = with_key(live, name)
    signed.headers = {"cache-control": "no-cache", "postman-token": "197a8b89-71e0"}
    first = signed.read("/api/user/")["objects"][0]
    assert first["email"] == f"{name}@example.com"
    assert None not in [first[member] for member in TOLD]


def test_rows_come_by_id_for_who_sees_more(live: Live) -> None:
    """The caller has no place of their own: `account` is who asks (docs/differences.md)."""
    session = Session(live, login_of("athlete"))
    ids = [row["id"] for row in session.rows("/api/user/")]
    assert ids == sorted(ids)
    assert ids[0] != 1511
    assert session.read("/api/account/")["objects"][0]["id"] == 1511


def test_a_key_alone_stands_for_its_owner(live: Live) -> None:
    """The app signs without a login."""
    session = Session(live, key=(live.facts["key"], live.facts["secret"]), headers={})
    assert 1511 in [row["id"] for row in session.read("/api/user/")["objects"]]


def test_a_secret_is_no_token(live: Live) -> None:
    """The app's first try sends its secret as Bearer, with filters that are none."""
    session = bearing(live, live.facts["secret"])
    answer = session.send("GET", "/api/user/?start_date=2022-01-01&end_date=2022-01-31")
    assert answer.status_code == 401
