"""From the laps and points of an Activity in TCX to a session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from apps.exchange import sports
from apps.exchange.activity import Column, FileError, Lap, Points, Session, Ticks, Totals
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.tcx.lap_reader import FileLap
from apps.exchange.formats.tcx.segments import one_after_another
from apps.exchange.formats.xml import point_order
from apps.exchange.formats.xml.point_columns import NO_TIME, Columns
from hexostore.hexotime import TICKS_PER_HOUR

_LONGEST = 31 * 24 * TICKS_PER_HOUR
"""How far points may be from the start if no lap says how long it took."""


@dataclass(frozen=True, slots=True)
class FilePoints:
    """The points of an activity in the order of the file."""

    ticks: Ticks
    columns: Columns

    def of_lap(self, lap: FileLap) -> Ticks:
        """Return the times of a lap's points."""
        ticks = self.ticks[lap.first : lap.stop]
        timed: Ticks = ticks[ticks != NO_TIME]
        return timed

    def near(self, start: int, end: int) -> FilePoints:
        """Return the points that have a time which can belong to a session.

        Raise FileError if none of several can.
        """
        timed = self.ticks != NO_TIME
        kept = timed & point_order.near(self.ticks, start, end)
        if timed.any() and not kept.any():
            raise FileError("All points of an activity are far from the times of its laps.")
        return FilePoints(self.ticks[kept], {c: v[kept] for c, v in self.columns.items()})


def make(laps: Sequence[FileLap], points: FilePoints, stated: int | None, *, own: bool) -> Session:
    """Return the session of laps and points. `stated` is the start of the activity, if known.

    Only our `own` files count pauses in the time of a lap. Raise FileError if nothing has a time.
    """
    lasting = [_to_lap(lap, points, stated, own=own) for lap in laps]
    starts = [lap.start for lap in lasting] or [_first_known(stated, points.ticks)]
    start = min(starts)
    end = max((lap.end for lap in lasting), default=start)
    kept = points.near(start, end if lasting else start + _LONGEST)
    real = [lap for lap, read in zip(lasting, laps, strict=True) if not read.between]
    return Session(
        start=int(kept.ticks.min(initial=start)),
        end=int(kept.ticks.max(initial=end)),
        activitytype=sports.OTHER,
        points=(_to_points(kept),),
        laps=one_after_another(real),
        totals=_sum([lap.totals for lap in lasting]),
    )


def named(session: Session, sport: str, notes: str) -> Session:
    """Return the session with its sport, and with the first line of its notes as its name."""
    name, _, note = notes.strip().partition("\n")
    return replace(
        session,
        activitytype=sports.of_word(sport),
        name=name.strip() or sport,
        note=note.strip(),
    )


def _to_lap(lap: FileLap, points: FilePoints, stated: int | None, *, own: bool) -> Lap:
    moments = points.of_lap(lap)
    start = _first_known(lap.start, moments, stated)
    end = start + lap.ticks
    if not own:
        end = int(moments[point_order.near(moments, start, end)].max(initial=end))
    return Lap(start, end, lap.totals, lap.name)


def _first_known(*candidates: int | Ticks | None) -> int:
    """Return the first time there is. Raise FileError if there is none."""
    for candidate in candidates:
        if isinstance(candidate, int):
            return candidate
        if candidate is not None and len(timed := candidate[candidate != NO_TIME]):
            return int(timed[0])
    raise FileError("An activity has no time: neither laps nor points tell one.")


def _to_points(found: FilePoints) -> Points:
    columns = found.columns
    if Column.STEP_RATE in columns:
        columns[Column.STEP_RATE] *= elements.FEET
    point_order.leave_out_the_impossible(columns)
    return point_order.in_order(found.ticks, columns)


def _sum(parts: Sequence[Totals]) -> Totals:
    """Return the totals of laps together. A mean is only known of a single one."""
    if len(parts) == 1:
        return parts[0]
    return Totals(
        distance=_add(part.distance for part in parts),
        energy=_add(part.energy for part in parts),
        maximum_heart_rate=_highest(part.maximum_heart_rate for part in parts),
        maximum_speed=_highest(part.maximum_speed for part in parts),
    )


def _add(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
