"""What records and ranges show in `metrics` and `histograms` (contract, metrics 1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from apps.api.context import Context
from apps.api.versions import Version
from apps.catalog.models import Metric
from apps.metrics import results
from apps.metrics.definitions import DEFINITIONS, metric_shown_as
from apps.metrics.fingerprints import place_of
from apps.metrics.of_samples import HistogramOfSamples
from apps.metrics.results import Present, Zoned
from apps.metrics.shapes import Result, member_of_object
from apps.records.measures import HISTOGRAMS, METRICS, AskedMeasures, Owner, find_asked
from apps.records.models import Range


class KnownMeasures:
    """The metrics of the catalogue, by definition or as they came with a range."""

    def metrics(self, context: Context, owner: Owner, keys: Sequence[int]) -> list[list[Any]]:
        """Return the metrics that are asked for, those of a range behind its defaults.

        In version 2.0.x all stand by ascending ids.
        """
        wanted = _known(find_asked(context, METRICS))
        if owner is not Range and not wanted:
            return [[] for _ in keys]
        return _objects(context, owner, keys, wanted, defaults=True)

    def histograms(self, context: Context, owner: Owner, keys: Sequence[int]) -> list[list[Any]]:
        """Return the histograms that are asked for."""
        wanted = _histograms(find_asked(context, HISTOGRAMS))
        if not wanted:
            return [[] for _ in keys]
        return _objects(context, owner, keys, wanted, defaults=False)

    def skipped(self, context: Context) -> list[str]:
        """Return the texts and ids in the query that are not those of a metric or histogram."""
        metrics, histograms = find_asked(context, METRICS), find_asked(context, HISTOGRAMS)
        unknown = {*metrics.ids}.difference(_known(metrics))
        unknown |= {*histograms.ids}.difference(_histograms(histograms))
        return [*map(str, sorted(unknown)), *metrics.others, *histograms.others]


def _known(found: AskedMeasures) -> list[int]:
    return [each for each in found.ids if each in DEFINITIONS]


def _histograms(found: AskedMeasures) -> list[int]:
    return [each for each in _known(found) if isinstance(DEFINITIONS[each], HistogramOfSamples)]


def _objects(
    context: Context, owner: Owner, keys: Sequence[int], wanted: Sequence[int], *, defaults: bool
) -> list[list[Any]]:
    """The objects of a page, in the order of its keys."""
    place = place_of(owner)
    found = results.read_results(place, keys)
    shown = {
        key: _in_order(context, each.shown(wanted) if defaults else wanted)
        for key, each in found.items()
    }
    version = context.version
    wanted_values = {
        key: [metric_shown_as(each, version) for each in _computable(found[key], ids)]
        for key, ids in shown.items()
    }
    results.complete_results(place, wanted_values, found)
    catalogue = _catalogue({metric for ids in shown.values() for metric in ids})
    return [
        [
            _object(context, catalogue[metric], _value(context, found[key], metric))
            for metric in shown.get(key, ())
            if metric in catalogue
        ]
        for key in keys
    ]


def _in_order(context: Context, ids: Sequence[int]) -> Sequence[int]:
    return sorted(ids) if context.version == Version.V2_0 else ids


def _computable(present: Present, ids: Iterable[int]) -> list[int]:
    """The metrics that have to be computed: not those that came with an object without data."""
    return [each for each in ids if each in DEFINITIONS and present.given_value(each) is None]


def _value(context: Context, present: Present, metric: int) -> Zoned:
    return present.given_value(metric) or present.value_of(metric_shown_as(metric, context.version))


def _catalogue(ids: set[int]) -> dict[int, Metric]:
    return Metric.objects.select_related("unit").in_bulk(ids) if ids else {}


def _object(context: Context, metric: Metric, found: Zoned) -> dict[str, Any]:
    zones = metric.zones if found.zones is None else found.zones
    return member_of_object(context, Result(metric, found.value, zones))
