"""Where the texts of a point go, by the local names of its elements within their parents.

Prefixes differ, and some programs forget the namespaces. Only elements of our own need theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml.etree import _Element as Element

from apps.exchange.formats.xml.point_columns import PointTexts, Texts
from apps.exchange.formats.xml.tree import bare_name, drop_before

_BATCH = 1024
"""So many empty points may stay in the tree."""

_MOST_NAMES = 1000
"""So many unknown names are remembered."""


class Children(dict[Any, "Children | Texts | None"]):
    """Where the text of each child goes, by its tag. None is nowhere.

    `names` are local names, `qualified` ones have their namespace. Children that are `wrapped`
    may also stand inside of unknown elements.
    """

    def __init__(
        self,
        names: Mapping[str, Children | Texts],
        qualified: Mapping[str, Texts] | None = None,
        *,
        wrapped: bool = False,
    ) -> None:
        super().__init__(qualified or {})
        self._names = names
        self._wrapped = wrapped

    def __missing__(self, tag: object) -> Children | Texts | None:
        name = bare_name(tag) if isinstance(tag, str) else ""
        found = self._names.get(name, self if self._wrapped and name else None)
        if len(self) < _MOST_NAMES:
            self[tag] = found
        return found


def put_texts(element: Element, grammar: Children, row: int) -> None:
    """Put the texts of an element's children where the grammar says, under the number `row`."""
    for child in element:
        target = grammar[child.tag]
        if isinstance(target, Children):
            put_texts(child, target, row)
        elif target is not None:
            target[row] = child.text


def end_point(element: Element, texts: PointTexts) -> bool:
    """End a point whose texts were put. Return whether it has a time.

    Now and then the points before it are removed from the tree, so that memory stays flat.
    """
    is_timed = texts.count in texts.times
    texts.end_points()
    if texts.count % _BATCH == 0:
        drop_before(element)
    return is_timed


def leaf_targets(element: Element, grammar: Children | None) -> Iterator[tuple[str, Texts | None]]:
    """Return each text below an element, in its order, with where `put_texts` would put it."""
    for child in element:
        target = None if grammar is None else grammar[child.tag]
        inside = target if isinstance(target, Children) else None
        if len(child):
            yield from leaf_targets(child, inside)
        elif child.text and child.text.strip():
            yield child.text, None if isinstance(target, Children) else target
