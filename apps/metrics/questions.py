"""What a request for a report asks: about which records, ranges and times, and which metrics.

Names that are no arguments mean nothing (Tastypie rule T57). All spellings of an argument add up:
repeated, with commas, and with `__in`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.http import QueryDict

from apps.api import lookups
from apps.api.bounds import LONGEST_DATE
from apps.api.errors import BadRequest
from apps.api.filtering import refused_lookup
from apps.api.schema import FALSE_WORDS
from apps.records.measures import HISTOGRAMS, METRICS, AskedMeasures, read_asked
from apps.signals.selection.query import key, tick
from hexostore import hexotime

Arguments = Mapping[str, list[str]]
"""The texts of each argument, by its name with its lookup."""

REPORT_FILTERING: Mapping[str, list[str] | int] = {
    "activitytype": ["exact", "in", "isnull"],
    "category": ["exact", "in"],
    "display": ["exact"],
    "end": ["exact"],
    "group_by": ["exact", "day"],
    "grouped": ["exact"],
    "include_autodetected": ["true"],
    "include_metrics": ["exact", "in"],
    "range": ["exact", "in"],
    "record": ["exact", "in"],
    "start": ["exact"],
    "time": ["exact", "day"],
    "trainingroutine": ["exact", "in", "isnull"],
    "user": ["exact", "in"],
}
"""The arguments of a report, and of a stored one, with their lookups."""

KINDS = "activitytype", "category", "trainingroutine"
"""The arguments that say which ranges of a time count."""

TICKS_PER_DAY = 24 * hexotime.TICKS_PER_HOUR

MOST_DAYS = 3660
"""How long a time may be: ten years and a few days."""

ENDS_BEFORE_START = "The end must be after the start."

_DAY = "day"


class Hours(NamedTuple):
    """A time in ticks that begins and ends on a full hour UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReportQuestion:
    """A request for a report or a distribution.

    `records`, `ranges` and `users` are None where the argument is missing; users are ids, URIs or
    names. `kinds` has the arguments about the kind of ranges as they were sent. `start` and `end`
    stand on full hours.
    """

    records: tuple[int, ...] | None
    ranges: tuple[int, ...] | None
    users: tuple[str, ...] | None
    start: int | None
    end: int | None
    kinds: Arguments
    by_day: bool
    autodetected: bool
    metrics: AskedMeasures
    histograms: AskedMeasures

    def hours(self) -> Hours:
        """Return the time that is asked about, of which both ends are given.

        Raises BadRequest where it is empty or longer than any report may be about.
        """
        assert self.start is not None
        assert self.end is not None
        if self.start >= self.end:
            raise BadRequest(ENDS_BEFORE_START)
        if self.end - self.start > MOST_DAYS * TICKS_PER_DAY:
            raise BadRequest(f"A report covers at most {MOST_DAYS} days.")
        return Hours(self.start, self.end)


def parse_question(params: QueryDict, filtering: Mapping[str, list[str] | int]) -> ReportQuestion:
    """Return what the parameters ask, of which `filtering` has the names and lookups.

    Raises BadRequest for a lookup that a name does not have, for a value that is not of its kind,
    and for more values than a filter takes.
    """
    given = _allowed(params, filtering)
    return ReportQuestion(
        records=_keys(given, "record"),
        ranges=_keys(given, "range"),
        users=_texts(given, "user") or None,
        start=_moment(given, "start", up=False),
        end=_moment(given, "end", up=True),
        kinds={name: texts for name, texts in given.items() if name.split("__")[0] in KINDS},
        by_day=True in [_by_day(name, texts[-1]) for name, texts in given.items()],
        autodetected=any(_is_on(text) for text in _texts(given, "include_autodetected", "true")),
        metrics=read_asked(list(_texts(given, METRICS))),
        histograms=read_asked(list(_texts(given, HISTOGRAMS))),
    )


def _allowed(params: QueryDict, filtering: Mapping[str, list[str] | int]) -> Arguments:
    """The arguments that mean something."""
    found = {}
    for parameter, texts in params.lists():
        name, _, lookup = parameter.partition("__")
        allowed = filtering.get(name)
        if isinstance(allowed, list):
            if lookup and lookup not in ("exact", *allowed):
                raise refused_lookup(lookup, name)
            found[parameter.removesuffix("__exact")] = [str(text) for text in texts]
    return found


def _texts(given: Arguments, name: str, lookup: str = "in") -> tuple[str, ...]:
    """The values of an argument in all its spellings, without empty ones."""
    texts = [text for each in (name, f"{name}__{lookup}") for text in given.get(each, ())]
    return tuple(text.strip() for text in lookups.split_list(texts) if text.strip())


def _keys(given: Arguments, name: str) -> tuple[int, ...] | None:
    """Ids of records or ranges, each once; None where there are none."""
    return tuple(dict.fromkeys(key(name, text) for text in _texts(given, name))) or None


def _moment(given: Arguments, name: str, *, up: bool) -> int | None:
    """A moment in ticks or as ISO text, on the full hour before or after it."""
    text = given.get(name, [""])[-1].strip()
    if not text:
        return None
    ticks = tick(text) if _is_number(text) else _of_date(text)
    return hexotime.to_full_hour(ticks, up=up)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", text) is not None


def _of_date(text: str) -> int:
    if len(text) > LONGEST_DATE:
        raise lookups.type_mismatch()
    try:
        return hexotime.from_datetime(hexotime.from_iso(text))
    except (ValueError, OverflowError):
        raise lookups.type_mismatch() from None


def _by_day(name: str, text: str) -> bool:
    """Whether an argument has the report made for each day.

    Raises BadRequest for another step than a day.
    """
    argument, _, lookup = name.partition("__")
    if argument not in ("group_by", "time", "grouped") or not _is_on(text):
        return False
    if lookup or argument == "grouped" or text.strip().lower() == _DAY:
        return True
    raise BadRequest(f"'{argument}' must be '{_DAY}'.")


def _is_on(text: str) -> bool:
    return text.strip().lower() not in FALSE_WORDS
