"""Which rows a user may see and change. This is the one place that decides (docs/rights.md).

Users see themselves, those who granted them a bundle with the right to read, the members of their
teams, and shared rows. They change their own rows, and those of people whose bundle lets them
write. Staff may do everything.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Model, Q
from django.db.models.expressions import RawSQL

from apps.access.models import (
    READ,
    WRITE,
    Bundle,
    BundlePermission,
    BundlePermissionRequest,
    Team,
)
from apps.api.callers import Caller
from apps.api.guards import InSubquery
from apps.api.resources import Visibility
from hexostore import clock

# Raw because it stands in almost every statement, and building it would cost most of a request.
_GRANTED = f"""
    SELECT held.user_target_id
    FROM {BundlePermission._meta.db_table} held JOIN {Bundle._meta.db_table} bundle
        ON bundle.id = held.bundle_id
    WHERE held.user_allowed_id = %s AND bundle.rights ? %s
"""  # noqa: S608 - made of table names only
_IN_TEAMS = f"""
    SELECT member.user_id
    FROM {Team.members.through._meta.db_table} member JOIN {Team._meta.db_table} team
        ON team.id = member.team_id
    WHERE team.owner_id = %s
"""  # noqa: S608 - made of table names only


def select_granting_users(caller: Caller, right: str, *, teams: bool = True) -> RawSQL:
    """Return the ids of the users who grant `caller` that right by a bundle.

    The members of the caller's teams let the caller read.
    """
    if teams and right == READ:
        both = f"{_GRANTED} UNION ALL {_IN_TEAMS}"
        return RawSQL(both, (caller.pk, right, caller.pk))  # noqa: S611 - parameters are bound
    return RawSQL(_GRANTED, (caller.pk, right))  # noqa: S611 - parameters are bound


class Shared:
    """Rows of the service itself. Everybody sees them; staff can change them."""

    def condition(self, caller: Caller) -> Q:
        return Q()

    def may_change(self, caller: Caller, row: Model) -> bool:
        return bool(caller.is_staff)


class Myself:
    """The caller's own row in the table of users, and no other."""

    def condition(self, caller: Caller) -> Q:
        return Q(pk=caller.pk)

    def may_change(self, caller: Caller, row: Model) -> bool:
        return bool(row.pk == caller.pk)


class OwnedBy:
    """Rows that belong to the user at `path`, or to everybody if that is null and `shared` is set.

    With the empty path, the row is the user. Other users see it if they hold the `right`.
    """

    def __init__(self, path: str, *, right: str = READ, shared: bool = False) -> None:
        self.path, self.right, self.shared = path, right, shared

    def condition(self, caller: Caller) -> Q:
        owners, path = self.owners(caller), self.path or "pk"
        if owners is None:
            return Q()
        seen = Q(InSubquery(F(path), owners))
        return seen | Q(**{f"{path}__isnull": True}) if self.shared else seen

    def owners(self, caller: Caller) -> RawSQL | None:
        """Return the ids of the users whose rows `caller` sees, or None if these are all users."""
        if caller.is_staff:
            return None
        others = select_granting_users(caller, self.right)
        return RawSQL(f"SELECT %s UNION ALL {others.sql}", (caller.pk, *others.params))  # noqa: S611

    def lanes(self, caller: Caller) -> RawSQL | None:
        """Return the same ids, if the rows of each owner can be looked up in order.

        This is possible if every row has an owner other than itself, and this very rule decides who
        sees it.
        """
        alone = type(self) is OwnedBy and self.path and not self.shared
        return self.owners(caller) if alone else None

    def beside(self, caller: Caller) -> RawSQL | None:
        """Return the keys of rows that are seen whoever owns them: none."""
        return None

    def covers(self, path: str, other: Visibility[Any]) -> bool:
        """Return whether both rows belong to the same user and need the same right.

        This holds only for exactly this rule, because a derived rule may show more rows.
        """
        if type(self) is not OwnedBy or type(other) is not OwnedBy or self.right != other.right:
            return False
        owner = f"{path}__{other.path}" if other.path else path
        return self.path == owner and (other.shared or not self.shared or not other.path)

    def may_change(self, caller: Caller, row: Model) -> bool:
        owner = self._owner(row)
        if caller.is_staff or owner == caller.pk:
            return True
        held = BundlePermission.objects.filter(user_allowed=caller.pk, user_target=owner)
        return held.filter(bundle__rights__contains=WRITE).exists()

    def _owner(self, row: Model) -> int | None:
        """Return the id of the row's owner. It is found by following the path."""
        *steps, last = self.path.split("__")
        for step in steps:
            row = getattr(row, step)
        owner: int | None = getattr(row, f"{last}_id") if self.path else row.pk
        return owner


class Mine:
    """Rows of the user at `path`. Nobody else sees them."""

    def __init__(self, path: str) -> None:
        self.path = path

    def condition(self, caller: Caller) -> Q:
        return Q() if caller.is_staff else Q(**{self.path: caller.pk})

    def may_change(self, caller: Caller, row: Model) -> bool:
        return bool(caller.is_staff or getattr(row, f"{self.path}_id") == caller.pk)


class TeamRule:
    """Teams are seen by their owner, by those who may read the owner's data, and by their members.
    Only the owner changes them."""

    def condition(self, caller: Caller) -> Q:
        if caller.is_staff:
            return Q()
        member = Team.members.through._default_manager.filter(user=caller.pk)
        return OwnedBy("owner").condition(caller) | Q(pk__in=member.values("team"))

    def may_change(self, caller: Caller, row: Team) -> bool:
        return bool(caller.is_staff or row.owner_id == caller.pk)


class GrantRule:
    """Both sides see and end a grant. Only the user whose data it opens can make it."""

    def condition(self, caller: Caller) -> Q:
        if caller.is_staff:
            return Q()
        return Q(user_allowed=caller.pk) | Q(user_target=caller.pk)

    def may_change(self, caller: Caller, row: BundlePermission) -> bool:
        if caller.is_staff or row.user_target_id == caller.pk:
            return True
        return row.pk is not None and bool(row.user_allowed_id == caller.pk)


class RequestRule:
    """Open requests are seen and ended by everybody involved. Anybody may create one."""

    def condition(self, caller: Caller) -> Q:
        open_ = Q(one_time_token__redeemed=None, one_time_token__expires__gt=clock.now())
        if caller.is_staff:
            return open_
        part = Q(user_allowed=caller.pk) | Q(user_target=caller.pk) | Q(asked_by=caller.pk)
        return open_ & part

    def may_change(self, caller: Caller, row: BundlePermissionRequest) -> bool:
        part = {row.user_allowed_id, row.user_target_id, row.asked_by_id}
        return bool(caller.is_staff or caller.pk in part)
