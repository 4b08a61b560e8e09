"""Pages of lists that are kept: those who ask again for what nobody has written since get it from
here.

Two things are kept of a page. Its text is good until one of the tables that it was read from is
written. Its keys are good until a table that decides which rows the list has is written: rows of
known keys are read again without looking for them.

Which tables a page is read from is seen by the statements that read it. A page is kept when their
edition was asked for along with its rows; the first page of each kind is not, for only then is it
known which tables these are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.api import editions, listing, reading, rendering
from apps.api.listing import FoundPage, PageKeys
from apps.api.rendering import Written
from apps.api.shelves import BoundedCache

if TYPE_CHECKING:
    from decimal import Decimal

    from apps.api.context import Context
    from apps.api.resources import ModelResource

    LookUp = Callable[[Sequence[str]], FoundPage]


@dataclass(frozen=True)
class ShownPage:
    """The objects of a page as JSON, and the number of all rows of its list."""

    objects: Written
    total: int


@dataclass(frozen=True)
class KeptPage:
    """A page as it is in an edition of the tables that it was read from."""

    tables: tuple[str, ...]
    edition: Decimal | int
    page: ShownPage


_pages: BoundedCache[KeptPage] = BoundedCache(512)
_known: BoundedCache[PageKeys] = BoundedCache(512)
_empty: BoundedCache[bool] = BoundedCache(2048)
"""Whether a page had no rows: with none comes no edition, so that it is asked for before."""

_tables: BoundedCache[frozenset[str]] = BoundedCache(2048)
"""The tables that pages of each kind were seen to be read from."""

_MOST_KEYS, LONGEST = 100, 2**16
"""Larger pages, in rows and in characters, are not kept."""


def forget_pages() -> None:
    """Have every page looked up anew, as if none had been asked for."""
    for kept in (_pages, _known, _empty, _tables):
        kept.clear()


def find_page(
    resource: type[ModelResource[Any]], context: Context, query: str, look_up: LookUp
) -> ShownPage:
    """The page that a query string asks for: as it is kept, by its keys, or as `look_up` finds
    it, which is told the tables whose edition it should give."""
    question = _question_key(resource, context, query)
    kept = _pages.get(question)
    if kept is not None and editions.read_edition(kept.tables) == kept.edition:
        return kept.page
    kind = resource.name, *context.form
    tables = _tables.get(kind) or frozenset()
    before = editions.read_edition(tables) if _empty.get(question) else None
    with editions.watch_reads() as reads:
        found = _find_by_keys(resource, context, question, look_up, sorted(tables))
        text = rendering.write_json(reading.read_objects(resource, context, found.rows))
    answer = ShownPage(text, found.total)
    edition = found.edition if found.rows else before
    _empty.put(question, not found.rows)
    if found.known is not None and len(found.known.keys) <= _MOST_KEYS:
        _known.put(question, found.known)
    if reads.tables is None or reading.is_personal(resource, context):
        return answer
    if not reads.tables <= tables:
        _tables.put(kind, tables | reads.tables)
    elif edition is not None and len(text) <= LONGEST:
        _pages.put(question, KeptPage(tuple(sorted(tables)), edition, answer))
    return answer


def _question_key(resource: type[ModelResource[Any]], context: Context, query: str) -> Hashable:
    """All that a page depends on, but for the rows themselves."""
    caller = context.caller
    return resource.name, context.form, (caller.pk, caller.is_staff), query


def _find_by_keys(
    resource: type[ModelResource[Any]],
    context: Context,
    question: Hashable,
    look_up: LookUp,
    tables: Sequence[str],
) -> FoundPage:
    known = _known.get(question)
    found = known and listing.by_keys(resource, context, known, tables)
    return found or look_up(tables)
