"""Damaged XML: bytes flipped or cut, elements moved, doubled or removed, texts and attributes
changed. HEXOSTORE_DAMAGED_FILES says how many each test tries; bin/fuzz tries more."""

from __future__ import annotations

import os
from copy import deepcopy
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from lxml import etree

MANY = settings(
    max_examples=int(os.environ.get("HEXOSTORE_DAMAGED_FILES", "80")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

_TEXTS = """
0 -1 1e999 NaN x 2020-06-01 9999-12-31T23:59:59Z é 0001-01-01T00:00:00Z 2020-06-31T12:00:00Z
2020-06-01T12:00:00+99:00 2020-06-01T11:59:59.5 111111111111111111111111111111111111111111111111
"""
TEXTS = ("", " ", "1" * 400, *_TEXTS.split())


def of_bytes(body: bytes) -> st.SearchStrategy[bytes]:
    """The file with some bytes changed, and perhaps without its end."""
    change = st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255))
    stop = st.one_of(st.just(len(body)), st.integers(0, len(body)))
    return st.builds(_flip, st.just(body), st.lists(change, max_size=4), stop)


def _flip(body: bytes, changes: list[tuple[int, int]], stop: int) -> bytes:
    damaged = bytearray(body)
    for place, value in changes:
        damaged[place] = value
    return bytes(damaged[:stop])


def of_elements(body: bytes) -> st.SearchStrategy[bytes]:
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
