"""TCX files of others, built from the elements that a test names."""

from __future__ import annotations

import io
from collections.abc import Iterable

from apps.exchange.activity import Activity
from apps.exchange.formats.tcx import elements, reader

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACES = f'xmlns="{elements.NAMESPACE}" xmlns:ns3="{elements.EXTENSION}"'
OWN = f'xmlns:hx="{elements.OWN}"'


def point(second: int, inside: str = "<HeartRateBpm><Value>90</Value></HeartRateBpm>") -> str:
    """A point so many seconds after 12:00 of 2020-06-01."""
    minutes, seconds = divmod(second, 60)
    time = f"2020-06-01T12:{minutes:02}:{seconds:02}Z"
    return f"<Trackpoint><Time>{time}</Time>{inside}</Trackpoint>"


def position(latitude: float, longitude: float) -> str:
    return (
        f"<Position><LatitudeDegrees>{latitude}</LatitudeDegrees>"
        f"<LongitudeDegrees>{longitude}</LongitudeDegrees></Position>"
    )


def lap(points: Iterable[str], seconds: float = 60, start: str = "2020-06-01T12:00:00Z") -> str:
    return (
        f'<Lap StartTime="{start}"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
        "<DistanceMeters>100</DistanceMeters><Calories>10</Calories>"
        "<Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>"
        f"<Track>{''.join(points)}</Track></Lap>"
    )


def activity(*laps: str, sport: str = "Running", after: str = "") -> str:
    return (
        f'<Activity Sport="{sport}"><Id>2020-06-01T12:00:00Z</Id>{"".join(laps)}{after}</Activity>'
    )


def file(*activities: str, namespaces: str = NAMESPACES, after: str = "") -> str:
    return (
        f"{DECLARATION}<TrainingCenterDatabase {namespaces}>"
        f"<Activities>{''.join(activities)}</Activities>{after}</TrainingCenterDatabase>"
    )


def read(text: str | bytes) -> Activity:
    return reader.read(io.BytesIO(text.encode() if isinstance(text, str) else text))


COURSE = f"<Courses><Course><Name>Way</Name>{lap([])}<Track>{point(5)}</Track></Course></Courses>"
"""What stands after the activities of a file with a course."""
