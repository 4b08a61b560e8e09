"""Where the texts of a point go, by the local names of its elements within their parents.

Prefixes differ, and some programs forget the namespaces. Only elements of our own need theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml.etree import _Element as Element

from apps.exchange.formats.xml.point_columns import Texts
from apps.exchange.formats.xml.reading import bare_name

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
