"""Kept pages of lists, for requests that are repeated while nothing was written.

Two things are kept of a page. Its text is valid until a write to one of the tables that it was read
from. Its keys are valid until a write to a table that decides which rows the list has. With known
keys, the rows are read again without searching for them.

The statements that read a page show from which tables it is read. A page is kept only if the
edition of these tables was requested together with its rows. The first page of each kind is not
kept, because the tables are known only afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.api import editions, listing, reading, rendering
from apps.api.listing import FoundPage, PageKeys
from apps.api.rendering import Written
from apps.api.shelves import BoundedCache
from hexostore.database import copies
from hexostore.database.chosen import chosen_database
from hexostore.kept_counts import note_kept

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
    """A page, with the edition of the tables that it was read from."""

    tables: tuple[str, ...]
    edition: Decimal | int
    page: ShownPage


_pages: BoundedCache[KeptPage] = BoundedCache(512)
_known: BoundedCache[PageKeys] = BoundedCache(512)
_empty: BoundedCache[bool] = BoundedCache(2048)
"""Whether a page had no rows. No edition comes with an empty page, so it is requested in
advance."""

_tables: BoundedCache[frozenset[str]] = BoundedCache(2048)
"""The tables that pages of each kind were seen to be read from."""

_MOST_KEYS, LONGEST = 100, 2**16
"""Pages with more rows or more characters are not kept."""


def forget_pages() -> None:
    """Forget everything, so that every page is looked up again."""
    for kept in (_pages, _known, _empty, _tables):
        kept.clear()


def find_page(
    resource: type[ModelResource[Any]], context: Context, query: str, look_up: LookUp
) -> ShownPage:
    """Return the page that a query string asks for.

    It is a kept page, a page by its known keys, or what `look_up` finds. `look_up` is given the
    tables whose edition it should return.
    """
    question = _question_key(resource, context, query)
    kept = _pages.get(question)
    if kept is not None and editions.read_edition(kept.tables) == kept.edition:
        note_kept("page")
        return kept.page
    kind = resource.name, *context.form
    tables = _tables.get(kind) or frozenset()
    moves = copies.count_moves()
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
    if copies.count_moves() != moves:  # rows and edition may be of different times
        return answer
    if not reads.tables <= tables:
        _tables.put(kind, tables | reads.tables)
    elif edition is not None and len(text) <= LONGEST:
        _pages.put(question, KeptPage(tuple(sorted(tables)), edition, answer))
    return answer


def _question_key(resource: type[ModelResource[Any]], context: Context, query: str) -> Hashable:
    """Return everything that a page depends on, except the rows themselves."""
    caller = context.caller
    return chosen_database(), resource.name, context.form, (caller.pk, caller.is_staff), query


def _find_by_keys(
    resource: type[ModelResource[Any]],
    context: Context,
    question: Hashable,
    look_up: LookUp,
    tables: Sequence[str],
) -> FoundPage:
    known = _known.get(question)
    found = known and listing.by_keys(resource, context, known, tables)
    note_kept("keys" if found else "nothing")
    return found or look_up(tables)
