"""Fields that only the resources of sharing have."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Model, OuterRef, Value
from django.db.models.expressions import Combinable

from apps.access.models import READ, BundlePermissionRequest, Team, lock_people
from apps.access.visibility import OwnedBy, select_bundle_granters
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.errors import Forbidden
from apps.api.fields import Field, Reader, ServerText
from apps.api.relations import ToMany
from hexostore import clock

LONGEST = int(timedelta(days=30).total_seconds())
READ_FIRST = "A team can only contain people who let its owner see their data."


def link_token(context: Context) -> Combinable:
    """Return the token of a share. Return "" for an access that can only read, since it cannot
    create a share either."""
    return F("token") if context.may_write else Value("")


class LinkToken(ServerText):
    """Opens the shared object without a login; "" if the access can only read."""

    annotated = True
    personal = True

    def path(self) -> None:
        return None

    def expression(self, context: Context) -> Combinable:
        return link_token(context)

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((self.alias,))


class TimeLeft(Field):
    """The whole seconds until the one-time token expires; a POST may say how many there are."""

    type = "integer"

    def path(self) -> None:
        return None

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}one_time_token__expires",), _seconds_left)

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        if type(value) is not int or not 0 < value <= LONGEST:
            raise self.wrong(f"a number of seconds up to {LONGEST}", value)
        assert isinstance(row, BundlePermissionRequest)
        row.ttl = timedelta(seconds=value)

    def accept_null(self, row: Model) -> None:
        """Null means the default time."""


def _seconds_left(expires: datetime) -> int:
    return max(0, int((expires - clock.now()).total_seconds()))


class Members(ToMany):
    """The members of a team that the caller may see: the owner sees all, a member only
    themselves."""

    personal = True
    guarded = True

    def expression(self, context: Context) -> Combinable:
        links = Team.members.through._default_manager.filter(team=OuterRef("pk"))
        seen = links.filter(OwnedBy("user").condition(context.caller))
        return ArraySubquery(seen.order_by("user").values("user"))

    def attach(self, row: Model, value: JSONValue, context: Context) -> None:
        assert isinstance(row, Team)
        before = list(row.members.values_list("pk", flat=True))
        found = self.resolve_all(value, context)
        lock_people({user.pk for user in found} - set(before))
        row.members.set(found)
        if not context.caller.is_staff:
            check_newcomers(row, before)


def check_newcomers(team: Team, before: list[int]) -> None:
    """Raise Forbidden unless all new members let the owner read by a bundle."""
    let_him = select_bundle_granters(team.owner, READ)
    others = team.members.exclude(pk__in=[team.owner_id, *before])
    if others.exclude(pk__in=let_him).exists():
        raise Forbidden(READ_FIRST)
