"""Requests of the writers: what became of each, and a gate that stops all writers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from threading import Condition
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from tests.chaos.resources import LOGIN

TIMEOUT = 30.0  # seconds; longer than any stall, so that no request outlives a look at the store


SILENCE = 0  # the status of a request that got no answer
UNSENT = -1  # and of one that found nobody to send it to


class Fate(Enum):
    """What a request is known to have done."""

    DONE = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """A status, SILENCE or UNSENT without one, and the JSON of the body if there was one."""

    status: int
    body: Any = None

    @property
    def fate(self) -> Fate:
        if 200 <= self.status < 300:
            return Fate.DONE
        # 408 comes from a server that was stalled: it may have read all in the end
        refused = 400 <= self.status < 500 and self.status != 408
        return Fate.REFUSED if refused or self.status == UNSENT else Fate.UNKNOWN


@dataclass
class Traffic:
    """Counts of statuses, the first texts of unexpected ones, and the gate."""

    statuses: Counter[int] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    _changed: Condition = field(default_factory=Condition)
    _open: bool = True
    _inside: int = 0

    def open(self) -> None:
        """Let the writers go on."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def close(self) -> None:
        """Hold the writers, and return when none is within an operation."""
        with self._changed:
            self._open = False
            self._changed.wait_for(lambda: self._inside == 0)

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Wait for the gate to be open, and be within an operation until the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._open)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def note(self, answer: Answer, request: str, expected: tuple[int, ...]) -> None:
        """Count an answer; one that is neither a success nor expected is kept in words."""
        with self._changed:
            self.statuses[answer.status] += 1
            usual = answer.fate is Fate.DONE or answer.status in {
                SILENCE,
                UNSENT,
                408,
                503,
                *expected,
            }
            if not usual and answer.status < 500:
                self.unexpected.append(f"{request}: {answer.status} {str(answer.body)[:200]}")


def send(
    session: requests.Session, method: str, url: str, body: Any = None, **options: Any
) -> Answer:
    """Send a request as the writers' user; never raise for what the store does."""
    try:
        answer = session.request(
            method, url, json=body, timeout=TIMEOUT, **{"auth": LOGIN, **options}
        )
    except requests.RequestException as error:
        return Answer(UNSENT if _found_nobody(error) else SILENCE)
    try:
        return Answer(answer.status_code, answer.json())
    except requests.JSONDecodeError:
        return Answer(answer.status_code, answer.text)


def _found_nobody(error: requests.RequestException) -> bool:
    """Return whether no connection came about, so that nothing can have been done."""
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)
