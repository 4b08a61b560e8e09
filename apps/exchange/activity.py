"""What a file of a sports watch tells, in any format: the form between the formats and the store.

Times are ticks of 1/256 s since 1970 (int64). Readers make these objects, and importing stores
them. Exporting makes them from the store, and writers write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ticks = NDArray[np.int64]


class FileError(Exception):
    """A file cannot be read. The text says why in a sentence, and where: the byte or the line."""


class Column(StrEnum):
    """What a point can tell besides its time."""

    LATITUDE = "latitude"  # degrees, WGS 84
    LONGITUDE = "longitude"  # degrees, WGS 84
    ALTITUDE = "altitude"  # m
    DISTANCE = "distance"  # m since the start of the session
    SPEED = "speed"  # m/s
    COURSE = "course"  # degrees from north
    HORIZONTAL_ACCURACY = "horizontal_accuracy"  # m
    HEART_RATE = "heart_rate"  # beats per minute
    STEP_RATE = "step_rate"  # steps per minute, of both feet
    BREATHING_RATE = "breathing_rate"  # breaths per minute
    TIDAL_VOLUME = "tidal_volume"  # mL
    MINUTE_VENTILATION = "minute_ventilation"  # mL per minute
    ENERGY = "energy"  # W, what the body uses; not the mechanical power of pedals


@dataclass(frozen=True, slots=True)
class Points:
    """Moments in ascending order, and what is known of each: NaN where nothing is.

    A column that is missing is unknown everywhere. Each array has one entry per moment.
    """

    times: Ticks
    columns: Mapping[Column, Floats]

    def __len__(self) -> int:
        return len(self.times)

    def column(self, name: Column) -> Floats:
        """Return a column; all NaN if it is missing."""
        found = self.columns.get(name)
        return np.full(len(self.times), np.nan) if found is None else found


@dataclass(frozen=True, slots=True)
class Intervals:
    """RR intervals: each with the tick of the beat that ends it, and its length in seconds."""

    times: Ticks
    seconds: Floats


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums and means over a session or lap: None for what is unknown."""

    distance: float | None = None  # m
    energy: float | None = None  # J
    average_heart_rate: float | None = None  # beats per minute
    maximum_heart_rate: float | None = None  # beats per minute
    average_breathing_rate: float | None = None  # breaths per minute
    maximum_speed: float | None = None  # m/s


@dataclass(frozen=True, slots=True)
class Lap:
    """A part of a session. It lasts from `start` to `end`, pauses included.

    `is_gap` marks the time between laps, of which nobody made one. Some formats need laps without
    gaps, and readers leave such laps out.
    """

    start: int
    end: int
    totals: Totals = Totals()
    name: str = ""
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One activity from start to end, such as the swim of a triathlon.

    `activitytype` is the id of the nearest activity type. `points` are pieces in order of time,
    which can be read again; readers give one piece. Laps are in order of time.
    """

    start: int
    end: int
    activitytype: int
    points: Iterable[Points] = ()
    laps: tuple[Lap, ...] = ()
    totals: Totals = Totals()
    name: str = ""
    note: str = ""
    intervals: Intervals | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a workout, with the values of `steps` of a training routine.

    `duration_type` and `target_type` are the names of the FIT profile. A distance is in metres, a
    time in seconds. A step of `repeat_until_steps_cmplt` goes back to the step with the index
    `duration_value`, until it was done `target_value` times.
    """

    activitytype: int | None = None
    name: str = ""
    description: str = ""
    intensity: str = "active"
    duration_type: str = "open"
    duration_value: float | None = None
    target_type: str = "open"
    target_value: float | None = None
    custom_target_low: float | None = None
    custom_target_high: float | None = None


@dataclass(frozen=True, slots=True)
class Workout:
    """A plan of steps: what a training routine is. `key` is its id, 0 for what was read."""

    name: str
    activitytype: int
    steps: tuple[Step, ...] = ()
    description: str = ""
    key: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """What one file contains. `key` is the id of the object that is exported."""

    sessions: tuple[Session, ...] = ()
    workouts: tuple[Workout, ...] = ()
    key: int = 0
