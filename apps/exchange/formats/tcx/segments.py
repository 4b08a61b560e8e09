"""The laps of a session as TCX wants them: one after another, without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from apps.exchange.activity import Lap, Session


class Segment(NamedTuple):
    """A lap to write. `between` laps it has the time that belongs to none."""

    lap: Lap
    between: bool


def segments(session: Session) -> list[Segment]:
    """Return the laps of a session and the gaps between them. They cover all of it."""
    if not session.laps:
        whole = Lap(session.start, max(session.start, session.end), session.totals)
        return [Segment(whole, between=True)]
    found: list[Segment] = []
    reached = session.start
    for lap in one_after_another(session.laps):
        if lap.start > reached:
            found.append(_gap(reached, lap.start))
        found.append(Segment(lap, between=lap.is_gap))
        reached = max(reached, lap.end)
    if session.end > reached:
        found.append(_gap(reached, session.end))
    return found


def one_after_another(laps: Sequence[Lap]) -> tuple[Lap, ...]:
    """Return laps in the order of time. Each ends at the latest where the next one begins."""
    ordered = sorted(laps, key=lambda lap: (lap.start, lap.end))
    followers = ordered[1:]
    cut = [
        replace(lap, end=min(lap.end, later.start))
        for lap, later in zip(ordered[:-1], followers, strict=True)
    ]
    return (*cut, *ordered[-1:])


def _gap(start: int, end: int) -> Segment:
    return Segment(Lap(start, end), between=True)
