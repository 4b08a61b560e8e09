"""Metrics and histograms as JSON: in records and ranges, and in reports, in each version.

Version 2.0.x has the forms of captures of 2014, in which a list, a detail and a report each show
other members; later versions have one form everywhere (contract, metrics 1.2, 1.4 and 1.5).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from apps.api.context import Context
from apps.api.versions import Version
from apps.catalog.models import Metric
from apps.fitness.population import unit_object
from apps.metrics.aggregates import Histogram
from apps.metrics.definition import Value

JSONObject = dict[str, Any]

HISTOGRAM = "histogram"
"""The type of metrics that are histograms."""

OUTSIDE = -1
"""The zone of a value where there is none: without limits, and in 2.0.x above the last one."""

_DIGITS = 10
"""Decimals of the edges of a histogram, which are computed from the middles of its bins."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a metric of the catalogue comes to, with the limits of its zones."""

    metric: Metric
    value: Value
    zones: Sequence[float] = ()


class TimeRange(NamedTuple):
    """A time of a user that a report is about, in ticks since 1970; no end while it goes on."""

    start: int
    end: int | None
    user: int


@dataclass(frozen=True, slots=True)
class ReportedTime:
    """What version 2.0.x says in each metric of a report: the time, and the record if it is one."""

    timerange: TimeRange | None = None
    record: int | None = None


def zone_of(value: float | None, zones: Sequence[float], version: Version) -> int | None:
    """Return the number of limits at or below a value, so that each limit begins a zone.

    None for no value, -1 without limits. The last limit ends the highest zone: from there on
    version 2.0.x says -1, later ones the number of limits.
    """
    if value is None:
        return None
    passed = bisect_right(zones, value)
    is_above = passed == len(zones) and (not zones or version == Version.V2_0)
    return OUTSIDE if is_above else passed


def member_of_object(context: Context, result: Result) -> JSONObject:
    """Return a metric or histogram as the `metrics` and `histograms` of records and ranges."""
    if context.version > Version.V2_0:
        return _newer(context, result)
    if result.metric.type == HISTOGRAM:
        return _sorted(**_identity(context, result.metric), **_bins_of_2014(result))
    shown = _identity(context, result.metric)
    shown |= {"unit": unit_object(context, result.metric.unit), "value": result.value}
    shown["zones"] = list(result.zones)
    if context.view == "list":
        shown["zone"] = _zone(context, result)
    return _sorted(**shown)


def member_of_report(context: Context, result: Result, reported: ReportedTime) -> JSONObject:
    """Return a metric or histogram as reports and distributions have it."""
    if context.version > Version.V2_0:
        return _newer(context, result)
    uri = _uri(context, "metric", result.metric.pk)
    name, title = _names(context, result.metric)
    record, timerange = reported.record, reported.timerange
    shown: JSONObject = {"metric": uri, "name": name, "title": title, "uri": uri}
    shown |= {
        "outputtype": "value",
        "record": record and _uri(context, "record", record),
        "timerange": timerange and timerange_object(context, timerange),
    }
    if result.metric.type == HISTOGRAM:
        return _sorted(**shown, **_bins_of_2014(result))
    shown |= {"unit": result.metric.unit.si_short, "value": result.value}
    return _sorted(**shown, zone=_zone(context, result), zones=list(result.zones))


def timerange_object(context: Context, timerange: TimeRange) -> JSONObject:
    """Return a time as reports have it."""
    user = _uri(context, "user", timerange.user)
    return {"end": timerange.end, "start": timerange.start, "user": user}


def _newer(context: Context, result: Result) -> JSONObject:
    """The one form of version 3.3.x and newer."""
    metric = result.metric
    shown = {
        **_identity(context, metric),
        "id": metric.pk,
        "outputtype": "value",
        "unit": _sorted(**unit_object(context, metric.unit), info=metric.unit.info),
        "value": result.value,
    }
    if metric.type == HISTOGRAM:
        return _sorted(**{**shown, "outputtype": HISTOGRAM})
    return _sorted(**shown, zone=_zone(context, result), zones=list(result.zones))


def _identity(context: Context, metric: Metric) -> JSONObject:
    """What says which metric it is; lists of 2014 have no id."""
    name, title = _names(context, metric)
    uri = _uri(context, "metric", metric.pk)
    shown: JSONObject = {"name": name, "resource_uri": uri, "title": title}
    return shown if context.view == "list" else {**shown, "id": metric.pk}


def _names(context: Context, metric: Metric) -> tuple[str, str]:
    """The name and the title in the version that is asked for."""
    if context.version > Version.V2_0:
        return metric.name, metric.title
    return metric.former_name or metric.name, metric.former_title or metric.title


def _zone(context: Context, result: Result) -> int | None:
    assert not isinstance(result.value, list)
    return zone_of(result.value, result.zones, context.version)


def _bins_of_2014(result: Result) -> JSONObject:
    """The bins as `data1` and how much is in each as `data2`; both null without a value."""
    if not isinstance(result.value, list):
        return {"data1": None, "data2": None}
    middles, counts = result.value
    unit, number = result.metric.unit.si_short, len(counts)
    bins: JSONObject = {
        "bin_edge": _edges(result.value),
        "count": number,
        "unit": unit,
        "value": middles,
    }
    return {"data1": bins, "data2": {"count": number, "unit": "rep", "value": counts}}


def _edges(value: Histogram) -> list[float]:
    """The edges of bins of one width, of which there is one more than middles."""
    middles, _ = value
    half = (middles[1] - middles[0]) / 2
    inner = [(one + other) / 2 for one, other in pairwise(middles)]
    edges = [middles[0] - half, *inner, middles[-1] + half]
    return [round(edge, _DIGITS) for edge in edges]


def _uri(context: Context, name: str, key: int) -> str:
    return f"{context.prefix}/{name}/{key}/"


def _sorted(**members: Any) -> JSONObject:
    return dict(sorted(members.items()))
