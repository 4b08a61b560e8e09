"""How requests name a subject: by the study's own id, by user name, by number or by URI.

This is the one rule for bodies, files and filters. A text is tried within a study: it is the own id
of a subject if the study has one so called, else a user name, else the id of a studysubject.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q

from apps.enrolment.models import StudySubject

LONGEST = 200
_URI = re.compile(r"(?:.*/)?(?P<kind>studysubject|user)/(?P<id>\d{1,18})/?", re.DOTALL | re.ASCII)

_NUMBER = re.compile(r"[1-9]\d{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SubjectName:
    """What a request calls a subject. A `text` is an own id, a user name or the number of a
    studysubject, in this order. It is `implied` if the request names nobody."""

    text: str = ""
    subject: int | None = None
    user: int | None = None
    implied: bool = False

    @property
    def own_id(self) -> str:
        """The text as the study's own id, which is in small letters."""
        return self.text.lower()

    @property
    def user_names(self) -> set[str]:
        """The text as a user name, which is in small letters for those whom a study made."""
        return {self.text, self.text.lower()}

    @property
    def number(self) -> int | None:
        """The text as the number of a studysubject, which does not begin with 0."""
        return int(self.text) if _NUMBER.fullmatch(self.text) else None


def parse_name(value: object) -> SubjectName:
    """Return what a JSON value or a cell names. An object is that of a studysubject or a user, so a
    number as its `id` is not the study's own id. Raise ValueError, with a sentence."""
    if isinstance(value, Mapping):
        value = value.get("resource_uri", _uri_of_number(value.get("id")))
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise ValueError("Expected a user name, the study's id of a subject, or a URI.")
    uri = _URI.fullmatch(value.strip())
    if uri is None and "/" in value:
        raise ValueError("Expected the URI of a studysubject or a user.")
    if uri is None:
        return SubjectName(value.strip())
    key = int(uri["id"])
    return SubjectName(subject=key) if uri["kind"] == "studysubject" else SubjectName(user=key)


def _uri_of_number(value: object) -> object:
    """The URI of the studysubject with that number; other values as they are."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return f"studysubject/{value}/" if is_number else value


def named_condition(names: Collection[SubjectName]) -> Q:
    """Return the condition on the subjects of a study that may be meant; `pick_named` decides."""
    texts = [name for name in names if name.text]
    numbers = {name.number for name in texts} | {name.subject for name in names}
    return (
        Q(subject_id__in={name.own_id for name in texts})
        | Q(user__username__in={each for name in texts for each in name.user_names})
        | Q(user__in={name.user for name in names} - {None})
        | Q(pk__in=numbers - {None})
    )


def pick_named(name: SubjectName, subjects: Iterable[StudySubject]) -> StudySubject | None:
    """Return the subject of one study that is meant. The study's own id comes first."""
    those = list(subjects)
    if name.subject is not None or name.user is not None:
        key = name.subject or name.user
        attribute = "pk" if name.subject is not None else "user_id"
        return next((each for each in those if getattr(each, attribute) == key), None)
    ways = (
        lambda each: each.subject_id == name.own_id,
        lambda each: each.user.username in name.user_names,
        lambda each: each.pk == name.number,
    )
    found = (next(filter(way, those), None) for way in ways)
    return next(filter(None, found), None)


def subjects_named(names: Iterable[SubjectName]) -> Q:
    """Return the condition on subjects, of any studies, whom these names mean in their study."""
    return reduce(or_, map(_subject_named, names), Q(pk__in=[]))


def answered_by(names: Iterable[SubjectName]) -> Q:
    """Return the condition on answers that these subjects gave, each as the study calls them."""
    own = StudySubject.objects.filter(study=OuterRef("study"), user=OuterRef("user"))
    return Q(Exists(own.filter(subjects_named(names))))


def _subject_named(name: SubjectName) -> Q:
    if name.user is not None:
        return Q(user=name.user)
    if name.subject is not None:
        return Q(pk=name.subject)
    own = Q(subject_id=name.own_id)
    called = Q(user__username__in=name.user_names)
    met = own | (called & ~_has_study(own))
    if name.number is None:
        return met
    return met | (Q(pk=name.number) & ~_has_study(own | called))


def _has_study(condition: Q) -> Q:
    """The condition on subjects whose study has one who meets another condition."""
    return Q(Exists(StudySubject.objects.filter(condition, study=OuterRef("study"))))
