"""What every definition of a metric has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from apps.metrics.aggregates import Histogram
from apps.metrics.evidence import Evidence
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Need

Value = float | int | None | Histogram
"""A number; a histogram as the middles of its bins and their counts; or None, no data."""

FAILED = -1
"""The value of HRV where it was processed and nothing could be told (captured)."""


class Confidence(Enum):
    """How sure a definition is."""

    PROVEN = "proven"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric of the catalogue: its id and name, how sure its definition is and where it is from.

    Subclasses know how its value is found; `needs_course` says that tracks are read for it.
    """

    needs_course: ClassVar[bool] = False

    id: int
    name: str
    confidence: Confidence
    source: str

    def describe(self) -> str:
        """Return the definition in words."""
        raise NotImplementedError

    def need(self, subject: Subject) -> Need:
        """Return what has to be read of the subject for it."""
        raise NotImplementedError

    def applies_to(self, subject: Subject) -> bool:
        """Return whether the subject has such a value at all; else it is null."""
        return True

    def value(self, evidence: Evidence) -> Value:
        """Return what it comes to, from what was read."""
        raise NotImplementedError
