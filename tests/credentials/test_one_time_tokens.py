"""Single-use tokens: what is stored of them, how long they hold, that one use is the only one."""

from __future__ import annotations

import hashlib
import string
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.credentials import one_time_tokens
from apps.credentials.models import OneTimeToken
from tests.frozen import FrozenClock, frozen

__all__ = ["frozen"]

KIND = "greeting"


def test_a_one_time_token_carries_what_it_is_about(user: User) -> None:
    issued = one_time_tokens.issue_token(
        KIND, user=user, email="a@example.com", payload={"word": ["hi"]}
    )
    found = one_time_tokens.find_token(KIND, issued.token)
    assert found == issued
    assert found is not None
    assert (found.kind, found.user, found.email) == (KIND, user, "a@example.com")
    assert (found.payload, found.redeemed) == ({"word": ["hi"]}, None)


def test_a_token_is_long_random_and_fits_a_url(db: None) -> None:
    made = {one_time_tokens.issue_token(KIND).token for _ in range(20)}
    assert len(made) == 20
    assert {len(token) for token in made} == {43}
    assert set("".join(made)) <= set(string.ascii_letters + string.digits + "-_")


def test_only_the_hash_is_stored(db: None) -> None:
    issued = one_time_tokens.issue_token(KIND)
    stored = OneTimeToken.objects.get()
    assert issued.token not in str(OneTimeToken.objects.values().get())
    assert stored.token == ""
    assert stored.digest == hashlib.sha256(issued.token.encode()).hexdigest()
    with CaptureQueriesContext(
        connection,
    ) as statements:
        one_time_tokens.find_token(KIND, issued.token)
    assert issued.token not in statements[0]["sql"]


@pytest.mark.parametrize("wrong", ["", "x" * 43, "\0", "\ud800", "é" * 50])
def test_what_was_never_issued_is_not_found(db: None, wrong: str) -> None:
    one_time_tokens.issue_token(KIND)
    assert one_time_tokens.find_token(KIND, wrong) is None


def test_neither_the_hash_nor_another_kind_finds_a_one_time_token(db: None) -> None:
    issued = one_time_tokens.issue_token(KIND)
    assert one_time_tokens.find_token(KIND, issued.digest) is None
    assert one_time_tokens.find_token("farewell", issued.token) is None


@pytest.mark.parametrize(
    "ttl", [timedelta(seconds=1), timedelta(hours=1), one_time_tokens.LIFETIME]
)
def test_a_one_time_token_expires_on_the_servers_clock(
    db: None, frozen: FrozenClock, ttl: timedelta
) -> None:
    issued = one_time_tokens.issue_token(KIND, ttl=ttl)
    assert issued.expires == frozen.now + ttl
    frozen.move(ttl - timedelta(microseconds=1))
    assert one_time_tokens.find_token(KIND, issued.token) == issued
    frozen.move(timedelta(microseconds=1))
    assert one_time_tokens.find_token(KIND, issued.token) is None
    assert not one_time_tokens.redeem_token(issued)
    assert OneTimeToken.objects.get().redeemed is None


def test_a_one_time_token_is_used_once(db: None, frozen: FrozenClock) -> None:
    issued = one_time_tokens.issue_token(KIND)
    again = one_time_tokens.find_token(KIND, issued.token)
    assert again is not None
    assert one_time_tokens.redeem_token(issued)
    assert issued.redeemed == frozen.now == OneTimeToken.objects.get().redeemed
    assert one_time_tokens.find_token(KIND, issued.token) is None
    assert not one_time_tokens.redeem_token(issued)
    assert not one_time_tokens.redeem_token(again)


def test_an_undone_transaction_gives_the_one_time_token_back(db: None) -> None:
    issued = one_time_tokens.issue_token(KIND)
    with transaction.atomic():
        assert one_time_tokens.redeem_token(issued)
        transaction.set_rollback(True)
    assert one_time_tokens.find_token(KIND, issued.token) == issued


@pytest.mark.django_db(transaction=True)
def test_of_several_who_redeem_at_once_one_succeeds() -> None:
    count = 4
    issued, ready = one_time_tokens.issue_token(KIND), Barrier(count)

    def redeem(_: int) -> bool:
        try:
            with transaction.atomic():
                found = one_time_tokens.find_token(KIND, issued.token)
                assert found is not None
                ready.wait(10)
                return one_time_tokens.redeem_token(found)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        assert sorted(pool.map(redeem, range(count))) == [False] * (count - 1) + [True]
