"""Sandboxes whose clock tests move."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import begun_homes
from tests.control.clock.clocked import Clocked, new_clocked
from tests.live import Live


@pytest.fixture
def clocked(served: Live) -> Iterator[Clocked]:
    """A new sandbox of the demo world, by the system's clock."""
    with new_clocked(served) as found:
        yield found


@pytest.fixture(scope="package")
def strict() -> Iterator[Live]:
    """The demo world with the smallest limits, and with mail to a server that is away."""
    environment = {"HEXOSTORE_LIMITS": "tiny", "EMAIL_URL": "smtp://127.0.0.1:9"}
    with begun_homes.served_demo(environment=environment) as live:
        yield live
