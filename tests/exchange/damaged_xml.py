"""Damaged XML: elements moved, doubled or removed, texts and attributes changed."""

from __future__ import annotations

from copy import deepcopy
from random import Random

from hypothesis import strategies as st
from lxml import etree

_TEXTS = """
0 -1 1e999 NaN x 2020-06-01 9999-12-31T23:59:59Z é 0001-01-01T00:00:00Z 2020-06-31T12:00:00Z
2020-06-01T12:00:00+99:00 2020-06-01T11:59:59.5 111111111111111111111111111111111111111111111111
"""
TEXTS = ("", " ", "1" * 400, *_TEXTS.split())


def damaged_elements(body: bytes) -> st.SearchStrategy[bytes]:
    """The file with some elements moved, doubled, removed or told otherwise."""
    return st.builds(_rebuild, st.just(body), st.integers(0, 2**32), st.integers(1, 6))


def _rebuild(body: bytes, seed: int, changes: int) -> bytes:
    random = Random(seed)  # noqa: S311
    root = etree.fromstring(body)
    for _ in range(changes):
        places = [*root.iterdescendants()]
        if not places:
            break
        _change(random.choice(places), random.choice(places), random)
    return etree.tostring(root)


def _change(element: etree._Element, other: etree._Element, random: Random) -> None:
    parent = element.getparent()
    assert parent is not None
    match random.randrange(6):
        case 0:
            parent.remove(element)
        case 1:
            parent.append(deepcopy(element))
        case 2:
            other.append(deepcopy(element))
        case 3:
            element.text = random.choice(TEXTS)
        case 4:
            element.tag = other.tag
        case _:
            for name in element.attrib:
                element.set(name, random.choice(TEXTS))
