"""What metrics come to for records, ranges and times: one statement for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import or_

from apps.metrics.courses import read_courses
from apps.metrics.definition import Definition, Value
from apps.metrics.definitions import DEFINITIONS
from apps.metrics.evidence import Evidence
from apps.metrics.stretches import TrackPart
from apps.metrics.subject import Subject
from apps.signals.storage.gathering import Need, gather


def evaluate(metrics: Sequence[int], subjects: Sequence[Subject]) -> list[dict[int, Value]]:
    """Return the value of each metric for each of the subjects, in the order of both.

    A value is a number, a histogram as the middles of its bins and their counts, None where the
    metric does not apply or no sample counts, or -1 where HRV was processed and failed. Ids that
    are not those of a metric are left out.
    """
    return evaluate_each([(subject, metrics) for subject in subjects])


def evaluate_each(asked: Sequence[tuple[Subject, Sequence[int]]]) -> list[dict[int, Value]]:
    """Return the values of each subject's own metrics; otherwise as `evaluate`.

    Each channel is read once, and one statement reads all of them, so that all values are of one
    state of the data. Another one reads the points of tracks, where they are needed.
    """
    definitions = [_applying(subject, metrics) for subject, metrics in asked]
    needs = [
        reduce(or_, (each.need(subject) for each in found.values()), Need())
        for (subject, _), found in zip(asked, definitions, strict=True)
    ]
    aged = [subject.stretches_by_age() for subject, _ in asked]
    each_need = [need for need, groups in zip(needs, aged, strict=True) for _ in groups]
    gathered = iter(gather([group for groups in aged for group in groups], each_need))
    courses = read_courses([_ways(*each) for each in zip(asked, definitions, strict=True)])
    return [
        _values(metrics, found, Evidence(subject, list(islice(gathered, len(groups))), course))
        for (subject, metrics), found, groups, course in zip(
            asked, definitions, aged, courses, strict=True
        )
    ]


def _ways(
    asked: tuple[Subject, Sequence[int]], found: Mapping[int, Definition]
) -> tuple[TrackPart, ...]:
    """The ways of a subject, if a metric needs them."""
    subject, _ = asked
    return subject.ways if any(each.needs_course for each in found.values()) else ()


def _applying(subject: Subject, metrics: Iterable[int]) -> dict[int, Definition]:
    """The definitions that say something of the subject, by id."""
    known = (DEFINITIONS[metric] for metric in metrics if metric in DEFINITIONS)
    return {each.id: each for each in known if each.applies_to(subject)}


def _values(
    metrics: Iterable[int], found: Mapping[int, Definition], evidence: Evidence
) -> dict[int, Value]:
    return {
        metric: _finite(found[metric].value(evidence)) if metric in found else None
        for metric in metrics
        if metric in DEFINITIONS
    }


def _finite(value: Value) -> Value:
    """Return a value as it is, and null for a number beyond what JSON can express."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
