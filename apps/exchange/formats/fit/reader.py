"""FIT files as activities and workouts, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from apps.exchange.activity import Activity, FileError, Session

from .frames import FitPart, read_parts
from .profile import FILE_TYPES, FileType, Message
from .sessions import read_sessions
from .tables import numbers_of
from .workouts import read_workout

_TYPE = 0


def read(file: BinaryIO) -> Activity:
    """Return what a FIT file contains: the sessions of all its parts in order of time, workouts.

    The file must be seekable; it is read from its start in small pieces. Raise `FileError` if it
    is damaged, or is neither an activity nor a workout.
    """
    parts = [(part, _file_type(part)) for part in read_parts(file)]
    activities = [part for part, kind in parts if kind == FileType.ACTIVITY]
    workouts = [part for part, kind in parts if kind == FileType.WORKOUT]
    if not activities and not workouts:
        raise FileError(_why_nothing(kind for _, kind in parts))
    return Activity(
        sessions=_in_order(session for part in activities for session in read_sessions(part)),
        workouts=tuple(read_workout(part) for part in workouts),
    )


def _file_type(part: FitPart) -> int | None:
    """Return the type that a part tells; without one, records make it an activity."""
    for table in part.of(Message.FILE_ID):
        told = numbers_of(table, _TYPE)[0]
        if told is not None:
            return told
    has_activity = any(part.of(each) for each in (Message.RECORD, Message.SESSION, Message.LAP))
    return FileType.ACTIVITY if has_activity else None


def _why_nothing(kinds: Iterable[int | None]) -> str:
    known = [kind for kind in kinds if kind is not None]
    if not known:
        return "The FIT file holds nothing: neither an activity nor a workout."
    name = FILE_TYPES.get(known[0], f"a file of type {known[0]}")
    return f"The FIT file is {name}; only activities and workouts can be imported."


def _in_order(sessions: Iterable[Session]) -> tuple[Session, ...]:
    return tuple(sorted(sessions, key=lambda session: session.start))
