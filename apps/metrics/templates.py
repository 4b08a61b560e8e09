"""Stored reports: a `templatereport` holds the arguments of a report that is made again."""

from __future__ import annotations

from typing import Any, Protocol

from django.http import QueryDict

from apps.api import registry
from apps.api.context import Context
from apps.api.errors import NotFound
from apps.api.filtering import refused_lookup
from apps.signals.selection.query import key

ARGUMENT = "templatereport"
"""The argument of a report that names a stored one, by id or URI."""


class StoredReport(Protocol):
    """A row of `templatereport`, whose model stands above this app."""

    start: int | None
    end: int | None
    include_metrics: Any


_LINKS = "activitytype", "category", "range", "record", "trainingroutine", "user"
_MOMENTS = "end", "start"


def apply_template(context: Context, params: QueryDict) -> tuple[int | None, QueryDict]:
    """Return the id of the stored report that is named, if one is, and the parameters with those
    of it.

    What the request says itself stands before what is stored. Raises NotFound for a stored report
    that the caller does not see, BadRequest for another lookup than `exact`.
    """
    named = _named(params)
    if not named:
        return None, params
    resource = registry.model_resource(ARGUMENT)
    pk = key(ARGUMENT, named)
    row = resource.visible_rows(context).filter(pk=pk).first()
    if row is None:
        raise NotFound
    said = {name.partition("__")[0] for name in params}
    together = params.copy()
    for name, texts in _stored(row).items():
        if name not in said and texts:
            together.setlist(name, texts)
    return pk, together


def _named(params: QueryDict) -> str:
    """The text that names the stored report, empty without one."""
    named = ""
    for parameter in params:
        argument, _, lookup = parameter.partition("__")
        if argument == ARGUMENT:
            if lookup not in ("", "exact"):
                raise refused_lookup(lookup, argument)
            named = str(params[parameter]).strip()
    return named


def _stored(row: StoredReport) -> dict[str, list[str]]:
    """The arguments that a stored report has, as a request sends them."""
    given = {name: getattr(row, f"{name}_id") for name in _LINKS}
    given |= {name: getattr(row, name) for name in _MOMENTS}
    found = {name: [str(value)] for name, value in given.items() if value is not None}
    metrics = row.include_metrics.order_by("pk").values_list("pk", flat=True)
    return {**found, "include_metrics": [str(pk) for pk in metrics]}
