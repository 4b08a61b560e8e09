"""`/api/studymember/`, and its details at `/api/studymember/<user>/study/<study>/`."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import F, IntegerField, Model, QuerySet, Value
from rest_framework.request import Request

from apps.access.visibility import StudyRule
from apps.accounts.account_creation import find_user_named
from apps.accounts.models import User
from apps.api import bodies, filtering, paging, registry, writing
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.errors import BadRequest, CannedNotFound, InvalidFields, NotFound
from apps.api.fields import Text
from apps.api.relations import ToOne, resolve_relation
from apps.api.resources import DELETE, GET, POST, Resource, ResourceReply
from apps.api.versions import Version
from apps.enrolment.models import Study, StudyMember
from apps.studies import letters, standing
from apps.studies.people import short_members

OWNER, ADMIN = "owner", "admin"

_NAME = re.compile(r"[^/\0]+")
"""What is no URI."""

Member = tuple[int, int, int]
"""The keys of a study, of the row (0 for the owner) and of the user."""


def team_rows(studies: QuerySet[Study]) -> QuerySet[Any, Any]:
    """Return the members of studies: of each its owner first."""
    owners = studies.order_by().annotate(of=F("pk"), row=Value(0, IntegerField()), who=F("owner"))
    members = StudyMember.objects.filter(study__in=studies.order_by().values("pk")).order_by()
    admins = members.annotate(of=F("study"), row=F("pk"), who=F("user"))
    columns = "of", "row", "who"
    both = owners.values_list(*columns).union(admins.values_list(*columns), all=True)
    found: QuerySet[Any, Any] = both.order_by("of", "row")
    return found


def show_members(context: Context, members: list[Member]) -> list[dict[str, Any]]:
    """Return the objects of members."""
    users = short_members(context, {user for _, _, user in members})
    studies = registry.model_resource("study")
    return [
        {
            "role": ADMIN if row else OWNER,
            "study": studies.uri(context, study),
            "user": users[user],
        }
        for study, row, user in members
    ]


class StudyTeam(Resource):
    """What the list and the details of members share."""

    name = "studymember"
    since = listed_since = Version.V3_3
    has_schema = False

    def _uri(self, context: Context, study: int, user: int) -> str:
        return f"{context.prefix}/{self.name}/{user}/study/{study}/"


@registry.register_resource
class StudyMemberResource(StudyTeam):
    name = "studymember"
    summary = "The team of a study: its owner and those who administer it."
    description = (
        "The owner adds people by `study` and `user`, who need an account, and are told by mail. "
        "GET and DELETE of one are at `/api/studymember/<user id>/study/<study id>/`."
    )
    decides_rights = True
    list_methods = (GET, POST)
    fields = {
        "role": Text(readonly=True, help="`owner` or `admin`."),
        "study": ToOne("study", help="Whose team it is."),
        "user": ToOne("user", strangers=True, help="Who is in it. A POST may have an address."),
    }
    filtering = {"study": ["exact", "in"]}

    def get_list(self, context: Context, request: Request) -> ResourceReply:
        params = request.query_params
        rows = team_rows(self._asked_studies(context, request))
        page = paging.parse_page(params, self.limit, self.max_limit)
        shown = list(rows[page.offset : page.offset + page.limit])
        meta = page.meta(request.path, params, rows.count())
        return ResourceReply({"meta": meta, "objects": show_members(context, shown)})

    def _asked_studies(self, context: Context, request: Request) -> QuerySet[Study]:
        """The studies that the caller runs and the query asks for."""
        run = Study.objects.filter(StudyRule("").condition(context.caller))
        texts = [
            text
            for name in ("study", "study__exact", "study__in")
            for value in request.query_params.getlist(name)
            for text in value.split(",")
        ]
        keys = {key for text in texts if (key := filtering.asked_key(text)) is not None}
        return run.filter(pk__in=keys) if texts else run

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        sent = bodies.read_json(request._request)
        if not isinstance(sent, dict):
            raise BadRequest("Invalid data sent.")
        study = standing.lock_study(int(self._named("study", sent, context).pk))
        standing.check_owned(context.caller, study)
        standing.check_open(study)
        user = self._sent_user(sent, context)
        self._check_new(study, user)
        member = StudyMember.objects.create(study=study, user=user)
        letters.member_added(request, context, study, user)
        (shown,) = show_members(context, [(study.pk, member.pk, user.pk)])
        uri = self._uri(context, study.pk, user.pk)
        return ResourceReply(shown, 201, {"Location": uri}, uri)

    def _sent_user(self, sent: dict[str, JSONValue], context: Context) -> User:
        """The user whom a body names: by a URI or an id one whom the caller sees, by an address or
        a name, in whatever letters, anybody."""
        given = sent.get("user")
        if isinstance(given, str) and _NAME.fullmatch(given) and not given.isdecimal():
            named = find_user_named(given.strip())
            if named is not None:
                return named
        user = self._named("user", sent, context, strangers=True)
        assert isinstance(user, User)
        return user

    def _named(
        self, name: str, sent: dict[str, JSONValue], context: Context, *, strangers: bool = False
    ) -> Model:
        """The row that a member of the body names."""
        field = self.fields[name]
        assert isinstance(field, ToOne)
        if sent.get(name) is None:
            raise writing.absent_value(field)
        found: Model = resolve_relation(
            field.target, name, sent[name], context, strangers=strangers
        )
        return found

    def _check_new(self, study: Study, user: User) -> None:
        """Raise InvalidFields for somebody who cannot join the team."""
        if not user.is_active:
            raise InvalidFields(self.name, {"user": ["This account is closed."]})
        is_in = study.members.filter(user=user).exists() or study.owner_id == user.pk
        if is_in:
            raise InvalidFields(self.name, {"user": ["This user is in the team."]})


@registry.register_below("studymember", r"(?P<user>[^/]+)/study/(?P<study>[^/]+(?:/schema)?)")
class StudyMemberDetailResource(StudyTeam):
    name = "studymember"
    index_key = "studymember/(user_id)/study/(study_id)"
    summary = "One member of the team of a study. The owner removes administrators."
    decides_rights = True
    list_methods = (GET, DELETE)

    def get_list(self, context: Context, request: Request, user: str, study: str) -> ResourceReply:
        found = self._study(context, study)
        return ResourceReply(show_members(context, [_member(found, _key(user))])[0])

    def delete_list(
        self, context: Context, request: Request, user: str, study: str
    ) -> ResourceReply:
        found = standing.lock_study(self._study(context, study).pk)
        _, row, key = _member(found, _key(user))
        standing.check_owned(context.caller, found)
        standing.check_open(found)
        if not row:
            text = "The owner stays in the team. Hand the study over first, by its owner_id."
            raise BadRequest(text)
        StudyMember.objects.filter(pk=row).delete()
        return ResourceReply(None, 204, uri=self._uri(context, found.pk, key))

    def _study(self, context: Context, text: str) -> Study:
        """The study that the caller runs. Raise NotFound or CannedNotFound."""
        run = StudyRule("").condition(context.caller)
        found = Study.objects.filter(run, pk=_key(text)).first()
        if found is None:
            raise NotFound
        return found


def _key(text: str) -> int:
    key = filtering.whole_key(text)
    if key is None:
        raise CannedNotFound
    return key


def _member(study: Study, user: int) -> Member:
    """The member of the team that a user is. Raise NotFound for others."""
    if study.owner_id == user:
        return study.pk, 0, user
    row = study.members.filter(user=user).first()
    if row is None:
        raise NotFound
    return study.pk, row.pk, user
