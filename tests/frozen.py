"""The server's clock in the hand of a test."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hexostore import clock


class FrozenClock:
    """Stands still at `now` until a test moves it."""

    def __init__(self) -> None:
        self.now: datetime = clock.now()

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        """Moves the clock; negative goes back."""
        self.now += by


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """Stops the server's clock for the test."""
    found = FrozenClock()
    monkeypatch.setattr("hexostore.clock.now", found)
    return found
