"""Which rows a user may see and change. This is the one place that decides (docs/rights.md).

Users see themselves, those who granted them a bundle with the right to read, the members of their
teams, the subjects of studies that they own or administer, and shared rows. They change their own
rows, those of people whose bundle lets them write, and those of such subjects. Staff may do
everything.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
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
from apps.enrolment.models import (
    Study,
    StudyMaterial,
    StudyMember,
    StudyStatus,
    StudySubject,
)
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
_RUN = f"""
    SELECT study.id FROM {Study._meta.db_table} study
    WHERE study.owner_id = %s AND study.status <> {StudyStatus.DELETED}
    UNION ALL
    SELECT member.study_id
    FROM {StudyMember._meta.db_table} member JOIN {Study._meta.db_table} study
        ON study.id = member.study_id
    WHERE member.user_id = %s AND study.status <> {StudyStatus.DELETED}
"""  # noqa: S608 - made of names and a number only
_OBSERVED = f"""
    SELECT subject.user_id FROM {StudySubject._meta.db_table} subject
    WHERE subject.withdrawn IS NULL AND subject.study_id IN ({_RUN})
"""  # noqa: S608 - made of table names only
_JOINED = f"""
    SELECT subject.study_id FROM {StudySubject._meta.db_table} subject
        JOIN {Study._meta.db_table} study ON study.id = subject.study_id
    WHERE subject.user_id = %s AND subject.withdrawn IS NULL
        AND study.status <> {StudyStatus.DELETED}
"""  # noqa: S608 - made of names and a number only
_MATERIAL = f"""
    SELECT material.object_id FROM {StudyMaterial._meta.db_table} material
    WHERE material.kind = %s AND material.study_id IN ({_RUN} UNION ALL {_JOINED})
"""  # noqa: S608 - made of table names only


def select_granting_users(caller: Caller, right: str) -> RawSQL:
    """Return the ids of the users whose data `caller` has that right on: those who grant it by a
    bundle, the subjects of the caller's studies, and, to read, the members of the caller's teams.
    """
    parts = [_GRANTED, _OBSERVED]
    values = [caller.pk, right, caller.pk, caller.pk]
    if right == READ:
        parts.append(_IN_TEAMS)
        values.append(caller.pk)
    return RawSQL(" UNION ALL ".join(parts), values)  # noqa: S611 - parameters are bound


def select_bundle_granters(caller: Caller, right: str) -> RawSQL:
    """Return the ids of the users who grant `caller` that right by a bundle."""
    return RawSQL(_GRANTED, (caller.pk, right))  # noqa: S611 - parameters are bound


def may_invite(caller: Caller, user: Model) -> bool:
    """Return whether `caller` may have an account join a study: their own, that of somebody who
    lets them write by a bundle, or that of a subject of a study that they own.

    To administer a study is not enough: an administrator could show its subjects to others by a
    study of their own, and keep them when they are removed.
    """
    if caller.is_staff or user.pk == caller.pk:
        return True
    owned = StudySubject.objects.filter(user=user.pk, withdrawn=None, study__owner=caller.pk)
    if owned.exclude(study__status=StudyStatus.DELETED).exists():
        return True
    granted = InSubquery(F("pk"), select_bundle_granters(caller, WRITE))
    return get_user_model()._default_manager.filter(granted, pk=user.pk).exists()


def select_run_studies(caller: Caller) -> RawSQL:
    """Return the ids of the studies that `caller` owns or administers."""
    return RawSQL(_RUN, (caller.pk, caller.pk))  # noqa: S611 - parameters are bound


def select_studies(caller: Caller) -> RawSQL:
    """Return the ids of the studies in which `caller` takes part: as owner, administrator or
    subject."""
    both = f"{_RUN} UNION ALL {_JOINED}"
    return RawSQL(both, (caller.pk, caller.pk, caller.pk))  # noqa: S611 - parameters are bound


def select_materials(caller: Caller, kind: str) -> RawSQL:
    """Return the ids of the objects of that kind which the studies of `caller` are about."""
    values = (kind, caller.pk, caller.pk, caller.pk)
    return RawSQL(_MATERIAL, values)  # noqa: S611 - parameters are bound


def key_at(row: Model, path: str) -> int | None:
    """Return the key of the row at the end of a path; the row's own for the empty path."""
    *steps, last = path.split("__")
    for step in steps:
        row = getattr(row, step)
    key: int | None = getattr(row, f"{last}_id") if path else row.pk
    return key


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

    With the empty path, the row is the user. Other users see it if they hold the `right`. Rows of
    a kind of `material` are also seen by everybody who takes part in a study that is about them.
    """

    def __init__(
        self, path: str, *, right: str = READ, shared: bool = False, material: str = ""
    ) -> None:
        self.path, self.right, self.shared, self.material = path, right, shared, material

    def condition(self, caller: Caller) -> Q:
        owners, path = self.owners(caller), self.path or "pk"
        if owners is None:
            return Q()
        seen = Q(InSubquery(F(path), owners))
        if self.shared:
            seen |= Q(**{f"{path}__isnull": True})
        if self.material:
            seen |= Q(InSubquery(F("pk"), select_materials(caller, self.material)))
        return seen

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
        alone = type(self) is OwnedBy and self.path and not self.shared and not self.material
        return self.owners(caller) if alone else None

    def beside(self, caller: Caller) -> RawSQL | None:
        """Return the keys of rows that are seen whoever owns them: none."""
        return None

    def covers(self, path: str, other: Visibility[Any]) -> bool:
        """Return whether both rows belong to the same user and need the same right.

        This holds only for exactly this rule, because a derived rule may show more rows.
        """
        if type(self) is not OwnedBy or type(other) is not OwnedBy:
            return False
        if self.right != other.right or self.material:
            return False
        owner = f"{path}__{other.path}" if other.path else path
        return self.path == owner and (other.shared or not self.shared or not other.path)

    def may_change(self, caller: Caller, row: Model) -> bool:
        owner = key_at(row, self.path)
        if caller.is_staff or owner == caller.pk:
            return True
        if owner is None:
            return False
        writable = InSubquery(F("pk"), select_granting_users(caller, WRITE))
        return get_user_model()._default_manager.filter(writable, pk=owner).exists()


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
        taking_part = Q(user_allowed=caller.pk)
        taking_part |= Q(user_target=caller.pk)
        taking_part |= Q(asked_by=caller.pk)
        return open_ & taking_part

    def may_change(self, caller: Caller, row: BundlePermissionRequest) -> bool:
        part = {row.user_allowed_id, row.user_target_id, row.asked_by_id}
        return bool(caller.is_staff or caller.pk in part)


class StudyRule:
    """Rows of the study at `path`, or the study itself with the empty path.

    Its owner, its administrators and, if `to_subjects`, its subjects see it until it is deleted.
    Owner and administrators change it.
    """

    def __init__(self, path: str = "study", *, to_subjects: bool = False) -> None:
        self.path, self.to_subjects = path, to_subjects

    def condition(self, caller: Caller) -> Q:
        if caller.is_staff:
            return Q()
        studies = select_studies(caller) if self.to_subjects else select_run_studies(caller)
        return Q(InSubquery(F(self.path or "pk"), studies))

    def may_change(self, caller: Caller, row: Model) -> bool:
        if caller.is_staff:
            return True
        study = key_at(row, self.path)
        if study is None:
            return False
        run = InSubquery(F("pk"), select_run_studies(caller))
        return Study.objects.filter(run, pk=study).exists()


class StudyItselfRule(StudyRule):
    """Studies, to which `StudyRule` applies. Anybody may begin one."""

    def __init__(self) -> None:
        super().__init__("", to_subjects=True)

    def condition(self, caller: Caller) -> Q:
        """Return the condition, which also finds that a row was deleted while one waited for it."""
        seen = super().condition(caller)
        return seen if caller.is_staff else seen & ~Q(status=StudyStatus.DELETED)

    def may_change(self, caller: Caller, row: Model) -> bool:
        return row.pk is None or super().may_change(caller, row)


class StudyGroupRule(StudyRule):
    """Groups are seen by those who run the study. A subject sees their own group."""

    def condition(self, caller: Caller) -> Q:
        if caller.is_staff:
            return Q()
        joined = StudySubject.objects.filter(user=caller.pk, withdrawn=None)
        own = joined.exclude(study__status=StudyStatus.DELETED).values("study_group")
        return super().condition(caller) | Q(pk__in=own)


class StudySubjectRule(StudyRule):
    """Subjects who have not left are seen by those who run the study. A subject sees their own
    row."""

    def condition(self, caller: Caller) -> Q:
        present = Q(withdrawn=None)
        if caller.is_staff:
            return present
        joined = Q(user=caller.pk) & ~Q(study__status=StudyStatus.DELETED)
        return present & (super().condition(caller) | joined)
