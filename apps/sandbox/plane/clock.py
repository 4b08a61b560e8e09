"""`/_sandbox/clock` and `/_sandbox/sandboxes/NAME/clock`: the time that a sandbox is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from apps.control import advancing, clocks
from apps.control.advancing import Advance, JobRun
from apps.control.entering import named_sandbox
from apps.control.plane import ControlPlane, KnownSandbox
from apps.control.sandboxes import find_sandbox
from apps.sandbox.plane.moments import read_moment, read_seconds
from apps.sandbox.plane.replies import Members, PlaneError, takes
from apps.sandbox.store_worlds import require_plane
from hexostore import hexotime

SYSTEM, FROZEN, RUNNING = "system", "frozen", "running"


def clock_as_json(sandbox: KnownSandbox) -> dict[str, Any]:
    """Return what the clock of a sandbox shows, as JSON."""
    shown, chosen = clocks.shown_by(sandbox), sandbox.clock
    return {
        "sandbox": sandbox.name,
        "now": shown.isoformat(),
        "timestamp": hexotime.from_datetime(shown),
        "state": SYSTEM if chosen is None else RUNNING if chosen.speed else FROZEN,
        "speed": 1.0 if chosen is None else float(chosen.speed),
    }


def advance_as_json(sandbox: KnownSandbox, done: Advance) -> dict[str, Any]:
    """Return what an advance did, as JSON."""
    return {
        "clock": clock_as_json(sandbox),
        "from": done.begun.isoformat(),
        "to": done.target.isoformat(),
        "finished": done.is_finished,
        "ran": [_run_as_json(each) for each in done.runs],
    }


def show_clock(request: HttpRequest, name: str = "") -> object:
    """GET …/clock: what it shows, and whether it runs."""
    return clock_as_json(find_sandbox(require_plane(), name or named_sandbox(request)))


@takes(now=object, frozen=bool, speed=float)
def change_clock(request: HttpRequest, sent: Members, name: str = "") -> object:
    """PATCH …/clock: set, freeze or let it run. Members that are not sent stay as they are."""
    moment = read_moment("now", sent["now"]) if "now" in sent else None
    speed = _read_speed(sent)
    if moment is None and speed is None:
        raise PlaneError("Send now, frozen or speed.")
    changed = clocks.change_clock(require_plane(), name or named_sandbox(request), moment, speed)
    return clock_as_json(changed)


def reset_clock(request: HttpRequest, name: str = "") -> object:
    """DELETE …/clock: the time of the system again."""
    return clock_as_json(clocks.reset_clock(require_plane(), name or named_sandbox(request)))


@takes(seconds=float, to=object)
def advance_clock(request: HttpRequest, sent: Members, name: str = "") -> object:
    """POST …/clock/advance: go on by `seconds` or `to` a moment, and do what falls due."""
    if len(sent) != 1:
        raise PlaneError("Send either seconds or to.")
    return advance_as_json(*advance_by(require_plane(), name or named_sandbox(request), **sent))


def advance_by(
    known: ControlPlane, name: str, seconds: float | None = None, to: object = None
) -> tuple[KnownSandbox, Advance]:
    """Advance a clock by seconds, or else to a moment. Raise PlaneError or SandboxError."""
    amount = None if seconds is None else read_seconds("seconds", seconds)
    moment = read_moment("to", to) if amount is None else None

    def find_target(now: datetime) -> datetime:
        if amount is None:
            assert moment is not None
            return moment
        try:
            return now + amount
        except OverflowError as error:
            raise PlaneError("seconds is more than there is time.") from error

    return advancing.advance_clock(known, name, find_target)


def _read_speed(sent: dict[str, Any]) -> float | None:
    """Return the speed that a body asks for: 0 for a frozen clock, None if it says nothing."""
    speed: float | None = sent.get("speed")
    frozen: bool | None = sent.get("frozen")
    if speed is not None and not speed > 0:
        raise PlaneError("speed must be more than 0. To stop the clock, send frozen: true.")
    if frozen and speed is not None:
        raise PlaneError("A frozen clock has no speed. Send only one of them.")
    if frozen is not None and speed is None:
        return 0.0 if frozen else 1.0
    return speed


def _run_as_json(run: JobRun) -> dict[str, Any]:
    found = {
        "job": run.job,
        "kind": run.kind,
        "about": run.about,
        "due": run.due.isoformat(),
        "at": run.at.isoformat(),
        "result": run.result,
    }
    if run.error:
        found["error"] = run.error
    if run.again is not None:
        found["again"] = run.again.isoformat()
    return found
