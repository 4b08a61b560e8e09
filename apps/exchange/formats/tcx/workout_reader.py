"""A Workout of a TCX file to the steps of a training routine."""

from __future__ import annotations

from lxml.etree import _Element as Element

from apps.exchange import sports
from apps.exchange.activity import FileError, Step, Workout
from apps.exchange.formats.tcx.steps import FEWEST_TIMES, MOST_TIMES, Node, flat
from apps.exchange.formats.xml import numbers
from apps.exchange.formats.xml.reading import bare_name, child_of, child_text, local_name

_MOST_STEPS = 1000

_DURATIONS = {
    "Seconds": "time",
    "Meters": "distance",
    "Calories": "calories",
}
_HEART_RATES = {"HeartRateBelow_t": "hr_less_than", "HeartRateAbove_t": "hr_greater_than"}


def read_workout(element: Element) -> Workout:
    """Return a workout. Its name is the first line of the Notes if Name is that line cut short.

    Raise FileError if it is malformed.
    """
    notes, name = child_text(element, "Notes"), child_text(element, "Name")
    first, _, rest = notes.partition("\n")
    if _is_cut(name, first):
        name, notes = first.strip(), rest.strip()
    if sum(1 for _ in element.iter("{*}StepId")) > _MOST_STEPS:
        raise FileError(f"A workout has more than {_MOST_STEPS} steps.")
    steps = flat(_nodes(element, "Step"))
    return Workout(name, sports.of_word(element.get("Sport", "")), steps, notes)


def _is_cut(name: str, full: str) -> bool:
    start = name.partition("~")[0].strip()
    return bool(start) and " ".join(full.split()).startswith(start)


def _nodes(element: Element, name: str) -> tuple[Node, ...]:
    return tuple(_node(child) for child in element if local_name(child) == name)


def _node(element: Element) -> Node:
    children = _nodes(element, "Child")
    if not children:
        return Node(0, _step(element))
    times = numbers.to_number(child_text(element, "Repetitions"))
    if not FEWEST_TIMES <= times <= MOST_TIMES:
        raise FileError(f"A repetition is done {times:g} times.")
    return Node(0, Step(target_value=times), children)


def _step(element: Element) -> Step:
    kind, value = _duration(child_of(element, "Duration"))
    target, zone, low, high = _target(child_of(element, "Target"))
    resting = child_text(element, "Intensity") == "Resting"
    return Step(
        name=child_text(element, "Name"),
        intensity="rest" if resting else "active",
        duration_type=kind,
        duration_value=value,
        target_type=target,
        target_value=zone,
        custom_target_low=low,
        custom_target_high=high,
    )


def _duration(element: Element | None) -> tuple[str, float | None]:
    """Return the type and the value of a duration."""
    if element is None:
        return "open", None
    for name, kind in _DURATIONS.items():
        if text := child_text(element, name):
            return kind, numbers.to_number(text)
    rate = _number(element, "HeartRate", "Value")
    if rate is not None:
        return _HEART_RATES.get(_type(element), "open"), rate
    return "open", None


def _target(element: Element | None) -> tuple[str, float | None, float | None, float | None]:
    """Return the type of a target, and its zone or its limits."""
    kind = "" if element is None else _type(element)
    if element is None or kind not in _TARGETS:
        return "open", None, None, None
    name, zone, low, high = _TARGETS[kind]
    inside = child_of(element, zone) if zone else element
    if inside is None:
        return "open", None, None, None
    return name, _number(inside, "Number"), _number(inside, *low), _number(inside, *high)


_TARGETS = {
    "HeartRate_t": ("heart_rate", "HeartRateZone", ("Low", "Value"), ("High", "Value")),
    "Speed_t": ("speed", "SpeedZone", ("LowInMetersPerSecond",), ("HighInMetersPerSecond",)),
    "Cadence_t": ("cadence", "", ("Low",), ("High",)),
}
"""The target type, the element around its limits, and the ways to these, by xsi:type."""


def _number(element: Element, *names: str) -> float | None:
    return numbers.known(numbers.to_number(child_text(element, *names)))


def _type(element: Element) -> str:
    """Return xsi:type without a prefix."""
    stated = [value for name, value in element.items() if bare_name(str(name)) == "type"]
    return str(stated[0]).strip().rpartition(":")[2] if stated else ""
