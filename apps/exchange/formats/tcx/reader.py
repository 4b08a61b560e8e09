"""TCX to activities and workouts, in one pass and with flat memory."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from lxml.etree import _Element as Element

from apps.exchange.activity import Activity, FileError, Session, Workout
from apps.exchange.formats.tcx import elements, sessions, workout_reader
from apps.exchange.formats.tcx.lap_reader import FileLap, read_lap
from apps.exchange.formats.tcx.point_grammar import trackpoint
from apps.exchange.formats.xml import reading, times, tree
from apps.exchange.formats.xml.point_columns import PointTexts
from apps.exchange.formats.xml.point_elements import Children, end_point, put_texts
from apps.exchange.formats.xml.reading import Root, XmlFormat
from apps.exchange.formats.xml.repetition import PointForms
from apps.exchange.formats.xml.tree import child_text, local_name

_MOST_LAPS, _MOST_WORKOUTS = 10_000, 1000
"""Each would become an object of the store."""


def read(file: BinaryIO) -> Activity:
    """Return the activities and workouts of a TCX file. Raise FileError if it has none."""
    return reading.read(file, _FORMAT)


class TcxContents:
    """What was read of a TCX file so far. `own` files are those with elements of our namespace."""

    def __init__(self, *, own: bool) -> None:
        self.points = 0
        self._own = own
        self._texts = PointTexts()
        self._grammar: Children = trackpoint(self._texts, own=own)
        self._laps: list[FileLap] = []
        self.forms = PointForms(self._texts, self._grammar)
        self._sessions: list[Session] = []
        self._workouts: list[Workout] = []
        self._lap_count = self._courses = 0

    def take(self, element: Element) -> bool:
        """Take an element that is complete. Return whether it is a point with a time."""
        kind = local_name(element)
        if kind == "Trackpoint":
            return self._take_point(element)
        if kind == "Track":
            tree.drop_twin_before(element)
        elif kind == "Lap":
            self._laps.append(self._read_lap(element))
        elif kind == "Transition":
            self._end_transition(element)
        elif kind == "Activity":
            self._end_activity(element)
        elif kind == "Course":
            self._forget_course()
        elif kind == "Workout":
            self._take_workout(element)
        return False

    def activity(self) -> Activity:
        """Return what was taken. Raise FileError if it makes no activity."""
        if not self._sessions and not self._workouts:
            raise FileError(
                "The file holds a course to follow, not an activity."
                if self._courses
                else "The TCX file holds neither an activity nor a workout."
            )
        return Activity(tuple(self._sessions), tuple(self._workouts))

    def _take_point(self, element: Element) -> bool:
        put_texts(element, self._grammar, self._texts.count)
        is_timed = end_point(element, self._texts)
        self.points += is_timed
        return is_timed

    def _take_workout(self, element: Element) -> None:
        if len(self._workouts) == _MOST_WORKOUTS:
            raise FileError(f"The file has more than {_MOST_WORKOUTS} workouts.")
        self._workouts.append(workout_reader.read_workout(element))

    def _read_lap(self, element: Element) -> FileLap:
        self._lap_count += 1
        if self._lap_count > _MOST_LAPS:
            raise FileError(f"The file has more than {_MOST_LAPS} laps.")
        first = self._laps[-1].stop if self._laps else 0
        return read_lap(element, first, self._texts.count, own=self._own)

    def _end_transition(self, element: Element) -> None:
        laps = [self._read_lap(element)]
        session = sessions.make(laps, self._take_points(), None, own=self._own)
        self._sessions.append(sessions.named(replace(session, laps=()), "Transition", ""))

    def _end_activity(self, element: Element) -> None:
        stated = child_text(element, "Id")
        start = times.to_ticks(stated) if stated else None
        sport = element.get("Sport", "").strip()
        session = sessions.make(self._laps, self._take_points(), start, own=self._own)
        notes = child_text(element, "Notes")
        self._sessions.append(sessions.named(session, sport, notes))
        self._laps = []

    def _take_points(self) -> sessions.FilePoints:
        return sessions.FilePoints(*self._texts.take())

    def _forget_course(self) -> None:
        self._courses += 1
        self._laps = []
        if self._texts.count:
            self._texts.take()


def _begin(root: Root) -> TcxContents:
    return TcxContents(own=elements.OWN in root.namespaces)


_FORMAT = XmlFormat(
    "TCX",
    elements.ROOT,
    "Trackpoint",
    ("Trackpoint", "Track", "Lap", "Transition", "Activity", "Course", "Workout"),
    _begin,
)
