"""What the messages of sessions and laps tell: begin, end, sport, sums and means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.exchange.activity import Totals

from .developers import own_numbers, own_texts
from .frames import FitPart
from .profile import (
    ACTIVITY_TYPE,
    ELAPSED,
    FIRST_ABSOLUTE,
    INVALID_TIME,
    JOULES_PER_KCAL,
    LAP_NAME,
    LAP_SPORT,
    LAP_SUB_SPORT,
    LAP_SUMMARY,
    LAP_TRIGGER,
    LARGEST_SUM,
    PROFILE_NAME,
    SESSION_NOTE,
    SESSION_SUMMARY,
    SPORT,
    SPORT_SPORT,
    SPORT_SUB_SPORT,
    START_TIME,
    SUB_SPORT,
    TICKS,
    TIMER,
    TOTAL_CALORIES,
    TOTAL_DISTANCE,
    Message,
    Quantity,
    Summary,
    to_ticks,
)
from .tables import Table, numbers_of

_UNKNOWN = Totals()
_LONGEST = INVALID_TIME / ELAPSED.scale  # seconds that its field can tell


@dataclass(frozen=True, slots=True)
class ToldSpan:
    """A session or lap as its message tells it, in ticks; None for what it does not tell."""

    start: int | None
    end: int | None
    totals: Totals = _UNKNOWN
    sport: int | None = None
    sub_sport: int | None = None
    trigger: int | None = None
    name: str = ""
    note: str = ""
    activitytype: int | None = None


def session_spans(part: FitPart) -> list[ToldSpan]:
    """Return what the messages of sessions tell, in order of their starts."""
    tables = part.of(Message.SESSION)
    return _in_order(span for table in tables for span in _sessions_in(part, table))


def lap_spans(part: FitPart) -> list[ToldSpan]:
    """Return what the messages of laps tell, in order of their starts."""
    tables = part.of(Message.LAP)
    return _in_order(span for table in tables for span in _laps_in(part, table))


def sport_told(part: FitPart) -> tuple[int | None, int | None]:
    """Return sport and sub sport by the messages that say nothing else."""
    for table in part.of(Message.SPORT):
        sport, sub_sport = (
            numbers_of(table, SPORT_SPORT.field),
            numbers_of(table, SPORT_SUB_SPORT.field),
        )
        return sport[-1], sub_sport[-1]
    return None, None


def _in_order(spans: Iterable[ToldSpan]) -> list[ToldSpan]:
    """Return spans by their starts, each once; those that do not tell it come last."""
    once = {(span.start, span.end): span for span in spans}
    return sorted(once.values(), key=lambda span: math.inf if span.start is None else span.start)


def _sessions_in(part: FitPart, table: Table) -> list[ToldSpan]:
    return _spans(
        table,
        SESSION_SUMMARY,
        (SPORT, SUB_SPORT),
        [None] * len(table),
        table.texts(PROFILE_NAME),
        own_texts(part, table, SESSION_NOTE),
        own_numbers(part, table, ACTIVITY_TYPE),
    )


def _laps_in(part: FitPart, table: Table) -> list[ToldSpan]:
    return _spans(
        table,
        LAP_SUMMARY,
        (LAP_SPORT, LAP_SUB_SPORT),
        numbers_of(table, LAP_TRIGGER.field),
        own_texts(part, table, LAP_NAME),
    )


def _spans(
    table: Table, summary: Summary, sports: Iterable[Quantity], *others: Iterable[Any]
) -> list[ToldSpan]:
    """Return a span of each message; `others` are further members of spans, in their order."""
    kinds = (numbers_of(table, each.field) for each in sports)
    rows = zip(_bounds(table), _totals(table, summary), *kinds, *others, strict=True)
    return [ToldSpan(*bounds, *rest) for bounds, *rest in rows]


def _bounds(table: Table) -> list[tuple[int | None, int | None]]:
    """Return begin and end of each message: what it says itself, else by its own time."""
    starts = numbers_of(table, START_TIME.field)
    lengths = _column(table, [ELAPSED, TIMER])
    return [
        _bounds_of(_absolute(start), length, _absolute(time))
        for start, length, time in zip(starts, lengths, table.times, strict=True)
    ]


def _absolute(time: int | None) -> int | None:
    """Return the tick of a FIT time, None for one that is unknown or counts from switching on."""
    known = time is not None and FIRST_ABSOLUTE <= time < INVALID_TIME
    return to_ticks(time) if known and time is not None else None


def _bounds_of(
    start: int | None, seconds: float | None, written: int | None
) -> tuple[int | None, int | None]:
    known = seconds is not None and 0 <= seconds <= _LONGEST
    length = round(seconds * TICKS) if known and seconds is not None else None
    if start is None and length is not None and written is not None:
        start = written - length
    if start is None or length is None:
        late = start is not None and written is not None and written > start
        return start, written if late else None
    return start, start + length


def _totals(table: Table, summary: Summary) -> list[Totals]:
    columns = zip(
        _column(table, [TOTAL_DISTANCE]),
        _column(table, [TOTAL_CALORIES]),
        _column(table, [summary.average_heart_rate]),
        _column(table, [summary.maximum_heart_rate]),
        _column(table, summary.breathing_rate),
        _column(table, summary.maximum_speed),
        strict=True,
    )
    return [
        Totals(distance, None if calories is None else calories * JOULES_PER_KCAL, *means)
        for distance, calories, *means in columns
    ]


def _column(table: Table, quantities: Sequence[Quantity]) -> list[float | None]:
    """Return per message the first of several fields that has a value."""
    columns = [found for each in quantities if (found := table.quantity(each)) is not None]
    if not columns:
        return [None] * len(table)
    return [_first_known(values) for values in zip(*columns, strict=True)]


def _first_known(values: Iterable[float]) -> float | None:
    return next((float(value) for value in values if 0 <= value <= LARGEST_SUM), None)
