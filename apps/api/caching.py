"""Cached responses; X-HexoCache tells since when (API reference, Cached Content).

A response is kept under the edition of every table that it is made of. A write makes a new edition,
so older responses are never used again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apps.api import editions
from apps.api.shelves import BoundedCache
from hexostore import clock
from hexostore.database import copies
from hexostore.database.chosen import chosen_database

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.api.context import Context
    from apps.api.resources import ModelResource

HEADER = "X-HexoCache"
MOST = 512

_answers: BoundedCache[tuple[int, Any]] = BoundedCache(MOST)


def keep_answer(
    resource: type[ModelResource[Any]], context: Context, request: Request, make: Callable[[], Any]
) -> tuple[Any, dict[str, str]]:
    """Return what `make` returns, or what it returned for the same question in the same edition.

    A kept response comes with the header that holds the Unix time at which it was made.
    """
    if not resource.cached_by:
        return make(), {}
    edition = editions.read_edition(resource.cached_by)
    key = chosen_database(), resource.name, *context.form, request.get_full_path(), edition
    found = _answers.get(key)
    if found is None:
        moves = copies.count_moves()
        body = make()
        if copies.count_moves() == moves:  # else it may be of another time than the edition
            _answers.put(key, (int(clock.now().timestamp()), body))
        return body, {}
    when, body = found
    return body, {HEADER: str(when)}
