"""Steps of a workout as elements of TCX."""

from __future__ import annotations

import math

from apps.exchange.activity import Step
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.tcx.steps import MOST_TIMES, Node
from apps.exchange.formats.xml import escaping

LONGEST_NAME = 15

RESTING = frozenset(("rest", "recovery"))
"""Intensities of FIT that are Resting in TCX. All others are Active."""

_DURATIONS = {
    "time": ("Time_t", "Seconds"),
    "distance": ("Distance_t", "Meters"),
    "calories": ("CaloriesBurned_t", "Calories"),
}
_HEART_RATES = {"hr_less_than": "HeartRateBelow_t", "hr_greater_than": "HeartRateAbove_t"}
_UNTIL_BUTTON = '<Duration xsi:type="UserInitiated_t"/>'
_NO_TARGET = '<Target xsi:type="None_t"/>'


class StepTexts:
    """Numbers the steps of a workout from 1, and collects in `notes` what they cannot say."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._id = 0

    def step(self, name: str, node: Node) -> str:
        """Return an element `name` with a step or a repetition."""
        self._id += 1
        own = self._id
        inside = self._repeat(node) if node.children else self._single(node.step)
        kind = "Repeat_t" if node.children else "Step_t"
        return f'<{name} xsi:type="{kind}"><StepId>{own}</StepId>{inside}</{name}>\n'

    def _repeat(self, node: Node) -> str:
        times = round(node.step.target_value or 0)
        if times > MOST_TIMES:
            self._note(f"{times} times")
        children = "".join(self.step("Child", child) for child in node.children)
        return f"<Repetitions>{min(times, MOST_TIMES)}</Repetitions>{children}"

    def _single(self, step: Step) -> str:
        name = " ".join(step.name.split())
        short = name[:LONGEST_NAME].strip()
        if short != name:
            self._note(name)
        if step.description:
            self._note(step.description)
        intensity = "Resting" if step.intensity in RESTING else "Active"
        return (
            f"{escaping.element('Name', short) if short else ''}{self._duration(step)}"
            f"<Intensity>{intensity}</Intensity>{self._target(step)}"
        )

    def _note(self, text: str) -> None:
        self.notes.append(f"Step {self._id}: {text}")

    def _duration(self, step: Step) -> str:
        value = step.duration_value
        text = None if value is None else _duration(step.duration_type, value)
        if text is None and step.duration_type != "open":
            self._note(f"{step.duration_type} {value}")
        return text or _UNTIL_BUTTON

    def _target(self, step: Step) -> str:
        text = _target(step)
        if text is None and step.target_type != "open":
            self._note(f"target {step.target_type} {_span(step)}")
        return text or _NO_TARGET


def _duration(kind: str, value: float) -> str | None:
    """Return the element of a duration, or None if TCX has none for it."""
    number = round(value) if math.isfinite(value) else -1
    if kind in _DURATIONS and 0 <= number <= elements.HIGHEST_SHORT:
        name, unit = _DURATIONS[kind]
        return f'<Duration xsi:type="{name}"><{unit}>{number}</{unit}></Duration>'
    if kind in _HEART_RATES and 1 <= number <= elements.HIGHEST_HEART_RATE:
        rate = _beats("HeartRate", number)
        return f'<Duration xsi:type="{_HEART_RATES[kind]}">{rate}</Duration>'
    return None


def _beats(name: str, number: float) -> str:
    value = f"<Value>{round(number)}</Value>"
    return f'<{name} xsi:type="HeartRateInBeatsPerMinute_t">{value}</{name}>'


def _target(step: Step) -> str | None:
    """Return the element of a target, or None if TCX has none for it."""
    zone = round(step.target_value or 0)
    low, high = step.custom_target_low or 0, step.custom_target_high or 0
    match step.target_type:
        case "heart_rate" if 1 <= zone <= elements.HIGHEST_HEART_ZONE:
            inside = _zone("HeartRateZone", "PredefinedHeartRateZone_t", f"<Number>{zone}</Number>")
            return f'<Target xsi:type="HeartRate_t">{inside}</Target>'
        case "heart_rate" if 1 <= round(low) <= round(high) <= elements.HIGHEST_HEART_RATE:
            limits = _beats("Low", low) + _beats("High", high)
            inside = _zone("HeartRateZone", "CustomHeartRateZone_t", limits)
            return f'<Target xsi:type="HeartRate_t">{inside}</Target>'
        case "speed" if 1 <= zone <= elements.HIGHEST_SPEED_ZONE:
            inside = _zone("SpeedZone", "PredefinedSpeedZone_t", f"<Number>{zone}</Number>")
            return f'<Target xsi:type="Speed_t">{inside}</Target>'
        case "speed" if 0 < low <= high < math.inf:
            limits = (
                f"<ViewAs>Speed</ViewAs><LowInMetersPerSecond>{low:f}</LowInMetersPerSecond>"
                f"<HighInMetersPerSecond>{high:f}</HighInMetersPerSecond>"
            )
            inside = _zone("SpeedZone", "CustomSpeedZone_t", limits)
            return f'<Target xsi:type="Speed_t">{inside}</Target>'
        case "cadence" if 0 <= low <= high < math.inf and high:
            limits = f"<Low>{low:f}</Low><High>{high:f}</High>"
            return f'<Target xsi:type="Cadence_t">{limits}</Target>'
    return None


def _zone(name: str, kind: str, inside: str) -> str:
    return f'<{name} xsi:type="{kind}">{inside}</{name}>'


def _span(step: Step) -> str:
    if step.target_value:
        return f"{step.target_value:g}"
    return f"{step.custom_target_low or 0:g}-{step.custom_target_high or 0:g}"
