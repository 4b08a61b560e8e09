"""`/api/studysubject/`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

import django_filters
from django.db.models import Exists, Model, OuterRef, QuerySet
from rest_framework.request import Request

from apps.access.visibility import StudySubjectRule
from apps.api import registry, writing
from apps.api.bodies import JSONValue
from apps.api.bounds import shorten_value
from apps.api.context import Context
from apps.api.derived import URI, Computed, PageField
from apps.api.errors import ApiError, BadRequest, InvalidFields, InvalidItems
from apps.api.fields import Column, Date, Field, Id, Text
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import Version
from apps.api.views import is_switched_on
from apps.enrolment.models import StudySubject
from apps.fitness.models import AsyncValue
from apps.studies import letters, standing
from apps.studies.enrolling import leaving
from apps.studies.enrolling.drafts import DraftsRefused, SubjectDraft, fold_errors, read_account
from apps.studies.enrolling.enrolment import MOST_PASSWORDS, OTHER_GROUP, enrol
from apps.studies.people import short_users, whole_profiles
from apps.studies.planning.properties import read_date
from apps.studies.planning.windows import is_zone
from apps.studies.resources.study import FIXED

MOST_IN_BULK = 500
NO_ZONE = "There is no such time zone."


class PlainDate(Date):
    """A day, written YYYY-MM-DD and in no other way, since others are read differently by different
    people."""

    def convert(self, value: JSONValue, column: Column) -> date:
        try:
            return read_date(value if isinstance(value, str) else "")
        except ValueError:
            given = shorten_value(repr(value))
            text = f"The '{self.name}' field takes a date like 2026-02-28, not {given}."
            raise BadRequest(text) from None


class JSONText(Text):
    """JSON in a text. Other values are stored as their JSON."""

    def convert(self, value: JSONValue, column: Column) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            json.loads(text or "{}")
        except (ValueError, RecursionError):
            raise self.wrong("JSON in a text", value) from None
        return super().convert(text or "{}", column)


class SubjectUser(PageField):
    """The account of a subject: a short object, with the profile in it if `expand_profile` asks for
    that. A PUT or PATCH of it changes names, address, password and profile."""

    emptied_by_put = False
    needs = "user_id"
    related = "to_one"

    def collect(self, context: Context, values: list[Any]) -> list[Any]:
        users = short_users(context, values)
        if is_switched_on(context, "expand_profile"):
            short = is_switched_on(context, "short_metrics")
            profiles = whole_profiles(context, values, short_metrics=short)
            for user in users.values():
                user["profile"] = profiles.get(user["profile"], user["profile"])
        return [users[value] for value in values]

    def attach(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, StudySubject)
        leaving.change_account(row, value, context)


class SubjectArguments(django_filters.FilterSet):  # type: ignore[misc]
    """`last_modified__gte` and `last_modified__lte`: subjects with a value of an indicator that was
    changed in that time. A time without a zone is UTC."""

    last_modified__gte = django_filters.CharFilter(method="skip")
    last_modified__lte = django_filters.CharFilter(method="skip")

    def skip(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow by both times together: one value has to meet both."""
        given = self.form.cleaned_data
        met = {
            name: _moment(given[name])
            for name in ("last_modified__gte", "last_modified__lte")
            if given.get(name)
        }
        values = AsyncValue.objects.filter(
            user=OuterRef("user"), datatype__kpis__isnull=False, **met
        )
        return queryset.filter(Exists(values)) if met else queryset


def _moment(text: str) -> object:
    """The moment of a text, in which the + of a zone may have become a blank."""
    field = registry.model_resource("async").fields["last_modified"]
    column = AsyncValue._meta.get_field("last_modified")
    return field.convert(_LOST_PLUS.sub(r"\1+\2", text.strip()), column)


def _shown_name(_: Context, name: str | None) -> str | None:
    return name


_LOST_PLUS = re.compile(r"(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) (\d{2}:?\d{2})$")
"""The end of a time with a zone, whose + was not encoded in the query."""


@registry.register_resource
class StudySubjectResource(ModelResource[StudySubject]):
    """See contract, studies 3 and 8."""

    name = "studysubject"
    summary = "Somebody whom a study observes, from a day on."
    description = (
        "A POST makes an account too, called by the uuid of the study and the id of the subject: "
        "`user.username` is that id, or the next free number if it is not sent. Subjects with an "
        "e-mail address are told by mail, the owner is told about the others. With `?bulk=True` "
        f"the body is an array of up to {MOST_IN_BULK}, all or none, and errors are said by "
        f"position; {MOST_PASSWORDS} of them may have passwords. "
        "DELETE takes the person out of the study and keeps what they recorded; the same "
        "id can join again, with the same account."
    )
    decides_rights = True
    model = StudySubject
    since = listed_since = Version.V3_3
    list_methods = (POST, GET)
    detail_methods = (GET, PUT, PATCH, DELETE)
    most_in_bulk = MOST_IN_BULK
    fields = {
        "id": Id(readonly=True, unique=True),
        "metrics": JSONText(blank=True, default="{}", help="What programs keep: JSON in a text."),
        "resource_uri": URI(),
        "start_date": PlainDate(help="The first day in the study, as YYYY-MM-DD."),
        "status": Text(blank=True, default="", help="Any words of the team."),
        "study": ToOne("study", help="The study, which cannot be changed."),
        "study_group": ToOne(
            "studygroup", null=True, blank=True, help="The group, which can change at any time."
        ),
        "study_group_name": Computed(
            ("study_group__name",),
            _shown_name,
            null=True,
            help="The name of the group.",
        ),
        "timezone": Text(
            null=True, blank=True, help="The subject's own time zone; null for that of the study."
        ),
        "user": SubjectUser(
            blank=True,
            help="The account: a short object. `?expand_profile=1` has the profile in it, and "
            "`short_metrics=1` leaves five indicators of its fitness.",
        ),
    }
    filtering = {
        "expand_profile": ["exact"],
        "id": KEY,
        "last_modified": ["gte", "lte"],
        "short_metrics": ["exact"],
        "status": ["exact", "in"],
        "study": ["exact", "in"],
        "study_group": ["exact", "in"],
    }
    ordering = ("id",)
    owner_order = ()
    arguments = SubjectArguments
    visible = StudySubjectRule()

    @classmethod
    def create_rows(
        cls, context: Context, sent: Sequence[JSONValue], *, bulk: bool
    ) -> list[StudySubject]:
        links: Links = {}
        drafts = [_read_draft(item, context, links, collect=bulk) for item in sent]
        try:
            return enrol(drafts, context)
        except DraftsRefused as refused:
            errors = [fold_errors(each) for each in refused.errors]
            raise InvalidItems(cls.name, errors) if bulk else InvalidFields(cls.name, errors[0])  # noqa: B904

    @classmethod
    def prepare(cls, row: StudySubject, data: Mapping[str, JSONValue], context: Context) -> None:
        before = StudySubject.objects.get(pk=row.pk)
        if before.study_id != row.study_id:
            raise InvalidFields(cls.name, {"study": [FIXED]})
        if writing.differing_columns(row, before) - {"study_group_id"}:
            standing.check_open(before.study)

    @classmethod
    def validate(cls, row: StudySubject) -> dict[str, list[str]]:
        errors = _wrong_columns(row)
        if row.study_group is not None and row.study_group.study_id != row.study_id:
            errors["study_group"] = [OTHER_GROUP]
        return errors

    @classmethod
    def posted(cls, row: StudySubject, context: Context, request: Request) -> None:
        letters.subjects_added(request, context, row.study, [row])

    @classmethod
    def posted_in_bulk(
        cls, rows: Sequence[StudySubject], context: Context, request: Request
    ) -> None:
        in_order = sorted(rows, key=attrgetter("study_id", "pk"))
        for _, found in groupby(in_order, key=attrgetter("study_id")):
            subjects = list(found)
            letters.subjects_added(request, context, subjects[0].study, subjects)

    @classmethod
    def remove(cls, row: StudySubject, context: Context) -> None:
        standing.check_open(row.study)
        leaving.withdraw(row)


def _wrong_columns(row: StudySubject) -> dict[str, list[str]]:
    if row.timezone is not None and not is_zone(row.timezone):
        return {"timezone": [NO_ZONE]}
    return {}


READ_FIRST = ("study", "study_group", "start_date", "timezone", "status", "metrics")
NEEDED = ("study", "start_date")


Links = dict[tuple[str, str], Model]
"""The rows that were found for URIs, by field and URI; subjects usually share them."""


def _read_draft(item: JSONValue, context: Context, links: Links, *, collect: bool) -> SubjectDraft:
    """Return the draft of a sent object. What is wrong with a field is raised, or noted in the
    draft if errors are collected."""
    draft = SubjectDraft()
    members = _members_of(item, draft, context, collect=collect)

    def attempt(name: str, read: Callable[[], None]) -> None:
        try:
            read()
        except ApiError as error:
            if not collect:
                raise
            draft.refuse(name, _text_of(error, name))

    for name in READ_FIRST if members is not None else ():
        field = StudySubjectResource.fields[name]
        attempt(
            name, partial(_accept, field, draft.subject, (members or {}).get(name), context, links)
        )
    attempt("user", partial(read_account, draft, (members or {}).get("user"), context))
    for name, texts in _wrong_columns(draft.subject).items():
        draft.refuse(name, *texts)
    return draft


def _members_of(
    item: JSONValue, draft: SubjectDraft, context: Context, *, collect: bool
) -> Mapping[str, JSONValue] | None:
    """The members of a sent object; None, and an error in the draft, for what is none."""
    if collect and not isinstance(item, dict):
        draft.refuse("user", "Each item of the array must be an object.")
        return None
    return writing.members_of(StudySubjectResource, context, item)


def _accept(
    field: Field, row: StudySubject, value: JSONValue, context: Context, links: Links
) -> None:
    if value is None:
        if field.name in NEEDED:
            raise writing.absent_value(field)
    elif not isinstance(field, ToOne) or not isinstance(value, str):
        field.accept(row, value, context)
    elif (field.name, value) in links:
        setattr(row, field.name, links[field.name, value])
    else:
        field.accept(row, value, context)
        links[field.name, value] = getattr(row, field.name)


def _text_of(error: ApiError, name: str) -> str:
    """What a refusal says, as one sentence of a field."""
    told = error.body.get("error") if isinstance(error.body, dict) else None
    return str(told) if told else f"The '{name}' field was given data that is not a URI of one."
