"""The zones of the heart rate that a profile holds."""

from __future__ import annotations

from itertools import pairwise

from apps.api.bodies import JSONValue

LIMITS = 6
"""How many limits the zones of a metric have."""

REMEDY = "Zones are six rising numbers from 0 on, or a list of objects, or null."


def own_zones(zones: JSONValue) -> tuple[float, ...]:
    """Return the zones of a profile if they are six rising numbers, else none."""
    if not isinstance(zones, list):
        return ()
    limits = [
        each for each in zones if isinstance(each, int | float) and not isinstance(each, bool)
    ]
    complete = len(limits) == len(zones) == LIMITS
    return tuple(limits) if complete and all(a < b for a, b in pairwise(limits)) else ()


def are_malformed(zones: JSONValue) -> bool:
    """Return whether zones look like limits and are none.

    No public page says what else they may be, so that lists of lists and objects are left alone.
    """
    if not isinstance(zones, list) or all(isinstance(each, dict | list) for each in zones):
        return False
    limits = own_zones(zones)
    return not limits or limits[0] < 0
