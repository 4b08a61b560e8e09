"""What a request for data asks: filters and options, from texts to numbers.

They are those of Data page, Filtering Options. All filters are combined with AND. Unknown names are
ignored (Tastypie rule T57), so clients may send `format`, `limit` or anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from django.db.models import Q
from django.http import QueryDict

from apps.api import filtering, lookups
from apps.api.errors import BadRequest
from apps.api.schema import FALSE_WORDS
from apps.signals.storage.thinning import LIMIT, stride

FILTERING: Mapping[str, list[str]] = {
    "datatype": lookups.KEY,
    "end": ["exact"],
    "flat": ["exact"],
    "id": lookups.KEY,
    "max_values": ["exact"],
    "no_timestamps": ["exact"],
    "range": lookups.KEY,
    "record": lookups.KEY,
    "seconds": ["exact"],
    "start": ["exact"],
    "timestamp": ["range", "gt", "gte", "lt", "lte"],
    "user": ["exact"],
}
"""The filtering options as in the schema document."""

EventForm = Literal["csv", "hxd"]
"""The formats of event files that `async_format` can name."""

EVER = 2**62
"""One tick after (and negated, before) anything that is stored."""

_RELATIONS = frozenset(("datatype", "range", "record", "user"))
_OPTIONS = frozenset(("flat", "no_timestamps", "seconds"))


class Choice(NamedTuple):
    """A condition on ids; `keys` has several for `in` and `range`, else one."""

    lookup: str
    keys: list[int]

    def condition(self, path: str) -> Q:
        """Return the condition on the column at `path`."""
        if self.lookup == "range":
            low, high = self.keys
            return Q(**{f"{path}__gte": low, f"{path}__lte": high})
        value = self.keys if self.lookup == "in" else self.keys[0]
        return Q(**{f"{path}__{self.lookup}": value})

    def named(self) -> set[int]:
        """Return the ids that must all exist; none if the choice is a comparison."""
        return set(self.keys) if self.lookup == "in" else set()


@dataclass
class Query:
    """A request for data: `lower` <= timestamp < `upper`, in ticks.

    `records` come from the filters `record` and `id`. The documents list `id` without saying of
    what; here it is the record's, the only stored object to which a row of data belongs.
    `event_form` is None if the version decides. `kept_every` is the largest thinning, known after
    the response is made: one of so many values was kept.
    """

    datatypes: list[Choice] = field(default_factory=list)
    records: list[Choice] = field(default_factory=list)
    ranges: list[Choice] = field(default_factory=list)
    user: str | None = None
    lower: int = -EVER
    upper: int = EVER
    flat: bool = False
    no_timestamps: bool = False
    seconds: bool = False
    limit: int = LIMIT
    event_form: EventForm | None = None
    kept_every: int = 1

    def keep(self, count: int) -> int:
        """Return n, if one of n values is kept; `kept_every` remembers the largest."""
        every = stride(count, self.limit)
        self.kept_every = max(self.kept_every, every)
        return every

    def user_key(self) -> int | None:
        """Return the id of the user; None if the query names none, or one by name."""
        try:
            return None if self.user is None else key("user", self.user)
        except BadRequest:
            return None

    def between(self, lower: int, upper: int) -> None:
        """Narrow the requested time to `lower` <= timestamp < `upper`."""
        self.lower, self.upper = max(self.lower, lower), min(self.upper, upper)


def parse(params: QueryDict) -> Query:
    """Return the query of the parameters.

    Raise BadRequest for a lookup that a name does not have (Tastypie rules T59, T60, T82) and for a
    value of the wrong type (T73).
    """
    query = Query()
    for parameter, texts in params.lists():
        name, *steps = parameter.split("__")
        if name in FILTERING:
            _take(query, name, _lookup(name, steps), [str(text) for text in texts])
    query.event_form = _event_form(params.get("async_format"))
    return query


def _event_form(text: str | None) -> EventForm | None:
    forms: dict[str | None, EventForm | None] = {None: None, "csv": "csv", "hxd": "hxd"}
    if text not in forms:
        raise BadRequest("async_format must be csv or hxd.")
    return forms[text]


def _lookup(name: str, steps: list[str]) -> str:
    lookup, further = "exact", steps
    if steps and steps[-1] in lookups.KNOWN:
        lookup, further = steps[-1], steps[:-1]
    if lookup not in FILTERING[name]:
        raise BadRequest(f"'{lookup}' is not an allowed filter on the '{name}' field.")
    if further and name in _RELATIONS:
        raise BadRequest(f"Lookups are not allowed more than one level deep on the '{name}' field.")
    if further:
        raise BadRequest(f"The '{name}' field does not support relations.")
    return lookup


def _take(query: Query, name: str, lookup: str, texts: list[str]) -> None:
    """Add one parameter to the query. If an option is given twice, the last one counts (T61)."""
    if name in _OPTIONS:
        setattr(query, name, truth(texts[-1]))
    elif name == "max_values":
        query.limit = _limit(texts[-1])
    elif name == "user":
        query.user = _filled(texts[-1])
    elif name == "datatype":
        query.datatypes.append(_choice("datatype", lookup, texts))
    elif name == "range":
        query.ranges.append(_choice("range", lookup, texts))
    elif name in ("record", "id"):
        query.records.append(_choice("record", lookup, texts))
    else:
        _narrow(query, {"start": "gte", "end": "lt"}.get(name, lookup), texts)


def truth(text: str) -> bool:
    """Return whether an option is on: any text except the usual words for no (wire trap 9)."""
    return text.strip().lower() not in FALSE_WORDS


def _limit(text: str) -> int:
    """Return max_values: a positive integer, at most the documented limit."""
    try:
        limit = int(text)
    except ValueError:
        raise lookups.type_mismatch() from None
    if limit < 1:
        raise BadRequest("max_values must be at least 1.")
    return min(limit, LIMIT)


def _filled(text: str) -> str:
    if not text.strip():
        raise lookups.type_mismatch()
    return text


def _choice(resource: str, lookup: str, texts: list[str]) -> Choice:
    """Return a condition on ids. A plain name accepts a list too (wire trap 8)."""
    if lookup == "exact":
        items = lookups.split_list(texts)
        return Choice("in", [key(resource, item) for item in items])
    if lookup in ("in", "range"):
        keys = lookups.parse_many(lookup, texts, lambda text: key(resource, text))
        return Choice(lookup, keys)
    last = texts[-1]
    return Choice(lookup, [key(resource, last)])


def key(resource: str, text: str) -> int:
    """Return the id in a value, which is an id or a URI. Raise BadRequest if it is neither."""
    uri = filtering.ASKED_URI.fullmatch(text.strip())
    if uri and uri["name"] != resource:
        raise lookups.type_mismatch()
    return _bounded(lookups.parse_integer(uri["key"] if uri else text))


def _narrow(query: Query, lookup: str, texts: list[str]) -> None:
    """Narrow the requested time. If a bound is given several times, all of them apply.

    See Data page, Filtering Options.
    """
    if lookup == "range":
        first, last = lookups.parse_many("range", texts, tick)
        query.between(first, last + 1)
        return
    for bound in map(tick, texts):
        if lookup in ("gt", "gte"):
            query.between(bound + (lookup == "gt"), EVER)
        else:
            query.between(-EVER, bound + (lookup == "lte"))


def tick(text: str) -> int:
    """Return a time in ticks, with fractions cut off. Raise BadRequest if it is not a number."""
    try:
        return _bounded(int(text))
    except ValueError:
        pass
    try:
        return _bounded(int(float(text)))
    except (ValueError, OverflowError):
        raise lookups.type_mismatch() from None


def _bounded(number: int) -> int:
    """Return the number, or the limit of what the database can compare with."""
    return max(-EVER, min(EVER, number))
