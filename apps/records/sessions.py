"""Trainings of several people: `/api/trainingsession/`."""

from __future__ import annotations

from django.db.models import CharField, F, Model, Q
from django.db.models.expressions import RawSQL

from apps.access.models import Team
from apps.access.visibility import OwnedBy
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.callers import Caller
from apps.api.context import Context
from apps.api.derived import URI, AnnotatedField
from apps.api.errors import BadRequest
from apps.api.fields import DateTime, Id, Text, Ticks
from apps.api.guards import InSubquery
from apps.api.lookups import ALL_WITH_RELATIONS, KEY, ORDERED
from apps.api.relations import ToMany, ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.records.models import TrainingSession
from apps.records.resources import ends_after_start, start_date
from apps.records.status import LIVE, OVER, session_status

_USERS = TrainingSession.users.through._meta.db_table
_TEAMS = TrainingSession.teams.through._meta.db_table
_MEMBERS = Team.members.through._meta.db_table
_JOINED = f"""
    SELECT trainingsession_id FROM {_USERS} WHERE user_id = %s
    UNION ALL
    SELECT trainingsession_id FROM {_TEAMS} JOIN {_MEMBERS} member USING (team_id)
        WHERE member.user_id = %s
    UNION ALL
    SELECT trainingsession_id FROM {_TEAMS} JOIN {Team._meta.db_table} team
        ON team.id = team_id WHERE team.owner_id = %s
"""  # noqa: S608 - made of table names only


class SessionStatus(AnnotatedField):
    """`status`: follows the records, except that a client may end a live session."""

    help = "How far it is, by the records of who takes part; a client may end a live one."

    def __init__(self) -> None:
        super().__init__(session_status, CharField())
        self.readonly = False

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        """Ignore the sent status of a new session; it follows from the records."""
        assert isinstance(row, TrainingSession)
        if not row.pk:
            return
        stored = TrainingSession.objects.annotate(now=self.expression(context))
        now = stored.values_list("now", flat=True).get(pk=row.pk)
        if (now, value) == (LIVE, OVER):
            row.status = OVER
        elif value != now:
            raise BadRequest(f"The '{self.name}' field may only change from {LIVE} to {OVER}.")


class TakesPart(OwnedBy):
    """Sessions are also seen by those who take part, alone or with a team."""

    def condition(self, caller: Caller) -> Q:
        joined = self.beside(caller)
        return super().condition(caller) | Q(InSubquery(F("pk"), joined)) if joined else Q()

    def lanes(self, caller: Caller) -> RawSQL | None:
        return self.owners(caller)

    def beside(self, caller: Caller) -> RawSQL | None:
        """Return the ids of the sessions that the caller takes part in."""
        if caller.is_staff:
            return None
        return RawSQL(_JOINED, (caller.pk,) * 3)  # noqa: S611 - parameters are bound


@registry.register_resource
class TrainingSessionResource(ModelResource[TrainingSession]):
    name = "trainingsession"
    summary = "A training of several people. Its labels are those of its range."
    decides_rights = True
    model = TrainingSession
    owner_order = ("id", "start")
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, DELETE, PATCH)
    fields = {
        "created": DateTime(
            null=True, blank=True, readonly=True, help="When the session was made."
        ),
        "end": Ticks(help="When it ends."),
        "id": Id(readonly=True, unique=True),
        "labels": ToMany(
            "label",
            attribute="range__labels",
            null=True,
            blank=True,
            readonly=True,
            help="The labels of its range.",
        ),
        "name": Text(blank=True, default="", help="What people call it."),
        "note": Text(blank=True, default="", help="A remark about it."),
        "range": ToOne("range", help="The range of its owner's time that it is."),
        "resource_uri": URI(),
        "start": Ticks(help="When it begins."),
        "start_date": start_date(),
        "status": SessionStatus(),
        "teams": ToMany("team", null=True, help="The teams that take part."),
        "trainingroutine": ToOne(
            "trainingroutine", null=True, blank=True, help="The routine that it follows."
        ),
        "user": ToOne("user", help="Who made it."),
        "users": ToMany("user", help="The people who take part by themselves."),
    }
    filtering = {
        "end": ORDERED,
        "id": KEY,
        "labels": ["exact", "in"],
        "range": ALL_WITH_RELATIONS,
        "start": ORDERED,
        "teams": KEY,
        "trainingroutine": KEY,
        "user": KEY,
        "users": KEY,
    }
    ordering = ("id", "range", "start", "end", "user", "trainingroutine")
    visible = TakesPart("user")

    @classmethod
    def validate(cls, row: TrainingSession) -> dict[str, list[str]]:
        return ends_after_start(row)
