"""The fields of answers that are more than a column."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from apps.api import lookups
from apps.api.bounds import LONGEST_DATE
from apps.api.errors import BadRequest
from apps.api.fields import JSON, Column, Field, Reader, ServerGiven, json_size
from apps.studies import subject_names
from apps.studies.stored_answers import values_of
from hexostore import hexotime

if TYPE_CHECKING:
    from apps.api.bodies import JSONValue
    from apps.api.context import Context

MOST_BYTES = 2**20
"""Bytes of the answers to a survey. They may have a thousand items."""


class FhirAnswer(JSON):
    """A FHIR QuestionnaireResponse, which may be longer than other JSON."""

    def convert(self, value: JSONValue, column: Column) -> JSONValue:
        if json_size(value) > MOST_BYTES:
            raise BadRequest(f"The '{self.name}' field can have at most {MOST_BYTES} bytes.")
        return value


class SubjectField(ServerGiven, Field):
    """The user name of a subject. Requests may name them in several ways (subject_names.py); the
    resource sets whom a body names, because that depends on the study."""

    def own_condition(self, lookup: str, texts: list[str]) -> Q | None:
        if lookup == "isnull":
            return Q(pk__isnull=lookups.parse_truth(lookups.parse_word(texts[-1])))
        given = lookups.parse_many("in", texts, str) if lookup == "in" else [texts[-1]]
        try:
            return subject_names.answered_by([subject_names.parse_name(text) for text in given])
        except ValueError:
            raise lookups.type_mismatch() from None


class AuthoredField(ServerGiven, Field):
    """When answers were given, as they say it. Filters take a date, a time or ticks; a date means
    all of that day in UTC. Orders use the moment."""

    type = "datetime"

    def __init__(self, shown: str = "authored", **flags: Any) -> None:
        super().__init__(readonly=True, **flags)
        self.shown_path = shown

    def path(self) -> str:
        return "moment"

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.shown_path}",))

    def own_condition(self, lookup: str, texts: list[str]) -> Q | None:
        if lookup == "isnull":
            return Q(moment__isnull=lookups.parse_truth(lookups.parse_word(texts[-1])))
        if lookup == "range":
            first, last = lookups.parse_many(lookup, texts, _span)
            return Q(moment__gte=first[0], moment__lt=last[1])
        start, end = _span(texts[-1])
        return {
            "exact": Q(moment__gte=start, moment__lt=end),
            "gt": Q(moment__gte=end),
            "gte": Q(moment__gte=start),
            "lt": Q(moment__lt=start),
            "lte": Q(moment__lt=end),
        }[lookup]


def _span(text: str) -> tuple[int, int]:
    """The ticks of a moment and those behind it: of a day if the text is a date."""
    try:
        if text.isascii() and text.removeprefix("-").isdecimal():
            return int(text[:20]), int(text[:20]) + 1
        if len(text) > LONGEST_DATE:
            raise ValueError(text)
        if len(text) == len("2026-02-02"):
            day = date.fromisoformat(text)
            return hexotime.start_of_day(day), hexotime.start_of_day(day + timedelta(days=1))
        tick = hexotime.from_datetime(hexotime.from_iso(text.strip().replace(" ", "+")))
    except (ValueError, OverflowError):
        raise lookups.type_mismatch() from None
    return tick, tick + 1


class AnswerValue(JSON):
    """The value of an answer; a list of values if the question repeats."""

    def __init__(self, **flags: Any) -> None:
        super().__init__(kind="dict", **flags)

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}answer", f"{prefix}question__repeats"), _shown_value)


def _shown_value(answer: object, repeats: bool) -> object:
    values = [each.value for each in values_of(answer)]
    return values if repeats else next(iter(values), None)
