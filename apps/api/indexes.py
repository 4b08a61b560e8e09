"""Indexes in the order of lists."""

from __future__ import annotations

from django.db.models import F, Index, Q
from django.db.models.expressions import CombinedExpression


def sorted_index(name: str, column: str | CombinedExpression, *, owner: str | None = None) -> Index:
    """Return an index in the order of `order_by=column`, for all rows or for those of each owner.

    Nulls come first, and equal rows are ordered by key.
    """
    value = F(column) if isinstance(column, str) else column
    rising = value.asc(nulls_first=True)
    if owner is None:
        return Index(rising, F("id"), name=name)
    return Index(F(owner), rising, F("id"), name=name)


def usual_index(name: str, column: str, *, owner: str | None = None) -> Index:
    """Return an index in the order of lists without order_by, for all rows or for those of each
    owner.

    Values are descending with nulls last, but equal rows are in ascending order of keys.
    """
    falling = F(column).desc(nulls_last=True)
    if owner is None:
        return Index(falling, F("id"), name=name)
    return Index(F(owner), falling, F("id"), name=name)


def imported_index(name: str) -> Index:
    """Return an index for the rows that came with an import: they are few."""
    return Index(fields=["importfile"], condition=Q(importfile__isnull=False), name=name)
