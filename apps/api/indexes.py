"""Indexes in the order of lists."""

from __future__ import annotations

from django.db.models import F, Index, Q
from django.db.models.expressions import CombinedExpression


def sorted_index(name: str, column: str | CombinedExpression, *, owner: str | None = None) -> Index:
    """Return an index in the order of `order_by=column`, for all rows or for those of each owner.

    Nulls come first, and equal rows are ordered by key.
    """
    before = [F(owner)] if owner else []
    value = F(column) if isinstance(column, str) else column
    return Index(*before, value.asc(nulls_first=True), F("id"), name=name)


def usual_index(name: str, column: str, *, owner: str | None = None) -> Index:
    """Return an index in the order of lists without order_by, for all rows or for those of each
    owner.

    Values are descending with nulls last, but equal rows are in ascending order of keys.
    """
    before = [F(owner)] if owner else []
    return Index(*before, F(column).desc(nulls_last=True), F("id"), name=name)


def imported_index(name: str) -> Index:
    """Return an index for the rows that came with an import: they are few."""
    return Index(fields=["importfile"], condition=Q(importfile__isnull=False), name=name)
