"""What happens to linked rows of other people when a row is deleted.

There is one rule for the whole store. Rows of the same owner are deleted too. Rows of other people
stay, and their link becomes null. If their link cannot be null, the deletion is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, ProtectedError, Q, QuerySet

if TYPE_CHECKING:
    from django.db.models.deletion import Collector

OWNER = "owner_path"
"""The name of a model's attribute with the path to its owner. The default path is `user`."""


def spare_others(
    collector: Collector, field: models.ForeignKey[Any, Any], rows: QuerySet[Any], using: str
) -> None:
    """Apply this rule as the on_delete of a link between two tables whose rows have owners.

    Raise ProtectedError if other people have rows that cannot exist without the link.
    """
    owner = getattr(field.model, OWNER, "user")
    is_own = Q(**{owner: F(f"{field.name}__{_target_owner(field)}")})
    own = rows.filter(is_own)
    if own:
        models.CASCADE(collector, field, own, using)
    others = rows.exclude(pk__in=[row.pk for row in own])
    if not others:
        return
    if not field.null:
        raise ProtectedError(f"{field} of somebody else's", set(others))
    models.SET_NULL(collector, field, others, using)


def _target_owner(field: models.ForeignKey[Any, Any]) -> str:
    return str(getattr(field.related_model, OWNER, "user"))
