"""`metrics` and `histograms` of records and ranges: what is asked for, and who gives it.

An app above this one knows what metrics come to; it is handed in when it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apps.api import lookups
from apps.api.context import Context
from apps.api.derived import PageField
from apps.api.versions import OLDEST, Version
from apps.records.models import Range, Record

Owner = type[Record] | type[Range]

METRICS, HISTOGRAMS = "include_metrics", "include_histograms"
"""The arguments that name what is to be shown besides the defaults."""

_SPELLINGS = "", "__in", "__exact"
_METRIC = re.compile(r"(?:.*/metric/)?(?P<key>[0-9]{1,18})/?")
_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9_.:/-]")
_LONGEST, _MOST_NAMED = 40, 5


@dataclass(frozen=True, slots=True)
class AskedMeasures:
    """The metrics that an argument names, each once, in the order of the request, and the texts
    that name none."""

    ids: tuple[int, ...]
    others: tuple[str, ...] = ()


def find_asked(context: Context, argument: str) -> AskedMeasures:
    """Return what is asked for: ids or URIs, by commas, in repeated arguments, or with `__in`.

    Raises BadRequest for more of them than a filter takes.
    """
    spelled = (context.query.get(f"{argument}{end}", ()) for end in _SPELLINGS)
    return read_asked([text for found in spelled for text in found])


def read_asked(texts: list[str]) -> AskedMeasures:
    """Return what texts of ids and URIs, separated by commas, ask for.

    Raises BadRequest for more of them than a filter takes.
    """
    named = [text.strip() for text in lookups.split_list(texts) if text.strip()]
    matches = [(text, _METRIC.fullmatch(text)) for text in named]
    ids = dict.fromkeys(int(match["key"]) for _, match in matches if match)
    return AskedMeasures(tuple(ids), tuple(text for text, match in matches if not match))


class Measures(Protocol):
    """Who knows metrics and histograms; all of a page at once."""

    def metrics(self, context: Context, owner: Owner, keys: Sequence[int]) -> list[list[Any]]:
        """Return the objects for `metrics` of the records or ranges with these keys, in order."""

    def histograms(self, context: Context, owner: Owner, keys: Sequence[int]) -> list[list[Any]]:
        """Return the objects for `histograms` of them, in order."""

    def skipped(self, context: Context) -> list[str]:
        """Return what the request names that is no metric, or no histogram."""


class NoMeasures:
    """What there is without such an app."""

    def metrics(self, context: Context, owner: Owner, keys: Sequence[int]) -> list[list[Any]]:
        return [[] for _ in keys]

    histograms = metrics

    def skipped(self, context: Context) -> list[str]:
        return []


_providers: list[Measures] = [NoMeasures()]


def provide_measures(measures: Measures) -> None:
    """Have records and ranges show what `measures` gives."""
    _providers.append(measures)


def remark_skipped(context: Context) -> str | None:
    """Return what an answer says of names that mean nothing, None where all mean something."""
    return describe_skipped(_providers[-1].skipped(context))


def describe_skipped(skipped: Sequence[str]) -> str | None:
    """Return the remark on texts that name no metric, None without any.

    Of what a client sent, only harmless characters are repeated.
    """
    if not skipped:
        return None
    shown = [_UNSPEAKABLE.sub("?", text[:_LONGEST]) for text in skipped[:_MOST_NAMED]]
    more = len(skipped) - len(shown)
    return f"unknown metric {' '.join(shown)}" + (f" and {more} more" if more else "")


class MeasuresField(PageField):
    """`metrics` or `histograms` of a record or a range."""

    def __init__(self, owner: Owner, argument: str, **flags: Any) -> None:
        is_metrics = argument == METRICS
        super().__init__(
            null=True,
            blank=True,
            readonly=True,
            since=OLDEST if is_metrics else Version.V3_3,
            documented_since=OLDEST if is_metrics else Version.V4_0,
            **flags,
        )
        self._owner, self._argument = owner, argument
        if is_metrics:
            self.type, self.related = "related", "to_many"
        else:
            self.type = "list"

    def collect(self, context: Context, values: list[Any]) -> list[Any]:
        measures = _providers[-1]
        gives: Callable[[Context, Owner, Sequence[int]], list[list[Any]]]
        gives = measures.metrics if self._argument == METRICS else measures.histograms
        return gives(context, self._owner, values)
