"""Metrics of speed, distance and height, from tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from apps.metrics.courses import Course
from apps.metrics.definition import Definition
from apps.metrics.evidence import Evidence
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Need


@dataclass(frozen=True, slots=True)
class OfTrack(Definition):
    """What a course comes to; null where there is no track."""

    needs_course: ClassVar[bool] = True

    measure: Callable[[Course], float | None]
    words: str

    def describe(self) -> str:
        return f"{self.words}, of the points of tracks"

    def need(self, subject: Subject) -> Need:
        return Need()

    def value(self, evidence: Evidence) -> float | None:
        return self.measure(evidence.course)
