"""What the elements of TCX mean: the grammar that reader and writer share.

Garmin's schemas are TrainingCenterDatabase v2 and ActivityExtension v2. Breathing has no element
there, so points have elements of our own namespace for it. None of them is named like one of
Garmin's, because some programs ignore namespaces.
"""

from __future__ import annotations

from apps.exchange.activity import Column

NAMESPACE = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
LOCATION = "http://www.garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd"
EXTENSION = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"
OWN = "urn:hexostore:tcx:1"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

ROOT = "TrainingCenterDatabase"

OWN_COLUMNS = {
    "BreathingRate": Column.BREATHING_RATE,
    "TidalVolume": Column.TIDAL_VOLUME,
    "MinuteVentilation": Column.MINUTE_VENTILATION,
}
"""Elements of our namespace in the Extensions of a point, in the order of the file."""

BETWEEN_LAPS = "BetweenLaps"
"""An element of our namespace in a Lap that only holds the points outside of all laps."""

AVERAGE_BREATHING_RATE = "AverageBreathingRate"
"""An element of our namespace in a Lap."""

JOULES_PER_CALORIE = 4184.0
"""Calories in TCX are kilocalories."""

FEET = 2
"""RunCadence counts the steps of one foot."""

HIGHEST_HEART_RATE = 255
HIGHEST_CADENCE = 254
HIGHEST_SHORT = 65535
HIGHEST_HEART_ZONE, HIGHEST_SPEED_ZONE = 5, 10
"""The greatest values that the schemas allow."""
