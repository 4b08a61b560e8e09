"""Indexes in the order of lists."""

from __future__ import annotations

from django.db.models import F, Index
from django.db.models.expressions import CombinedExpression


def sorted_index(name: str, column: str | CombinedExpression, *, owner: str | None = None) -> Index:
    """The rows, or those of each owner, in the order of what may be null, as lists put them:
    nulls first, and equal ones by their keys."""
    before = [F(owner)] if owner else []
    value = F(column) if isinstance(column, str) else column
    return Index(*before, value.asc(nulls_first=True), F("id"), name=name)


def usual_index(name: str, column: str, *, owner: str | None = None) -> Index:
    """The same in reverse, with nulls last, but equal ones by their keys in rising order: as
    lists have them without order_by."""
    before = [F(owner)] if owner else []
    return Index(*before, F(column).desc(nulls_last=True), F("id"), name=name)
