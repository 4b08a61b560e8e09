"""What metrics come to for a record or a part of it, as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from apps.api.versions import NEWEST
from apps.catalog.models import Metric
from apps.metrics.definitions import DEFINITIONS, HISTOGRAMS, VARIABILITY
from apps.metrics.evaluation import evaluate
from apps.metrics.shapes import zone_of
from apps.metrics.stretches import Span, clip
from apps.metrics.subject import Subject, of_records
from apps.metrics.zones import limits

FAILED = -1
"""The value of variability that could not be told."""


class Measured(NamedTuple):
    """A metric with its value, and its zones from their lowest limit to the highest.

    `zone` is the number of the zone, from 1; `place` where the value is between the outer limits,
    from 0 to 100.
    """

    title: str
    name: str
    value: float
    unit: str
    zones: Sequence[float]
    zone: int | None
    place: float | None

    @property
    def inner(self) -> list[float]:
        """Where the limits between the outer ones are, from 0 to 100."""
        low, *between, high = self.zones
        return [100 * (limit - low) / (high - low) for limit in between]


def measure_record(record: int) -> list[Measured]:
    """Return the metrics of a record that say something, in the order of the catalogue."""
    subject = of_records({record}).get(record)
    histograms = {each.id for each in HISTOGRAMS}
    return [] if subject is None else _measured(subject, set(DEFINITIONS) - histograms)


def measure_variability(record: int, start: int, end: int) -> list[Measured]:
    """Return what the variability of the heart rate comes to between two ticks."""
    subject = of_records({record}).get(record)
    if subject is None:
        return []
    span = Span(start, end)
    clipped = (clip(each.record, Span(each.start, each.end), span) for each in subject.stretches)
    stretches = tuple(each for each in clipped if each is not None)
    part = replace(subject, spans=(span,), stretches=stretches, ways=())
    return _measured(part, {each.id for each in VARIABILITY})


def _measured(subject: Subject, metrics: set[int]) -> list[Measured]:
    catalogue = Metric.objects.select_related("unit").in_bulk(metrics)
    (values,) = evaluate(sorted(catalogue), [subject])
    found = []
    for key, metric in sorted(catalogue.items()):
        value = values.get(key)
        if not isinstance(value, int | float) or value == FAILED:
            continue
        zones = limits(key, metric.zones, subject.wearer, subject.recorded_from)
        found.append(_with_zones(metric, value, zones))
    return found


def _with_zones(metric: Metric, value: float, zones: Sequence[float]) -> Measured:
    zone = zone_of(value, zones, NEWEST) if zones else None
    place = None
    if len(zones) > 1 and zones[-1] > zones[0]:
        place = 100 * min(1.0, max(0.0, (value - zones[0]) / (zones[-1] - zones[0])))
    return Measured(
        metric.title or metric.name, metric.name, value, metric.unit.si_short, zones, zone, place
    )
