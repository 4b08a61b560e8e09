"""What holds for every token: good once, until it expires, for its own operation only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from apps.accounts import operations
from apps.credentials import one_time_tokens
from apps.credentials.models import OneTimeToken
from hexostore import clock
from tests.accounts.loops import LOOPS, Loop, mails
from tests.contract.contract import empty
from tests.people import ANYBODY, Caller

loops = pytest.mark.parametrize("loop", LOOPS, ids=str)


@loops
def test_checking_changes_nothing_and_redeeming_works_once(owner: Caller, loop: Loop) -> None:
    path = loop.begin(owner)
    first, second = loop.check(owner, path), loop.check(owner, path)
    assert (first.status_code, first["Content-Type"]) == (200, "application/json")
    assert first.content == second.content
    done = loop.redeem(owner, path)
    assert (done.status_code, done["Content-Type"]) == (200, "application/json"), done.content
    empty(loop.redeem(owner, path), 404)
    empty(loop.check(owner, path), 404)


@loops
def test_a_token_expires_on_the_servers_clock(
    owner: Caller, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = loop.begin(owner), clock.now()
    monkeypatch.setattr(
        "hexostore.clock.now", lambda: now + one_time_tokens.LIFETIME - timedelta(hours=1)
    )
    assert loop.check(owner, path).status_code == 200
    monkeypatch.setattr("hexostore.clock.now", lambda: now + one_time_tokens.LIFETIME)
    empty(loop.check(owner, path), 404)
    empty(loop.redeem(owner, path), 404)


@loops
@pytest.mark.parametrize("token", ["x" * 43, "1", "é", "%00", "a/b"])
def test_a_wrong_token(owner: Caller, loop: Loop, token: str) -> None:
    path = f"/api/{loop.name}/{token}/"
    empty(loop.check(owner, path), 404)
    empty(loop.redeem(owner, path), 404)


@loops
def test_a_token_is_of_no_use_elsewhere(owner: Caller, loop: Loop) -> None:
    token = loop.begin(owner).split("/")[-2]
    for other in LOOPS:
        if other is not loop:
            empty(other.redeem(owner, f"/api/{other.name}/{token}/"), 404)
    assert loop.redeem(owner, f"/api/{loop.name}/{token}/").status_code == 200


@pytest.mark.parametrize("loop", [each for each in LOOPS if each.name != "changeemail"], ids=str)
def test_a_body_that_is_refused_leaves_the_token_good(owner: Caller, loop: Loop) -> None:
    path, redeemer = loop.begin(owner), loop.redeemer(owner)
    for body in ("{", "[]", '"x"', "5", '{"password": "short"}', '{"password": 5}'):
        assert redeemer.send("PUT", path, body).status_code == 400, body
    assert loop.redeem(owner, path).status_code == 200


@loops
def test_the_token_is_told_by_mail_only(owner: Caller, loop: Loop) -> None:
    path = loop.begin(owner)
    token = path.split("/")[-2]
    assert path == f"/api/{loop.name}/{token}/"
    assert not OneTimeToken.objects.filter(digest=token).exists()
    (mail,) = mails(loop.mailbox(owner))
    assert f"Token: {token}\n" in mail["body"]


@pytest.mark.django_db(transaction=True)
@loops
def test_of_two_at_once_one_redeems(
    owner: Caller, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, both = loop.begin(owner), Barrier(2, timeout=30)

    def wait_and_redeem(one_time_token: OneTimeToken) -> bool:
        both.wait()
        return one_time_tokens.redeem_token(one_time_token)

    class Slow:
        find_token = staticmethod(one_time_tokens.find_token)
        redeem_token = staticmethod(wait_and_redeem)

    def put(_: int) -> int:
        try:
            return loop.redeem(owner, path).status_code
        finally:
            connection.close()

    monkeypatch.setattr(operations, "one_time_tokens", Slow)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(put, range(2))) == [200, 404]


def test_only_the_list_of_createrelateduser_needs_a_login(db: None) -> None:
    empty(ANYBODY.post("/api/createrelateduser/", {}), 401)
    empty(ANYBODY.get("/api/changeemail/x/"), 401)
    empty(ANYBODY.get("/api/createrelateduser/x/"), 404)
