"""What a subject did, as plain data: what `done` compares a planning with (studies 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from apps.studies.planning.targets import PlanningTarget

COUNTING_STATUSES = frozenset(("completed", "amended"))
"""The FHIR statuses of answers that are finished."""


@dataclass(slots=True)
class TargetFacts:
    """What was done of one target: moments in ticks, sorted, and how often on dates whose time is
    not known."""

    moments: list[int] = field(default_factory=list)
    dates: Counter[date] = field(default_factory=Counter)


Facts = Mapping[PlanningTarget, TargetFacts]
