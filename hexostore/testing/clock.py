"""The clock of a sandbox, as a test moves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hexostore.testing.control import Control

Moment = datetime | str | int
"""A time: a datetime, an ISO text, or a HexoTimestamp."""


class SandboxClock:
    """The time that a sandbox is told. Each change returns what the clock then shows."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def show(self) -> dict[str, Any]:
        """Return `now`, `timestamp`, `state` and `speed`."""
        return dict(self._control.ask("GET", "clock"))

    def freeze(self, at: Moment | None = None) -> dict[str, Any]:
        """Stop it, at a moment or where it is. Raise ControlError."""
        return self._change(now=at, frozen=True)

    def set(self, now: Moment) -> dict[str, Any]:
        """Set it. It stands or runs as before. Raise ControlError."""
        return self._change(now=now)

    def run(self, speed: float = 1.0) -> dict[str, Any]:
        """Let it run, so many times as fast as real time. Raise ControlError."""
        return self._change(frozen=False, speed=speed)

    def advance(self, seconds: float | None = None, *, to: Moment | None = None) -> dict[str, Any]:
        """Advance it, and do what falls due on the way. Return what ran. Raise ControlError."""
        body = {"seconds": seconds, "to": text_of(to)}
        return dict(self._control.ask("POST", "clock/advance", _given(body)))

    def reset(self) -> dict[str, Any]:
        """Bring back the time of the system."""
        return dict(self._control.ask("DELETE", "clock") or {})

    def _change(self, now: Moment | None = None, **members: object) -> dict[str, Any]:
        body = _given({"now": text_of(now), **members})
        return dict(self._control.ask("PATCH", "clock", body))


def _given(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


def text_of(moment: Moment | None) -> str | int | None:
    """Return a time as the control plane takes it."""
    return moment.isoformat() if isinstance(moment, datetime) else moment
