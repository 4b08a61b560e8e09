"""What a subject did, as plain data: what `done` compares a planning with (studies 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from apps.studies.planning.targets import PlanningTarget, TargetKind

COUNTING_STATUSES = frozenset(("completed", "amended"))
"""The FHIR statuses of answers that are finished."""


@dataclass(frozen=True, slots=True)
class RangeFact:
    """A range of the subject that is not deleted. `start` is in ticks."""

    start: int
    activitytype: int | None = None
    trainingroutine: int | None = None
    routine_activitytype: int | None = None
    """The activity type of its routine."""
    autodetected: bool = False


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """An answer to a survey in this study. `authored` is in ticks, or a date without a time."""

    survey: int
    status: str
    authored: int | date


@dataclass(frozen=True, slots=True)
class MeasureFact:
    """A value of a KPI, by its name. `start` is in ticks."""

    kpi: str
    start: int


@dataclass(slots=True)
class TargetFacts:
    """What was done of one target: moments in ticks, sorted, and how often on dates whose time is
    not known."""

    moments: list[int] = field(default_factory=list)
    dates: Counter[date] = field(default_factory=Counter)


Facts = Mapping[PlanningTarget, TargetFacts]


def gather_facts(
    ranges: Iterable[RangeFact] = (),
    answers: Iterable[AnswerFact] = (),
    measures: Iterable[MeasureFact] = (),
) -> Facts:
    """Return what counts for each target: no ranges that were found automatically, and only
    answers that are finished."""
    found: dict[PlanningTarget, TargetFacts] = defaultdict(TargetFacts)
    for each in ranges:
        for target in _targets_of(each):
            found[target].moments.append(each.start)
    for answer in answers:
        if answer.status in COUNTING_STATUSES:
            _add_answer(found[PlanningTarget(TargetKind.SURVEY, answer.survey)], answer.authored)
    for measure in measures:
        found[PlanningTarget(TargetKind.KPI, measure.kpi)].moments.append(measure.start)
    for facts in found.values():
        facts.moments.sort()
    return dict(found)


def _targets_of(fact: RangeFact) -> set[PlanningTarget]:
    """What a range is done of: its routine, its activity type and that of its routine."""
    if fact.autodetected:
        return set()
    types = (fact.activitytype, fact.routine_activitytype)
    found = {PlanningTarget(TargetKind.ACTIVITY_TYPE, key) for key in types if key is not None}
    if fact.trainingroutine is not None:
        found.add(PlanningTarget(TargetKind.TRAINING_ROUTINE, fact.trainingroutine))
    return found


def _add_answer(facts: TargetFacts, authored: int | date) -> None:
    if isinstance(authored, date):
        facts.dates[authored] += 1
    else:
        facts.moments.append(authored)
