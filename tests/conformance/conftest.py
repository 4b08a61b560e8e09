"""Somebody who logs in, and his key, for the tests of the documents."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.credentials.basic import passwords
from apps.credentials.models import Client
from tests.credentials.conftest import KEY, SECRET
from tests.people import new_user


@pytest.fixture
def ada(db: None) -> User:
    """A user with PASSWORD; `ada` is her name and `ada@example.com` her address."""
    made = new_user("ada", first_name="Ada")
    made.username = "ada"
    made.save()
    return made


@pytest.fixture
def api_key(ada: User) -> Client:
    """Ada's key for signed requests: KEY with SECRET."""
    return Client.objects.create(client_id=KEY, client_secret=SECRET, user=ada)


@pytest.fixture(autouse=True)
def fresh_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password is known from an earlier test."""
    monkeypatch.setattr(passwords, "_known", {})
