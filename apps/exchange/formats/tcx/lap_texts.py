"""The beginning and the end of a Lap in TCX, around its Track."""

from __future__ import annotations

from apps.exchange.activity import Totals
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.tcx.segments import Segment
from apps.exchange.formats.xml import escaping, times
from hexostore.hexotime import to_seconds


def lap_begin(segment: Segment) -> str:
    """Return what comes before the Track. Distance and Calories are required, 0 is unknown."""
    lap, totals = segment.lap, segment.lap.totals
    return (
        f'<Lap StartTime="{times.to_text(lap.start)}">'
        f"<TotalTimeSeconds>{_decimal(to_seconds(lap.end - lap.start), 8)}</TotalTimeSeconds>"
        f"<DistanceMeters>{_decimal(totals.distance or 0, 2)}</DistanceMeters>"
        f"{_maximum_speed(totals)}<Calories>{_calories(totals)}</Calories>"
        f"{_heart_rate('AverageHeartRateBpm', totals.average_heart_rate)}"
        f"{_heart_rate('MaximumHeartRateBpm', totals.maximum_heart_rate)}"
        "<Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>\n"
    )


def lap_end(segment: Segment) -> str:
    """Return what comes after the Track."""
    notes = escaping.element("Notes", segment.lap.name) if segment.lap.name else ""
    own = f"<hx:{elements.BETWEEN_LAPS}/>" if segment.between else ""
    rate = segment.lap.totals.average_breathing_rate
    if rate is not None:
        own += escaping.element(f"hx:{elements.AVERAGE_BREATHING_RATE}", _decimal(rate, 2))
    extensions = f"<Extensions>{own}</Extensions>" if own else ""
    return f"{notes}{extensions}</Lap>\n"


def _decimal(value: float, digits: int) -> str:
    """Return a number with at most so many digits after the point."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".")


def _maximum_speed(totals: Totals) -> str:
    if totals.maximum_speed is None:
        return ""
    return escaping.element("MaximumSpeed", _decimal(totals.maximum_speed, 3))


def _calories(totals: Totals) -> int:
    calories = round((totals.energy or 0) / elements.JOULES_PER_CALORIE)
    return min(max(calories, 0), elements.HIGHEST_SHORT)


def _heart_rate(name: str, value: float | None) -> str:
    if value is None or not 1 <= round(value) <= elements.HIGHEST_HEART_RATE:
        return ""
    return f"<{name}><Value>{round(value)}</Value></{name}>"
