"""What the elements of GPX mean: the grammar that reader and writer share.

GPX 1.1 has no heart rate. Garmin's TrackPointExtension v2 adds it, with cadence, speed and course.
"""

from __future__ import annotations

from apps.exchange import sports

NAMESPACE = "http://www.topografix.com/GPX/1/1"
LOCATION = "http://www.topografix.com/GPX/1/1/gpx.xsd"
EXTENSION = "http://www.garmin.com/xmlschemas/TrackPointExtension/v2"
EXTENSION_LOCATION = "http://www.garmin.com/xmlschemas/TrackPointExtensionv2.xsd"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

ROOT = "gpx"
CREATOR = "Hexostore"

FEET = 2
"""Cadence on foot counts the steps of one foot."""

HIGHEST_HEART_RATE, HIGHEST_CADENCE = 255, 254

ON_FOOT = frozenset((sports.RUNNING, sports.JOGGING, sports.WALKING, sports.HIKING, sports.SPRINT))
"""Activity types in which cadence is that of steps."""

WORDS = {
    sports.CYCLING: "cycling",
    sports.MOUNTAIN_BIKING: "mountain biking",
    sports.RUNNING: "running",
    sports.JOGGING: "running",
    sports.SPRINT: "running",
    sports.SPRINT_TEST: "running",
    sports.WALKING: "walking",
    sports.WALK_TEST: "walking",
    sports.HIKING: "hiking",
    sports.SWIMMING: "swimming",
    sports.ROWING: "rowing",
    sports.DOWNHILL: "skiing",
    sports.GENERAL_SPORT: "cross country skiing",
    sports.SNOWBOARDING: "snowboarding",
    sports.SKATING: "skating",
    sports.GYM: "training",
}
"""What `type` of a track says for an activity type."""
