"""Activities as FIT files: what watches write, with breathing in developer fields.

The layout is the usual one: summaries last, each message with a time in ascending order. Only
points with a position become records (API reference, Record).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from apps.exchange import sports
from apps.exchange.activity import Activity, Lap, Session, Totals

from . import messages, records
from .checksum import crc16
from .messages import MANUFACTURER, PRODUCT, PRODUCT_NAME, Encoder, Values
from .profile import (
    ACTIVITY_TYPE,
    DEVELOPER_FIELDS,
    ELAPSED,
    FIRST_LAP_INDEX,
    FLOAT32,
    JOULES_PER_KCAL,
    LAP_NAME,
    LAP_SUMMARY,
    LAP_TRIGGER,
    MESSAGE_INDEX,
    NUM_LAPS,
    ON_FOOT,
    OWN_FIELDS,
    PROFILE_NAME,
    SESSION_NOTE,
    SESSION_SUMMARY,
    SPORT,
    START_TIME,
    SUB_SPORT,
    TICKS,
    TIMER,
    TIMESTAMP,
    TOTAL_CALORIES,
    TOTAL_DISTANCE,
    FileType,
    LapTrigger,
    Message,
    OwnField,
    Quantity,
    Summary,
    to_seconds,
)

_TIMER_EVENT, _LAP_EVENT, _SESSION_EVENT, _ACTIVITY_EVENT = 0, 9, 8, 26
_STARTED, _STOPPED, _ALL_STOPPED = 0, 1, 4
_MANUAL, _MULTISPORT = 0, 1


@dataclass(frozen=True, slots=True)
class _Written:
    """A session, and its laps on the wire with the FIT times at which they end."""

    session: Session
    first_lap: int
    laps: list[tuple[int, bytes]]


def write(activity: Activity) -> Iterator[bytes]:
    """Yield a FIT file of the sessions. Their points are read twice: counted, then written."""
    crc = 0
    for piece in _content(activity):
        crc = crc16(piece, crc)
        yield piece
    yield messages.footer(crc)


def _content(activity: Activity) -> Iterator[bytes]:
    encoder = Encoder()
    before = _before_records(activity, encoder)
    parts = _parts(activity.sessions, encoder)
    after = _after_records(parts, encoder)
    size = len(before) + sum(_size(part) for part in parts) + len(after)
    yield messages.header(size) + before
    for part in parts:
        yield from _in_order(part)
    yield after


def _before_records(activity: Activity, encoder: Encoder) -> bytes:
    start = to_seconds(min(session.start for session in activity.sessions))
    device: Values = {0: 0, 2: MANUFACTURER, 3: activity.key, 4: PRODUCT, 27: PRODUCT_NAME}
    pieces = [
        encoder.encode(Message.FILE_ID, messages.file_id(FileType.ACTIVITY, activity.key, start)),
        encoder.describe([*_record_fields(), *OWN_FIELDS], _units()),
        encoder.encode(Message.DEVICE_INFO, {TIMESTAMP: start, **device}),
        encoder.encode(Message.EVENT, {TIMESTAMP: start, 0: _TIMER_EVENT, 1: _STARTED, 4: 0}),
        records.definition(),
    ]
    return b"".join(pieces)


def _record_fields() -> list[OwnField]:
    fields = enumerate(DEVELOPER_FIELDS.values())
    return [OwnField(number, field.name, FLOAT32) for number, field in fields]


def _units() -> dict[int, str]:
    return {number: field.units for number, field in enumerate(DEVELOPER_FIELDS.values())}


def _parts(sessions: Sequence[Session], encoder: Encoder) -> list[_Written]:
    parts: list[_Written] = []
    first = 0
    for session in sessions:
        laps = _laps(session, first, encoder)
        parts.append(_Written(session, first, laps))
        first += len(laps)
    return parts


def _laps(session: Session, first: int, encoder: Encoder) -> list[tuple[int, bytes]]:
    """Return the laps in order of their ends; one that is as long as the session if it has none."""
    made_up = Lap(session.start, session.end, session.totals, is_gap=True)
    numbered = enumerate(session.laps or (made_up,), first)
    return [
        (to_seconds(lap.end), encoder.encode(Message.LAP, _lap(lap, number)))
        for number, lap in sorted(numbered, key=lambda each: each[1].end)
    ]


def _size(part: _Written) -> int:
    pieces = part.session.points
    count = sum(int(np.count_nonzero(records.positioned(points))) for points in pieces)
    return count * records.ROW_SIZE + sum(len(lap) for _, lap in part.laps)


def _in_order(part: _Written) -> Iterator[bytes]:
    """Yield records and laps by time: Garmin Connect refuses files that are not in order."""
    on_foot = sports.fit_sport(part.session.activitytype).sport in ON_FOOT
    laps = deque(part.laps)
    for points in part.session.points:
        rows = records.rows(points, on_foot)
        while laps and len(rows) and laps[0][0] <= rows[records.TIME][-1]:
            end, lap = laps.popleft()
            cut = int(np.searchsorted(rows[records.TIME], end))
            yield rows[:cut].tobytes() + lap
            rows = rows[cut:]
        yield rows.tobytes()
    yield b"".join(lap for _, lap in laps)


def _after_records(parts: Sequence[_Written], encoder: Encoder) -> bytes:
    sessions = [part.session for part in parts]
    end = to_seconds(max(session.end for session in sessions))
    stop: Values = {TIMESTAMP: end, 0: _TIMER_EVENT, 1: _ALL_STOPPED, 4: 0}
    summaries = [
        encoder.encode(Message.SESSION, _session(part, number)) for number, part in enumerate(parts)
    ]
    activity = encoder.encode(Message.ACTIVITY, _activity(sessions, end))
    return b"".join([encoder.encode(Message.EVENT, stop), *summaries, activity])


def _lap(lap: Lap, number: int) -> Values:
    return {
        TIMESTAMP: to_seconds(lap.end),
        MESSAGE_INDEX: number,
        0: _LAP_EVENT,
        1: _STOPPED,
        LAP_TRIGGER: LapTrigger.SESSION_END if lap.is_gap else LapTrigger.MANUAL,
        LAP_NAME: lap.name,
        **_span(lap),
        **_means(lap.totals, LAP_SUMMARY),
    }


def _session(part: _Written, number: int) -> Values:
    session = part.session
    sport = sports.fit_sport(session.activitytype)
    return {
        TIMESTAMP: to_seconds(session.end),
        MESSAGE_INDEX: number,
        0: _SESSION_EVENT,
        1: _STOPPED,
        SPORT: sport.sport,
        SUB_SPORT: sport.sub_sport,
        FIRST_LAP_INDEX: part.first_lap,
        NUM_LAPS: len(part.laps),
        PROFILE_NAME: session.name,
        ACTIVITY_TYPE: session.activitytype,
        SESSION_NOTE: session.note,
        **_span(session),
        **_means(session.totals, SESSION_SUMMARY),
    }


def _activity(sessions: Sequence[Session], end: int) -> Values:
    """Return the last message. Its local time is UTC: we do not know the place."""
    seconds = sum(_elapsed(session) for session in sessions)
    kind = _MULTISPORT if len(sessions) > 1 else _MANUAL
    event: Values = {2: kind, 3: _ACTIVITY_EVENT, 4: _STOPPED, 5: end}
    return {TIMESTAMP: end, Quantity(0, 1000): seconds, 1: len(sessions), **event}


def _span(part: Lap | Session) -> Values:
    """Return begin and length. The begin is a whole second, so the length ends where it should."""
    seconds = _elapsed(part)
    return {START_TIME: to_seconds(part.start), ELAPSED: seconds, TIMER: seconds}


def _elapsed(part: Lap | Session) -> float:
    begin = part.start // TICKS * TICKS
    return max(0, part.end - begin) / TICKS


def _means(totals: Totals, summary: Summary) -> Values:
    calories = None if totals.energy is None else totals.energy / JOULES_PER_KCAL
    return {
        TOTAL_DISTANCE: totals.distance,
        TOTAL_CALORIES: calories,
        summary.average_heart_rate: totals.average_heart_rate,
        summary.maximum_heart_rate: totals.maximum_heart_rate,
        summary.breathing_rate[0]: totals.average_breathing_rate,
        summary.maximum_speed[0]: totals.maximum_speed,
    }
