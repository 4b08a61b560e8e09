"""HEXOSTORE_LIMITS: how often a user, a client or a stranger may ask (rules T194, T202)."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client as Browser
from django.test import RequestFactory

from apps.accounts.models import User
from apps.credentials.models import Client, RateCounter, Refusal
from apps.credentials.rate_limits import limits, rate_counters
from apps.credentials.rate_limits.rate_counters import RateLimit
from tests import begun_homes
from tests.credentials.test_refusal_log import basic
from tests.credentials.tokens import ACCOUNT, ask, new_client, new_token, reason
from tests.frozen import FrozenClock, frozen
from tests.live import Live
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

__all__ = ["frozen"]

SCHEMA = "/api/account/schema/"
TINY = limits.PROFILES["tiny"] or RateLimit(0, 0)


@pytest.fixture
def tiny(user: User, frozen: FrozenClock, settings: Settings) -> FrozenClock:
    settings.HEXOSTORE_LIMITS = "tiny"
    return frozen


def get(path: str = ACCOUNT, name: str = "ada", **environ: str) -> Answer:
    headers = basic(f"{name}:{PASSWORD}") if name else {}
    return Browser(**environ).get(path, headers=headers)  # type: ignore[arg-type]


def statuses(number: int, path: str = ACCOUNT, name: str = "ada", **environ: str) -> set[int]:
    return {get(path, name, **environ).status_code for _ in range(number)}


@pytest.mark.rule("T194")
def test_too_many_requests(tiny: FrozenClock) -> None:
    assert statuses(TINY.most) == {200}
    tiny.move(timedelta(seconds=3.5))
    answer = get()
    assert (answer.status_code, answer.content) == (429, b"")
    assert (answer["Retry-After"], reason(answer)) == ("7", "rate_limited")
    assert not answer["Content-Type"].startswith("application/json")
    assert "Vary" not in answer
    row = Refusal.objects.first()
    assert row is not None
    assert (row.reason, row.user, row.scheme) == ("rate_limited", "ada", "basic")


def test_the_window_ends(tiny: FrozenClock) -> None:
    assert statuses(TINY.most + 3) == {200, 429}
    tiny.move(timedelta(seconds=TINY.seconds))
    assert statuses(TINY.most) == {200}
    assert get().status_code == 429


def test_every_program_of_a_user_counts_for_him(tiny: FrozenClock, user: User) -> None:
    for number in range(TINY.most):
        token = f"token-{number}"
        new_token(new_client(user), user, token=token)
        assert ask(token).status_code == 200
    assert get().status_code == 429


def test_every_user_of_a_program_counts_for_it(tiny: FrozenClock, user: User) -> None:
    client = new_client(user)
    for number in range(TINY.most + 1):
        person = new_user(f"person{number}")
        person.save()
        new_token(client, person, token=f"token-{number}")
    answers = [ask(f"token-{number}").status_code for number in range(TINY.most + 1)]
    assert answers == [200] * TINY.most + [429]
    assert get().status_code == 200


def test_a_user_is_not_held_back_by_another(tiny: FrozenClock) -> None:
    new_user("bob").save()
    assert statuses(TINY.most + 1) == {200, 429}
    assert get(name="bob@example.com").status_code == 200


def test_strangers_count_by_address(tiny: FrozenClock) -> None:
    assert statuses(TINY.most, "/api/", "") == {200}
    assert get("/api/", "").status_code == 429
    assert get("/api/", "", REMOTE_ADDR="192.0.2.9").status_code == 200


@pytest.mark.rule("T194")
def test_what_is_refused_before_does_not_count(tiny: FrozenClock) -> None:
    assert statuses(TINY.most + 1, ACCOUNT, "nobody") == {401}
    assert statuses(TINY.most + 1, ACCOUNT, "") == {401}
    headers = basic(f"ada:{PASSWORD}")
    for _ in range(TINY.most + 1):
        assert Browser().delete(ACCOUNT, headers=headers).status_code == 405
        assert Browser().options(ACCOUNT, headers=headers).status_code == 200
    assert statuses(TINY.most) == {200}


def test_a_schema_counts(tiny: FrozenClock) -> None:
    assert statuses(TINY.most + 1, SCHEMA) == {200, 429}


def test_as_documented(user: User, frozen: FrozenClock, settings: Settings) -> None:
    settings.HEXOSTORE_LIMITS = "as-documented"
    rate = limits.PROFILES["as-documented"]
    assert rate == RateLimit(300, 60)
    get()
    RateCounter.objects.update(count=rate.most - 1)
    assert get().status_code == 200
    assert get().status_code == 429


def test_what_it_costs(
    user: User, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    get(SCHEMA)
    with django_assert_num_queries(1):
        get(SCHEMA)
    settings.HEXOSTORE_LIMITS = "tiny"
    with django_assert_num_queries(2):
        get(SCHEMA)


def test_users_and_clients_are_counted_in_one_statement(
    tiny: FrozenClock, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    new_token(new_client(user), user)
    with django_assert_num_queries(2):
        assert ask(path=SCHEMA).status_code == 200
    assert set(RateCounter.objects.values_list("name", "count")) == {
        (f"asks user {user.pk}", 1),
        (f"asks client {Client.objects.get().pk}", 1),
    }


# The counting itself


@pytest.fixture
def still(db: None, frozen: FrozenClock) -> FrozenClock:
    return frozen


def test_a_count_that_is_used_up(still: FrozenClock) -> None:
    rate = {"a": RateLimit(2, 10)}
    assert [rate_counters.count_hit(rate) for _ in range(3)] == [None, None, 10]
    assert rate_counters.count_hit({"b": RateLimit(2, 10)}) is None
    still.move(timedelta(seconds=9.9))
    assert rate_counters.count_hit(rate) == 1
    still.move(timedelta(seconds=0.1))
    assert rate_counters.count_hit(rate) is None


def test_looking_counts_nothing(still: FrozenClock) -> None:
    rate = {"a": RateLimit(1, 10)}
    assert [
        rate_counters.peek_wait(rate),
        rate_counters.peek_wait(rate),
        rate_counters.count_hit(rate),
    ] == [None] * 3
    assert [rate_counters.peek_wait(rate), rate_counters.peek_wait(rate)] == [10, 10]


def test_the_longest_wait_counts(still: FrozenClock) -> None:
    rates = {"a": RateLimit(0, 10), "b": RateLimit(0, 20), "c": RateLimit(1, 30)}
    assert rate_counters.count_hit(rates) == 20


def test_a_worker_whose_look_at_the_clock_is_older(still: FrozenClock) -> None:
    rate = {"a": RateLimit(1, 10)}
    rate_counters.count_hit(rate)
    still.move(timedelta(seconds=-0.5))
    assert rate_counters.count_hit(rate) == 11


def test_a_clock_that_is_put_back(still: FrozenClock) -> None:
    rate = {"a": RateLimit(1, 10)}
    rate_counters.count_hit(rate)
    still.move(timedelta(days=-1))
    assert [rate_counters.count_hit(rate), rate_counters.count_hit(rate)] == [None, 10]


def test_old_rows_go_away(still: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_counters, "TRIMMED_EACH", 1)
    rate_counters.count_hit({"old": RateLimit(1, 10), "young": RateLimit(1, 60)})
    still.move(timedelta(seconds=10))
    rate_counters.count_hit({"new": RateLimit(1, 10)})
    assert set(RateCounter.objects.values_list("name", flat=True)) == {"young", "new"}


def test_the_table_is_bounded(still: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_counters, "MOST", 3)
    for number in range(9):
        rate_counters.count_hit({f"name {number}": RateLimit(1, 60 + number)})
    rate_counters.trim_rows()
    left = list(RateCounter.objects.order_by("name").values_list("name", flat=True))
    assert left == ["name 5", "name 6", "name 7", "name 8"]


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", rate_counters.digest_text("")),
    ],
)
def test_addresses(rf: RequestFactory, sent: str, counted: str) -> None:
    request = rf.get("/", REMOTE_ADDR=sent)
    assert rate_counters.client_address(request) == counted


# Really served


@pytest.fixture
def served(home: Path) -> Iterator[Live]:
    begun_homes.fill_home(home, "demo")
    live = Live(home, ("--workers", "2"), {"HEXOSTORE_LIMITS": "as-documented"}).start()
    yield live
    live.stop()


def status(base: str) -> int:
    pair = base64.b64encode(b"athlete@example.com:athlete").decode()
    request = urllib.request.Request(f"{base}{SCHEMA}", headers={"Authorization": f"Basic {pair}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_workers_agree(served: Live) -> None:
    """Of requests that two workers answer at the same time, exactly as many as one may send."""
    rate = limits.PROFILES["as-documented"]
    assert rate is not None
    with ThreadPoolExecutor(8) as threads:
        found = Counter(threads.map(status, [served.base] * (rate.most + 20)))
    assert found == {200: rate.most, 429: 20}
