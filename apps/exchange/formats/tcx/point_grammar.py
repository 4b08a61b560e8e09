"""What the elements of a Trackpoint are, by their local names within their parents.

Prefixes differ, and some programs forget the namespaces. Only our own elements need theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml.etree import _Element as Element

from apps.exchange.activity import Column
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.xml.point_columns import PointTexts, Texts
from apps.exchange.formats.xml.reading import bare_name

_MOST_NAMES = 1000
"""So many unknown names are remembered."""


class Children(dict[Any, "Children | Texts | None"]):
    """Where the text of each child goes, by its tag. None is nowhere.

    Children of extensions may be wrapped in others.
    """

    def __init__(
        self,
        names: Mapping[str, Children | Texts],
        own: Mapping[str, Texts] | None = None,
        *,
        wrapped: bool = False,
    ) -> None:
        super().__init__(
            {f"{{{elements.OWN}}}{name}": texts for name, texts in (own or {}).items()}
        )
        self._names = names
        self._wrapped = wrapped

    def __missing__(self, tag: object) -> Children | Texts | None:
        name = bare_name(tag) if isinstance(tag, str) else ""
        found = self._names.get(name, self if self._wrapped and name else None)
        if len(self) < _MOST_NAMES:
            self[tag] = found
        return found


def trackpoint(texts: PointTexts, *, own: bool) -> Children:
    """Return where the texts of a Trackpoint go. Only our `own` files have energy in Watts."""
    values = texts.values
    position = Children(
        {
            "LatitudeDegrees": values[Column.LATITUDE],
            "LongitudeDegrees": values[Column.LONGITUDE],
        }
    )
    return Children(
        {
            "Time": texts.times,
            "Position": position,
            "AltitudeMeters": values[Column.ALTITUDE],
            "DistanceMeters": values[Column.DISTANCE],
            "HeartRateBpm": Children({"Value": values[Column.HEART_RATE]}),
            "Extensions": _extensions(values, own=own),
        }
    )


def _extensions(values: Mapping[Column, Texts], *, own: bool) -> Children:
    names: dict[str, Children | Texts] = {
        "Speed": values[Column.SPEED],
        "RunCadence": values[Column.STEP_RATE],
    }
    if own:
        names["Watts"] = values[Column.ENERGY]
    breathing = {name: values[column] for name, column in elements.OWN_COLUMNS.items()}
    return Children(names, breathing, wrapped=True)


def put_texts(element: Element, grammar: Children, row: int) -> None:
    """Put the texts of an element's children where the grammar says, under the number `row`."""
    for child in element:
        target = grammar[child.tag]
        if isinstance(target, Children):
            put_texts(child, target, row)
        elif target is not None:
            target[row] = child.text
