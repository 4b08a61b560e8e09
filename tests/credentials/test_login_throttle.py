"""Guesses at passwords and letters to strangers are limited in the public profile only."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory

from apps.accounts.models import User
from apps.credentials.basic import login_throttle, passwords, printed
from apps.credentials.models import OneTimeToken, RateCounter, Refusal
from apps.credentials.rate_limits import rate_counters
from apps.jobs.models import Job
from tests.credentials.test_refusal_log import basic
from tests.credentials.tokens import ACCOUNT, reason
from tests.frozen import FrozenClock, frozen
from tests.people import PASSWORD, Caller, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

__all__ = ["frozen"]

WRONG = "wrong"
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def public(user: User, frozen: FrozenClock, settings: Settings) -> FrozenClock:
    settings.HEXOSTORE_PROFILE = "public"
    return frozen


def login(name: str = "ada", password: str = WRONG, address: str = HERE) -> Answer:
    headers = basic(f"{name}:{password}")
    return Browser(REMOTE_ADDR=address).get(ACCOUNT, secure=True, headers=headers)


def fail(times: int, name: str = "ada", address: str = HERE) -> None:
    for _ in range(times):
        assert login(name, address=address).status_code == 401


def is_limited(answer: Answer) -> bool:
    if answer.status_code != 429:
        return False
    assert (answer.content, reason(answer)) == (b"", "too_many_logins")
    assert 0 < int(answer["Retry-After"]) <= 3600
    return True


def test_too_many_wrong_logins(public: FrozenClock) -> None:
    fail(login_throttle.PAIR.most)
    public.move(timedelta(minutes=5))
    answer = login()
    assert is_limited(answer)
    assert answer["Retry-After"] == "600"
    assert is_limited(login(password=PASSWORD))
    public.move(timedelta(seconds=600))
    assert login(password=PASSWORD).status_code == 200


def test_a_password_that_is_remembered_does_not_help(public: FrozenClock) -> None:
    assert login(password=PASSWORD).status_code == 200
    fail(login_throttle.PAIR.most)
    assert is_limited(login(password=PASSWORD))


def test_others_are_not_locked_out(public: FrozenClock) -> None:
    fail(login_throttle.PAIR.most)
    assert login(password=PASSWORD, address=THERE).status_code == 200
    assert login("ada@example.com", PASSWORD).status_code == 200


def test_nobody_learns_who_exists(public: FrozenClock) -> None:
    fail(login_throttle.PAIR.most)
    fail(login_throttle.PAIR.most, "nobody")
    known, unknown = login(), login("nobody")
    assert is_limited(known)
    assert is_limited(unknown)
    assert known.headers == unknown.headers


def test_many_names_from_one_address(public: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "ADDRESS", rate_counters.RateLimit(3, 60))
    for name in ("a", "b", "c"):
        fail(1, name)
    assert is_limited(login("d"))
    assert not is_limited(login("d", address=THERE))


def test_one_name_from_many_addresses(public: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "NAME", rate_counters.RateLimit(3, 60))
    for number in range(3):
        fail(1, address=f"192.0.2.{number}")
    assert is_limited(login(address="192.0.2.9"))
    assert not is_limited(login("other", address="192.0.2.9"))


def test_a_household_is_one_address(public: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PAIR", rate_counters.RateLimit(1, 60))
    fail(1, address="2001:db8::1")
    assert is_limited(login(address="2001:db8::2"))
    assert not is_limited(login(address="2001:db8:0:1::2"))


def test_right_logins_do_not_count(
    public: FrozenClock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    login(password=PASSWORD)
    assert {row.count for row in RateCounter.objects.all()} == {0}
    with django_assert_num_queries(2):
        schema = "/api/account/schema/"
        Browser().get(schema, secure=True, headers=basic(f"ada:{PASSWORD}"))


def test_names_of_any_length_and_letters(public: FrozenClock) -> None:
    fail(login_throttle.PAIR.most, "x" * 4000)
    assert is_limited(login("x" * 4000))
    fail(1, "\udc80 ä".encode("utf-8", "replace").decode())


def test_a_sandbox_counts_nothing(user: User) -> None:
    fail(login_throttle.PAIR.most + 1)
    assert not RateCounter.objects.exists()
    assert Refusal.objects.count() == login_throttle.PAIR.most + 1


def test_the_seconds_to_wait_for_other_views(public: FrozenClock, rf: RequestFactory) -> None:
    request = rf.get("/", REMOTE_ADDR=HERE)
    for _ in range(login_throttle.PAIR.most):
        assert login_throttle.login_wait(request, "ada") is None
        assert not login_throttle.is_right(request, "ada", None, WRONG)
    assert login_throttle.login_wait(request, "ada") == login_throttle.PAIR.seconds


class Held:
    """Checks of passwords that all wait until as many as may be looked at are being looked at."""

    def __init__(self, most: int) -> None:
        self.together, self.looked = Barrier(most, timeout=30), 0

    def __call__(self, user: User | None, password: str) -> bool:
        self.looked += 1
        self.together.wait()
        return False


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_no_more_are_looked_at(
    public: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(login_throttle.PAIR.most)
    monkeypatch.setattr(passwords, "is_right", held)

    def guess(_: int) -> int:
        try:
            return login().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(30) as pool:
        statuses = Counter(pool.map(guess, range(30)))
    assert statuses == {401: login_throttle.PAIR.most, 429: 30 - login_throttle.PAIR.most}
    assert held.looked == login_throttle.PAIR.most
    assert {row.count for row in RateCounter.objects.all()} == {login_throttle.PAIR.most}


def test_a_right_login_between_wrong_ones_takes_its_try_back(public: FrozenClock) -> None:
    fail(login_throttle.PAIR.most - 1)
    assert login(password=PASSWORD).status_code == 200
    passwords._known.clear()
    assert login(password=PASSWORD).status_code == 200
    fail(1)
    assert is_limited(login())


@pytest.mark.parametrize(
    "password", [*sorted(printed.printed_passwords()), "ada", "ADA", "Ada@Example.com"]
)
def test_printed_passwords_and_own_names_open_nothing(
    user: User, settings: Settings, password: str
) -> None:
    user.set_password(password)
    user.save()
    assert login(password=password).status_code == 200
    settings.HEXOSTORE_PROFILE = "public"
    passwords._known.clear()
    answer = login(password=password)
    assert (answer.status_code, reason(answer)) == (401, "bad_login")


# Letters


def ask(name: str, email: str, address: str = HERE, **more: str) -> Answer:
    body = {"email": email, **more}
    browser = Browser(REMOTE_ADDR=address)
    return browser.post(f"/api/{name}/", body, content_type="application/json", secure=True)


@pytest.mark.parametrize("name", ["resetpassword", "createuserrequest"])
@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_letters_to_one_address(public: FrozenClock, name: str, email: str) -> None:
    for number in range(login_throttle.LETTERS.most):
        assert ask(name, email, f"192.0.2.{number}").status_code == 202
    sent, begun = Job.objects.count(), OneTimeToken.objects.count()
    assert sent == login_throttle.LETTERS.most
    answer = ask(name, email.upper(), THERE)
    assert (answer.status_code, answer.content) == (429, b"")
    assert (reason(answer), answer["Retry-After"]) == ("rate_limited", "3600")
    assert (Job.objects.count(), OneTimeToken.objects.count()) == (sent, begun)
    assert ask(name, "other@example.com", THERE).status_code == 202
    public.move(timedelta(hours=1))
    assert ask(name, email).status_code == 202


def test_letters_that_a_stranger_has_sent(public: FrozenClock) -> None:
    for number in range(login_throttle.SENDER.most):
        assert ask("resetpassword", f"a{number}@example.com").status_code == 202
    assert ask("resetpassword", "z@example.com").status_code == 429
    assert ask("resetpassword", "z@example.com", THERE).status_code == 202


def test_letters_that_a_user_has_sent(
    public: FrozenClock, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_throttle, "SENDER", rate_counters.RateLimit(2, 60))
    bob = new_user("bob")
    bob.save()
    statuses = [
        Caller(person).post("/api/changeemail/", {"email": f"n{number}@example.com"}).status_code
        for number, person in enumerate((user, user, user, bob))
    ]
    assert statuses == [202, 202, 429, 202]


def test_what_is_refused_for_its_form_does_not_count(public: FrozenClock) -> None:
    for _ in range(login_throttle.SENDER.most + 1):
        assert ask("resetpassword", "none").status_code == 400
    assert not RateCounter.objects.exists()


def test_a_sandbox_sends_as_many_as_one_likes(user: User) -> None:
    for _ in range(login_throttle.LETTERS.most + 1):
        assert ask("resetpassword", "ada@example.com").status_code == 202
