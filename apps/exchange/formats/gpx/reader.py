"""GPX 1.0 and 1.1 to activities: each track with times is a session. Its segments are parts of it.

Elements go by their local names, so the extensions of other programs are understood too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from lxml.etree import _Element as Element

from apps.exchange import sports
from apps.exchange.activity import Activity, Column, FileError, Session
from apps.exchange.formats.gpx import elements
from apps.exchange.formats.xml import point_order, reading, tree
from apps.exchange.formats.xml.point_columns import NO_TIME, PointTexts, Texts
from apps.exchange.formats.xml.point_elements import Children, end_point, put_texts
from apps.exchange.formats.xml.reading import Root, XmlFormat
from apps.exchange.formats.xml.repetition import PointForms
from apps.exchange.formats.xml.tree import child_text, local_name

_MOST_TRACKS = 1000
"""Each would become a range."""


def read(file: BinaryIO) -> Activity:
    """Return the tracks of a GPX file. Raise FileError if none has times."""
    return reading.read(file, _FORMAT)


class GpxContents:
    """What was read of a GPX file so far. In our `own` files, cadence is always that of steps."""

    def __init__(self, *, own: bool) -> None:
        self.points = 0
        self._own = own
        self._texts = PointTexts()
        self._grammar = _track_point(self._texts)
        self.forms = PointForms(self._texts, self._grammar, most=0)
        self._sessions: list[Session] = []
        self._tracks = self._routes = self._waypoints = 0

    def take(self, element: Element) -> bool:
        """Take an element that is complete. Return whether it is a point with a time."""
        match local_name(element):
            case "trkpt":
                return self._take_point(element)
            case "trkseg":
                tree.drop_twin_before(element)
            case "trk":
                self._end_track(element)
            case "rte":
                self._routes += 1
            case "wpt":
                self._waypoints += 1
        return False

    def activity(self) -> Activity:
        """Return what was taken. Raise FileError if it makes no activity."""
        if self._sessions:
            return Activity(tuple(self._sessions))
        if self._tracks:
            raise FileError("The tracks of the file have no times, so they are no activity.")
        if self._routes:
            raise FileError("The file holds a route to follow, not an activity.")
        if self._waypoints:
            raise FileError("The file holds only waypoints, not an activity.")
        raise FileError("The GPX file holds no track.")

    def _take_point(self, element: Element) -> bool:
        texts, row = self._texts, self._texts.count
        texts.values[Column.LATITUDE][row] = element.get("lat")
        texts.values[Column.LONGITUDE][row] = element.get("lon")
        put_texts(element, self._grammar, row)
        is_timed = end_point(element, texts)
        self.points += is_timed
        return is_timed

    def _end_track(self, element: Element) -> None:
        self._tracks += 1
        if self._tracks > _MOST_TRACKS:
            raise FileError(f"The file has more than {_MOST_TRACKS} tracks.")
        ticks, columns = self._texts.take()
        timed = ticks != NO_TIME
        if not timed.any():
            return
        word = child_text(element, "type")
        activitytype = sports.of_word(word)
        if not self._own and activitytype not in elements.ON_FOOT:
            columns.pop(Column.STEP_RATE, None)
        if Column.STEP_RATE in columns:
            columns[Column.STEP_RATE] *= elements.FEET
        point_order.leave_out_the_impossible(columns)
        kept = {column: values[timed] for column, values in columns.items()}
        self._sessions.append(
            Session(
                int(ticks[timed].min()),
                int(ticks[timed].max()),
                activitytype,
                (point_order.in_order(ticks[timed], kept),),
                name=child_text(element, "name") or word,
                note=child_text(element, "desc") or child_text(element, "cmt"),
            )
        )


def _track_point(texts: PointTexts) -> Children:
    """Return where the texts of a point go. GPX 1.0 has speed and course without extensions."""
    values = texts.values
    moving = {"speed": values[Column.SPEED], "course": values[Column.COURSE]}
    plain = {"time": texts.times, "ele": values[Column.ALTITUDE]}
    return Children({**plain, **moving, "extensions": _extensions(values, moving)})


def _extensions(values: Mapping[Column, Texts], moving: Mapping[str, Texts]) -> Children:
    heart_rate, cadence = values[Column.HEART_RATE], values[Column.STEP_RATE]
    body = {"hr": heart_rate, "heartrate": heart_rate, "cad": cadence, "cadence": cadence}
    return Children({**moving, **body}, wrapped=True)


def _begin(root: Root) -> GpxContents:
    return GpxContents(own=root.creator == elements.CREATOR)


_FORMAT = XmlFormat("GPX", elements.ROOT, "trkpt", ("trkpt", "trkseg", "trk", "rte", "wpt"), _begin)
