"""Sessions of a FIT file, with the laps and points that belong to each.

A session or lap lasts as long as it says. The time of its message says nothing: some watches write
all summaries at the end, others all at the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from apps.exchange import sports
from apps.exchange.activity import Column, FileError, Lap, Points, Session

from .developers import is_ours
from .frames import FitPart
from .heart_buffers import buffered_heart_rates
from .intervals import beat_intervals
from .moments import Moments, has_only_relative_times, recorded_moments
from .profile import EPOCH, ON_FOOT, TICKS, LapTrigger, to_seconds, to_ticks
from .spans import ToldSpan, lap_spans, session_spans, sport_told

MOST_SPANS = 10_000
"""More sessions or laps than anybody has; each becomes an object of the store."""


@dataclass(frozen=True, slots=True)
class _Bounded:
    """A session or lap of which begin and end are known."""

    start: int
    end: int
    told: ToldSpan


def read_sessions(part: FitPart) -> list[Session]:
    """Return the sessions of an activity in order of time; one is made if it tells none.

    Raise `FileError` if it has no absolute time, or too many sessions or laps.
    """
    if has_only_relative_times(part):
        raise FileError(
            "The file has no absolute time: its times count from when the watch was switched on."
        )
    laps, told = lap_spans(part), session_spans(part)
    if len(laps) + len(told) > MOST_SPANS:
        raise FileError(f"The file has more than {MOST_SPANS} sessions and laps.")
    moments = recorded_moments(part, buffered_heart_rates(part))
    sessions = _bounded(told, _last_time(laps, moments)) or _made_up(told, laps, moments)
    if not sessions:
        raise FileError("The activity has no session, no lap and no record with a time.")
    return _filled(part, sessions, laps, moments)


def _bounded(spans: Sequence[ToldSpan], last: int) -> list[_Bounded]:
    """Return spans of which the start is known. An open one ends with the next, or at `last`."""
    known = [(span.start, span) for span in spans if span.start is not None]
    nexts = [*(start for start, _ in known), last][1:]
    return [
        _Bounded(start, max(start, end if span.end is None else span.end), span)
        for (start, span), end in zip(known, nexts, strict=True)
    ]


def _last_time(laps: Sequence[ToldSpan], moments: Moments) -> int:
    ends = [lap.end for lap in laps if lap.end is not None]
    return max([*ends, to_ticks(int(moments.times[-1])) if len(moments) else 0])


def _made_up(
    told: Sequence[ToldSpan], laps: Sequence[ToldSpan], moments: Moments
) -> list[_Bounded]:
    """Return one session from the first to the last lap, or record if there are no laps."""
    starts = [lap.start for lap in laps if lap.start is not None]
    if not starts and len(moments):
        starts = [to_ticks(int(moments.times[0]))]
    if not starts:
        return []
    start, end = min(starts), _last_time(laps, moments)
    return [_Bounded(start, max(start, end), told[0] if told else ToldSpan(start, end))]


def _filled(
    part: FitPart, sessions: Sequence[_Bounded], laps: Sequence[ToldSpan], moments: Moments
) -> list[Session]:
    """Return sessions with their laps and points: all until the next session begins."""
    first, last = sessions[0].start, max(session.end for session in sessions)
    near = moments.plausible(to_seconds(first), to_seconds(last))
    begins = [-(1 << 62), *(session.start for session in sessions[1:]), 1 << 62]
    filled: list[Session] = []
    for session, (begin, end) in zip(sessions, pairwise(begins), strict=True):
        own_laps = [lap for lap in laps if lap.start is not None and begin <= lap.start < end]
        within = near.within(to_seconds(begin), to_seconds(end))
        filled.append(_session(part, session, own_laps, within))
    filled[0] = replace(filled[0], intervals=beat_intervals(part, filled[0].start))
    return filled


def _session(
    part: FitPart, bounded: _Bounded, laps: Sequence[ToldSpan], moments: Moments
) -> Session:
    """Return a session; it is as long as its points, if these are longer than it says."""
    sport, sub_sport = _sport(part, bounded.told, laps)
    own_type = bounded.told.activitytype
    start, end = bounded.start, bounded.end
    if len(moments):
        start = min(start, to_ticks(int(moments.times[0])))
        end = max(end, to_ticks(int(moments.times[-1])))
    return Session(
        start=start,
        end=end,
        activitytype=sports.of_fit(sport, sub_sport) if own_type is None else own_type,
        points=[_points(moments, sport in ON_FOOT)] if len(moments) else (),
        laps=_laps(part, laps, bounded),
        totals=bounded.told.totals,
        name=bounded.told.name,
        note=bounded.told.note,
    )


def _sport(
    part: FitPart, told: ToldSpan, laps: Sequence[ToldSpan]
) -> tuple[int | None, int | None]:
    """Return the sport that the session tells, else another message, else a lap."""
    if told.sport is not None:
        return told.sport, told.sub_sport
    elsewhere = sport_told(part)
    by_laps = [(lap.sport, lap.sub_sport) for lap in laps]
    return next((pair for pair in [elsewhere, *by_laps] if pair[0] is not None), elsewhere)


def _laps(part: FitPart, spans: Sequence[ToldSpan], session: _Bounded) -> tuple[Lap, ...]:
    """Return laps that last, without those that we only wrote because a file needs them."""
    ours = is_ours(part)
    return tuple(
        Lap(each.start, each.end, each.told.totals, each.told.name)
        for each in _bounded(spans, session.end)
        if each.end > each.start
        if not (ours and each.told.trigger == LapTrigger.SESSION_END)
    )


def _points(moments: Moments, on_foot: bool) -> Points:
    """Return moments as points. The cadence of a bicycle counts turns of pedals, not steps."""
    known = {name: values for name, values in moments.columns.items() if not np.isnan(values).all()}
    if not on_foot:
        known.pop(Column.STEP_RATE, None)
    return Points((moments.times + EPOCH) * TICKS, known)
