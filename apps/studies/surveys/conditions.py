"""Whether a question is asked, given the answers to others (enableWhen of FHIR R4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

from apps.studies.surveys.questionnaire import EnablingCondition, FhirValue, SurveyQuestion
from apps.studies.surveys.values import same_value

Given = Mapping[str, Sequence[FhirValue]]
"""The values of each answered question, by its linkId."""

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}


def is_enabled(question: SurveyQuestion, given: Given) -> bool:
    """Return whether a question is asked. The answers of all places in a response count."""
    if not question.conditions:
        return True
    enough = any if question.any_condition else all
    return enough(_holds(condition, given) for condition in question.conditions)


def _holds(condition: EnablingCondition, given: Given) -> bool:
    """Whether a condition holds. Without an answer none does, but that there is none."""
    values = given.get(condition.link_id, ())
    if condition.operator == "exists":
        return bool(values) == condition.value.value
    same = [value for value in values if value.name == condition.value.name]
    if condition.operator == "=":
        return any(same_value(value, condition.value) for value in same)
    if condition.operator == "!=":
        return bool(values) and not any(same_value(value, condition.value) for value in same)
    compare = COMPARISONS[condition.operator]
    pairs = (_comparable(value, condition.value) for value in same)
    return any(compare(*pair) for pair in pairs if pair)


def _comparable(value: FhirValue, other: FhirValue) -> tuple[Any, Any] | None:
    """Two values of the same name as something with an order; None if they have none. Texts of
    dates and times are in the order of what they mean, and quantities need the same unit."""
    one, two = value.value, other.value
    if isinstance(one, dict) and isinstance(two, dict):
        units = [(each.get("code"), each.get("unit")) for each in (one, two)]
        is_same = value.name == "valueQuantity" and units[0] == units[1]
        return (one["value"], two["value"]) if is_same else None
    if value.name in {"valueBoolean", "valueString", "valueUri"}:
        return None
    return one, two
