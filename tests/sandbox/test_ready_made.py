"""The demo world's passwords are hashed before anybody starts a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import check_password

from apps.accounts.models import User
from apps.sandbox import demo, ready_made, store
from tests.upgrading import schema

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PASSWORDS = [login["password"] for login in store.demo_logins()]


@pytest.fixture
def strong(settings: Settings) -> None:
    """Passwords are hashed as in a served store, and not as in the tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_every_password_has_a_hash_that_is_up_to_date(strong: None, password: str) -> None:
    anew = f"fixtures/passwords.json is not up to date; write it anew: {schema.COMMAND}"
    assert ready_made.hash_password(password) == ready_made.read_hashes().get(password), anew
    assert check_password(password, ready_made.read_hashes()[password]), anew


def test_no_others_are_published() -> None:
    assert set(ready_made.read_hashes()) == set(PASSWORDS)


def test_another_password_is_hashed(strong: None) -> None:
    assert check_password("another", ready_made.hash_password("another"))


@pytest.mark.parametrize(
    ("old", "usual"),
    [
        ("pbkdf2_sha256$1000$c2FsdA$aGFzaA==", "PBKDF2"),
        ("md5$c2FsdA$aGFzaA", "PBKDF2"),
        ("", "MD5"),
    ],
    ids=["fewer rounds", "another kind", "none"],
)
def test_what_is_not_up_to_date_is_hashed_anew(
    old: str, usual: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{usual}PasswordHasher"]
    monkeypatch.setattr(ready_made, "read_hashes", lambda: {"athlete": old})
    made = ready_made.hash_password("athlete")
    assert made != old
    assert check_password("athlete", made)


@pytest.mark.django_db
def test_a_new_demo_world_takes_them(strong: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "make_signals", lambda _: None)
    store.begin_store("demo", None, lambda _: None)
    kept = set(User.objects.exclude(password="").values_list("password", flat=True))
    assert kept == set(ready_made.read_hashes().values())
