"""The world of these tests, and the two conventions."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from tests.api import world
from tests.golden.world import demo_world
from tests.people import Caller, Cast, cast, friend, outsider, owner, staff

__all__ = ["cast", "demo_world", "friend", "outsider", "owner", "staff"]


@pytest.fixture
def me(cast: Cast) -> Caller:
    """The owner, in a world that has rows."""
    world.build(cast)
    return cast.owner


@pytest.fixture
def stock(settings: Settings) -> None:
    """A store that writes stock Tastypie's forms."""
    settings.HEXOSTORE_CONVENTIONS = "tastypie"
