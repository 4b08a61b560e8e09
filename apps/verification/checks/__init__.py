"""The checks, by the part of the API that they look at."""

from __future__ import annotations

from apps.verification.checks import (
    data,
    documents,
    examples,
    filters,
    formats,
    headers,
    links,
    lists,
    objects,
    orders,
    paging,
    refusals,
    tables,
    times,
    versions,
)
from apps.verification.parity_checks import ParityCheck, registered_checks

_PARTS = (
    documents,
    versions,
    refusals,
    lists,
    paging,
    filters,
    orders,
    formats,
    headers,
    objects,
    links,
    times,
    data,
    tables,
    examples,
)


def all_checks() -> list[ParityCheck]:
    """Return all checks, those of one part together."""
    parts = [each.__name__ for each in _PARTS]
    return sorted(registered_checks(), key=lambda check: parts.index(check.examine.__module__))
