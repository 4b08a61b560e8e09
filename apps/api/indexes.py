"""Indexes in the order of lists."""

from __future__ import annotations

from django.db.models import F, Index


def sorted_index(name: str, column: str, *, owner: str | None = None) -> Index:
    """The rows, or those of each owner, in the order of a column that may be null, as lists put
    them: nulls first, and equal ones by their keys."""
    before = [F(owner)] if owner else []
    return Index(*before, F(column).asc(nulls_first=True), F("id"), name=name)
