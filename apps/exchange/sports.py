"""Which activity type a sport of a file is, and the other way round.

FIT counts sports and sub sports (Garmin FIT profile, types sport and sub_sport), TCX knows three
words, GPX has free text.
"""

from __future__ import annotations

from typing import NamedTuple

OTHER = 997
"""The activity type for every sport that has none of its own."""

GENERAL_SPORT, DOWNHILL, HIKING, JOGGING, MOUNTAIN_BIKING = 3, 4, 5, 6, 7
CYCLING, ROWING, RUNNING, SKATING, SNOWBOARDING = 1, 9, 10, 11, 13
SWIMMING, WALKING, SPRINT, GYM, WALK_TEST, SPRINT_TEST = 14, 15, 24, 28, 101, 103

RUNNING_WORD, BIKING_WORD, OTHER_WORD = "Running", "Biking", "Other"
"""The values of Sport in TCX."""


class FitSport(NamedTuple):
    """A sport and a sub sport by their numbers in FIT."""

    sport: int
    sub_sport: int = 0


_FIT = {
    CYCLING: FitSport(2),
    GENERAL_SPORT: FitSport(12),  # cross-country skiing
    DOWNHILL: FitSport(13),
    HIKING: FitSport(17),
    JOGGING: FitSport(1),
    MOUNTAIN_BIKING: FitSport(2, 8),
    ROWING: FitSport(15),
    RUNNING: FitSport(1),
    SKATING: FitSport(33),
    SNOWBOARDING: FitSport(14),
    SWIMMING: FitSport(5),
    WALKING: FitSport(11),
    SPRINT: FitSport(1),
    GYM: FitSport(10),
    WALK_TEST: FitSport(11),
    SPRINT_TEST: FitSport(1),
}
_OF_FIT = {
    1: RUNNING,
    2: CYCLING,
    4: GYM,  # fitness equipment
    5: SWIMMING,
    10: GYM,  # training
    11: WALKING,
    12: GENERAL_SPORT,
    13: DOWNHILL,
    14: SNOWBOARDING,
    15: ROWING,
    17: HIKING,
    21: CYCLING,  # electric bicycle
    30: SKATING,  # inline
    33: SKATING,  # on ice
}
_OF_WORD = {
    "running": RUNNING,
    "run": RUNNING,
    "jogging": RUNNING,
    "biking": CYCLING,
    "cycling": CYCLING,
    "bike": CYCLING,
    "ride": CYCLING,
    "mountain biking": MOUNTAIN_BIKING,
    "walking": WALKING,
    "walk": WALKING,
    "hiking": HIKING,
    "hike": HIKING,
    "swimming": SWIMMING,
    "swim": SWIMMING,
    "rowing": ROWING,
    "skiing": DOWNHILL,
    "alpine skiing": DOWNHILL,
    "downhill skiing": DOWNHILL,
    "cross country skiing": GENERAL_SPORT,
    "snowboarding": SNOWBOARDING,
    "skating": SKATING,
    "training": GYM,
    "strength training": GYM,
}
_BIKES = (CYCLING, MOUNTAIN_BIKING)


def fit_sport(activitytype: int) -> FitSport:
    """Return the sport in FIT of an activity type; generic if none is near."""
    return _FIT.get(activitytype, FitSport(0))


def of_fit(sport: int | None, sub_sport: int | None) -> int:
    """Return the activity type of a sport in FIT."""
    found = _OF_FIT.get(sport or 0, OTHER)
    mountain = found == CYCLING and sub_sport == _FIT[MOUNTAIN_BIKING].sub_sport
    return MOUNTAIN_BIKING if mountain else found


def tcx_word(activitytype: int) -> str:
    """Return the Sport of an activity type in TCX."""
    if activitytype in _BIKES:
        return BIKING_WORD
    runs = fit_sport(activitytype) == fit_sport(RUNNING)
    return RUNNING_WORD if runs else OTHER_WORD


def of_word(text: str) -> int:
    """Return the activity type that a text names, in whatever spelling."""
    words = text.strip().lower().replace("_", " ").replace("-", " ")
    return _OF_WORD.get(words, OTHER)
