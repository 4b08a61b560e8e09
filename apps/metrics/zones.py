"""Whose limits the zones of a metric have."""

from __future__ import annotations

from collections.abc import Sequence

from apps.accounts.zones import LIMITS
from apps.metrics.wearer import Wearer

HEART_RATE_METRIC = 44
"""The one metric whose zones are the wearer's own."""

_SHARES = 0.6, 0.7, 0.8, 0.9
_LAST = 250
"""The limits of the heart rate between 0 and this one, as shares of the highest (captured)."""


def limits(metric: int, usual: Sequence[float], wearer: Wearer, tick: int) -> list[float]:
    """Return the limits of a metric's zones for a person at a tick, [] for one without zones.

    `usual` are those of the catalogue. The heart rate has those of the profile, or else shares of
    the highest heart rate, where that is known.
    """
    if metric != HEART_RATE_METRIC or not usual:
        return list(usual)
    if wearer.zones:
        return list(wearer.zones)
    highest = wearer.highest_rate(tick)
    if highest is None:
        return list(usual)
    found: list[float] = [0, *(round(share * highest) for share in _SHARES), _LAST]
    assert len(found) == LIMITS
    return found
