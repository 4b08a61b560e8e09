"""Stores with a control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import begun_homes
from tests.control.small import SmallStore, small_store
from tests.live import Live

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture
def small(home: Path, settings: Settings) -> Iterator[SmallStore]:
    """A store of one small table."""
    settings.HEXOSTORE_HOME = home
    with small_store(home) as store:
        yield store


@pytest.fixture(scope="package")
def served() -> Iterator[Live]:
    """The demo world, served by two workers; tests create sandboxes of their own in it."""
    with begun_homes.served_demo("--workers", "2") as live:
        yield live
