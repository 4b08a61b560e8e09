"""Answers kept by the process: X-HexoCache tells since when (seed 002, "Cached Content").

An answer is kept under the edition of every table it is made of; a write makes another edition,
and so the answers made before it are never given again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from apps.api.models import Edition
from hexostore import clock

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.api.context import Context
    from apps.api.resources import ModelResource

HEADER = "X-HexoCache"
MOST = 512

_kept: OrderedDict[tuple[Any, ...], tuple[int, Any]] = OrderedDict()


def kept(
    resource: type[ModelResource], context: Context, request: Request, make: Callable[[], Any]
) -> tuple[Any, dict[str, str]]:
    """What `make` gives, or what it gave for the same question in the same edition.

    With a kept answer comes the header that holds the unix time at which it was made.
    """
    if not resource.cached_by:
        return make(), {}
    key = resource.name, *context.form, request.get_full_path(), _edition(resource.cached_by)
    found = _kept.get(key)
    if found is None:
        body = make()
        _keep(key, body)
        return body, {}
    when, body = found
    return body, {HEADER: str(when)}


def _edition(tables: tuple[str, ...]) -> int:
    """One number for all the tables."""
    return int(Edition.objects.filter(table__in=tables).aggregate(sum=Sum("number"))["sum"] or 0)


def _keep(key: tuple[Any, ...], body: Any) -> None:
    _kept[key] = int(clock.now().timestamp()), body
    while len(_kept) > MOST:
        _kept.popitem(last=False)
