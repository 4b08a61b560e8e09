"""The people of these tests, and the outbox that tokens are read from."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.people import cast, friend, outsider, owner, staff

__all__ = ["cast", "friend", "outsider", "owner", "staff"]


@pytest.fixture(autouse=True)
def outbox(settings: Settings) -> None:
    """The backend of the sandbox, in whose place pytest-django puts one of its own."""
    settings.EMAIL_BACKEND = "apps.sandbox.outbox.Backend"
