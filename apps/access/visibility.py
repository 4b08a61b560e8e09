"""Which rows a user may see and change: the one place that decides (design, "rights").

A user sees himself, those who granted him a bundle with the right to read, and shared rows.
He changes his own rows, and those of people whose bundle lets him write. Staff may do all.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL

from apps.access.models import Bundle, BundlePermission

READ, WRITE = "read", "write"


# Raw because it stands in almost every statement, and building it would cost most of a request.
_GRANTED = f"""
    SELECT held.user_target_id
    FROM {BundlePermission._meta.db_table} held JOIN {Bundle._meta.db_table} bundle
        ON bundle.id = held.bundle_id
    WHERE held.user_allowed_id = %s AND bundle.rights ? %s
"""  # noqa: S608 - made of table names only


def granted(caller: Any, right: str) -> RawSQL:
    """The ids of the users who gave `caller` a bundle with that right."""
    return RawSQL(_GRANTED, (caller.pk, right))  # noqa: S611 - parameters are bound


class Shared:
    """Rows of the service itself: everybody sees them, staff changes them."""

    def rows(self, caller: Any) -> Q:
        return Q()

    def may_change(self, caller: Any, row: Any) -> bool:
        return bool(caller.is_staff)


class Myself:
    """The caller's own row of users and no other."""

    def rows(self, caller: Any) -> Q:
        return Q(pk=caller.pk)

    def may_change(self, caller: Any, row: Any) -> bool:
        return bool(row.pk == caller.pk)


class OwnedBy:
    """Rows that belong to the user at `path`, or with `shared` to everybody where it is null.

    The empty path means that the row is the user himself.
    """

    def __init__(self, path: str, *, shared: bool = False) -> None:
        self.path, self.shared = path, shared

    def rows(self, caller: Any) -> Q:
        if caller.is_staff:
            return Q()
        owner = self.path or "pk"
        seen = Q(**{owner: caller.pk}) | Q(**{f"{owner}__in": granted(caller, READ)})
        return seen | Q(**{f"{owner}__isnull": True}) if self.shared else seen

    def may_change(self, caller: Any, row: Any) -> bool:
        owner = self._owner(row)
        if caller.is_staff or owner == caller.pk:
            return True
        held = BundlePermission.objects.filter(user_allowed=caller.pk, user_target=owner)
        return held.filter(bundle__rights__contains=WRITE).exists()

    def _owner(self, row: Any) -> Any:
        """The id of the row's owner, found by walking the path."""
        for step in self.path.split("__")[:-1]:
            row = getattr(row, step)
        return getattr(row, f"{self.path.split('__')[-1]}_id") if self.path else row.pk
