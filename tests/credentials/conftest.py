"""A user who logs in with a password or a signed key."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.credentials.basic import passwords
from apps.credentials.models import Client
from tests.people import cast, new_user, owner

__all__ = ["cast", "owner"]

SECRET = "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"
KEY = "3X4mP1ePu6licK3y"


@pytest.fixture
def user(db: None) -> User:
    made = new_user("ada", first_name="Ada")
    made.username = "ada"
    made.save()
    return made


@pytest.fixture
def client_key(user: User) -> Client:
    return Client.objects.create(client_id=KEY, client_secret=SECRET, user=user)


@pytest.fixture(autouse=True)
def fresh_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password is known from an earlier test."""
    monkeypatch.setattr(passwords, "_known", {})
