"""A kind of work that tests order what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from apps.jobs import queue
from apps.jobs.kinds import KINDS, Kind
from apps.jobs.models import Job
from tests.frozen import frozen

__all__ = ["chore", "frozen"]

TRIES = 3


@dataclass
class Chore:
    """A kind named `chore` that does `work` and keeps the payloads that it was given."""

    work: Callable[[dict[str, Any]], bool | None] = lambda _: None
    done: list[dict[str, Any]] = field(default_factory=list)
    every: timedelta | None = None

    def kind(self) -> Kind:
        return Kind("chore", self._do, TRIES, self.every, frozenset({"secret"}))

    def _do(self, payload: dict[str, Any]) -> bool | None:
        self.done.append(payload)
        return self.work(payload)

    def add(self, **payload: Any) -> Job:
        return queue.add_job("chore", payload)


@pytest.fixture
def chore(monkeypatch: pytest.MonkeyPatch) -> Chore:
    """The only kind of work that there is."""
    found = Chore()
    for name in list(KINDS):
        monkeypatch.delitem(KINDS, name)
    monkeypatch.setitem(KINDS, "chore", found.kind())
    return found
