"""What a request for a calendar asks: whose, from when to when, and only what is done or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from django.db.models import Q
from django.http import QueryDict
from whenever import Instant

from apps.api import lookups
from apps.api.bounds import LONGEST_DATE, shorten_value
from apps.api.callers import Caller
from apps.api.errors import BadRequest
from apps.api.filtering import ASKED_URI, refused_lookup
from apps.enrolment.models import StudySubject
from apps.signals.selection import query
from apps.studies import subject_names
from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY
from hexostore.hexotime import TICKS_PER_SECOND, from_datetime

FILTERING: Mapping[str, list[str] | int] = {
    name: ["exact"] for name in ("done", "end", "start", "study", "subject", "user")
}

_NAMED = {
    "study": ("study", "study", ("study__uuid",)),
    "user": ("user", "user", ("user__username", "user__email")),
}
"""By argument: the resource whose id or URI it is, the column of subjects that has it, and columns
of other unique names."""

SEVERAL = "Several studies have a subject called so. Add study= or give the URI of one."

BEHIND = LAST_DAY + timedelta(days=1)
"""The day after the last that can be planned."""

AskedDay = date | int
"""A day, or a moment in ticks."""


@dataclass(frozen=True, slots=True)
class AskedDays:
    """Which days are asked for: from `start` to before `end`. A moment means the day that it is on
    in the zone of the subject."""

    start: AskedDay = FIRST_DAY
    end: AskedDay = BEHIND

    def in_zone(self, zone: str) -> tuple[date, date]:
        """Return the days for a subject. Raise ValueError for an unknown zone."""
        return _day_in(self.start, zone), _day_in(self.end, zone)


@dataclass(frozen=True, slots=True)
class CalendarQuestion:
    """The arguments of a request; `subjects` is the condition on rows of subjects."""

    days: AskedDays
    subjects: Q
    done: bool | None

    @classmethod
    def read(cls, params: QueryDict, caller: Caller) -> Self:
        """Return what the parameters ask. Without a subject or a user, the calendar is that of the
        caller. Raise BadRequest for a value that is not of its kind."""
        given = _given(params)
        days = AskedDays(
            read_day("start", given["start"]) if "start" in given else FIRST_DAY,
            read_day("end", given["end"]) if "end" in given else BEHIND,
        )
        people = _subjects_called(given) & _named_in(given, ("user",)) or Q(user=caller.pk)
        subjects = people & _named_in(given, ("study",))
        return cls(days, subjects, _said(given.get("done", "")))

    def check_one(self, subjects: Iterable[StudySubject]) -> None:
        """Raise BadRequest if the subjects that were found are several people, because rows do not
        say whose they are."""
        if len({subject.user_id for subject in subjects}) > 1:
            raise BadRequest(SEVERAL)


def read_day(name: str, text: str) -> AskedDay:
    """Return the day or moment in a text: YYYY-MM-DD, an ISO time, or ticks of 1/256 s. A time
    without a zone is on the clock of the subject. Raise BadRequest for anything else."""
    try:
        if len(text) > LONGEST_DATE:
            raise ValueError("longer than any date")
        if re.fullmatch(r"-?\d+", text, re.ASCII):
            return int(text)
        if not re.match(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError("begins without a date")
        # A plus sign that was not escaped in the query arrives as a space.
        moment = datetime.fromisoformat(re.sub(r"T(.+) (?=\d\d:?\d\d$)", r"T\1+", text))
        return moment.date() if moment.tzinfo is None else from_datetime(moment)
    except (ValueError, OverflowError):
        raise BadRequest(
            f"'{name}' must be a date such as 2020-07-17, a time, or ticks of 1/256 s, got "
            f"'{shorten_value(text)}'."
        ) from None


def _day_in(asked: AskedDay, zone: str) -> date:
    """The day in a zone, within what can be planned."""
    if isinstance(asked, int):
        seconds = asked // TICKS_PER_SECOND
        if not _seconds(FIRST_DAY) < seconds < _seconds(LAST_DAY):
            return FIRST_DAY if seconds < 0 else BEHIND
        asked = Instant.from_timestamp(seconds).to_tz(zone).date().to_stdlib()
    return min(max(asked, FIRST_DAY), BEHIND)


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


def _given(params: QueryDict) -> dict[str, str]:
    """The last text of every argument that is not empty. Other names mean nothing."""
    found = {}
    for parameter, texts in params.lists():
        name, _, lookup = parameter.partition("__")
        if name in FILTERING:
            if lookup not in ("", "exact"):
                raise refused_lookup(lookup, name)
            found[name] = str(texts[-1]).strip()
    return {name: text for name, text in found.items() if text}


def _subjects_called(given: Mapping[str, str]) -> Q:
    """The condition on the rows of subjects that the argument `subject` names; empty without it."""
    if "subject" not in given:
        return Q()
    try:
        return subject_names.subjects_named([subject_names.parse_name(given["subject"])])
    except ValueError:
        raise lookups.type_mismatch() from None


def _named_in(given: Mapping[str, str], arguments: tuple[str, ...]) -> Q:
    """The condition on the rows of subjects that these arguments name; empty without any."""
    found = Q()
    for argument in arguments:
        if argument in given:
            found &= _named(*_NAMED[argument], given[argument])
    return found


def _named(resource: str, key: str, names: tuple[str, ...], text: str) -> Q:
    """The condition for an id, a URI or a name."""
    uri = ASKED_URI.fullmatch(text)
    if uri or text.isdecimal():
        return Q(**{key: query.key(resource, text)})
    if "\0" in text:
        raise lookups.type_mismatch()
    found = Q(pk__in=())
    for name in names:
        found |= Q(**{f"{name}__iexact": text})
    return found


def _said(text: str) -> bool | None:
    """The truth in a text, None for an empty one. Raise BadRequest for anything else."""
    word = text.lower()
    if word in ("", "true", "1"):
        return True if word else None
    if word in ("false", "0"):
        return False
    raise BadRequest(f"'done' must be true or false, got '{shorten_value(text)}'.")
