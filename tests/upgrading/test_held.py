"""What `serve` prints of the demo world is what the store still has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import hashers

from apps.accounts.models import User
from apps.credentials.models import Client, ForcedFailure
from apps.credentials.refusals import forced_failures
from apps.records.models import Record
from apps.sandbox import demo, held, seeds, store
from apps.sandbox.management.commands import serve
from apps.sandbox.models import Store
from tests.credentials.tokens import new_client

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

ALL = ["athlete", "friend", "runner", "swimmer", "coach", "staff", "stranger", "sub001", "sub002"]


@pytest.fixture
def begun() -> Store:
    """A demo world of an earlier version, which did not note its logins."""
    seeds.load(store.read_fixtures("demo"))
    return Store.objects.create(id=1, seed="demo", conventions="hexoskin")


def names(begun: Store) -> list[str]:
    return [login["password"] for login in held.usable_logins(begun)]


def test_all_of_it_at_first(begun: Store) -> None:
    assert names(begun) == ALL
    assert held.usable_key() == store.demo_key()
    assert held.usable_oauth2_client() == store.demo_oauth2()
    assert held.has_example()


def test_nobody_who_is_gone_or_changed(begun: Store) -> None:
    User.objects.get(pk=36).delete()
    User.objects.filter(pk=805).update(is_active=False)
    User.objects.filter(pk=835).update(email="ada@example.com")
    coach = User.objects.get(pk=555)
    coach.set_password("another")
    coach.save()
    assert names(begun) == ["athlete", "staff", "stranger", "sub001", "sub002"]


def test_a_password_is_checked_once(begun: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(begun) == ALL
    checked: list[str] = []

    def check(password: str, encoded: str) -> bool:
        checked.append(password)
        return hashers.check_password(password, encoded)

    monkeypatch.setattr(held, "check_password", check)
    begun.refresh_from_db()
    athlete = User.objects.get(pk=1511)
    athlete.set_password("another")
    athlete.save()
    assert names(begun) == ALL[1:]
    assert checked == ["athlete"]


def test_a_new_store_notes_its_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "make_signals", lambda _: None)
    begun = store.begin_store("demo", None, lambda _: None)
    monkeypatch.delattr(held, "check_password")
    assert names(begun) == ALL


def test_no_client_that_is_gone_or_has_another_secret(begun: Store) -> None:
    Client.objects.filter(pk=1).update(client_secret="another")
    Client.objects.get(pk=4).delete()
    assert (held.usable_key(), held.usable_oauth2_client()) == ({}, {})


def test_no_example_of_a_record_that_is_gone(begun: Store) -> None:
    facts = {"base": "http://127.0.0.1:8000/api/", "logins": held.usable_logins(begun)}
    assert held.has_example()
    shown = serve.example_requests({**facts, "example": held.EXAMPLE})
    assert any("record=37700" in line for line in shown)
    Record.objects.get(pk=37700).delete()
    assert not held.has_example()
    assert not any("37700" in line for line in serve.example_requests(facts))


def test_what_was_marked_is_told(settings: Settings) -> None:
    assert forced_failures.list_failures() == {}
    people = [User(username=name, email=f"{name}@example.com") for name in "abcdefghijk"]
    users = User.objects.bulk_create(people)
    for user in users:
        ForcedFailure.objects.create(user=user, failure="fail:expired")
    key = new_client(users[0]).client_id
    Client.objects.filter(client_id=key).update(forced_failure="fail:unavailable")
    told = forced_failures.list_failures()
    assert told == {user.email: "fail:expired" for user in users} | {key: "fail:unavailable"}
    lines = serve.list_forced_failures(told)
    assert lines[:2] == [
        f"  Marked    {users[0].email}: fail:expired",
        f"            {users[1].email}: fail:expired",
    ]
    assert (len(lines), lines[-1]) == (11, "            and 2 more")
    settings.HEXOSTORE_PROFILE = "public"
    assert forced_failures.list_failures() == {}
