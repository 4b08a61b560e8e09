"""Texts of many numbers at once, in columns of four letters, of which empty places are dropped.

A column of four letters is an array of 32-bit numbers, which numpy moves about ten times as fast
as texts. For `12,-7` and `3,10042`:

    12··  ,···  -···  ····  7···
    3···  ,···  ····  1···  0042
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Quads = NDArray[np.uint32]

_WIDTH = 4
_BASE = 10**_WIDTH


def table(texts: Sequence[str], columns: int) -> Quads:
    """Return the texts in a table with rows of four characters. `table[:, places]` are columns of
    them."""
    laid = np.array([text.encode() for text in texts], f"S{_WIDTH * columns}")
    return np.ascontiguousarray(laid.view(np.uint32).reshape(-1, columns).T)


def join(columns: Sequence[Quads], count: int) -> bytes:
    """Return the rows of the columns, one after the other. A column with one row has it in every
    row."""
    laid = np.empty((count, len(columns)), np.uint32)
    for number, column in enumerate(columns):
        laid[:, number] = column
    return laid.tobytes().translate(None, b"\0")


def numbers(integers: NDArray[Any]) -> Iterator[Quads]:
    """Yield the columns of decimal integers, as many as the longest of them needs."""
    rest = integers.astype(np.uint64)
    if integers.dtype.kind == "i" and integers.min() < 0:
        is_negative = integers < 0
        yield np.where(is_negative, _MINUS, 0).astype(np.uint32)
        rest = np.where(is_negative, -rest, rest)
    yield from _decimals(rest)


def _decimals(rest: NDArray[np.uint64]) -> Iterator[Quads]:
    further: list[NDArray[np.uint64]] = []
    while rest.max() >= _BASE:
        rest, group = np.divmod(rest, np.uint64(_BASE))
        further.insert(0, group)
    yield (_FIRST if further else _ONLY)[rest.astype(np.intp)]
    begun = rest > 0
    for left, group in zip(range(len(further) - 1, -1, -1), further, strict=True):
        digits = group.astype(np.intp)
        yield np.where(begun, _FURTHER[digits], (_FIRST if left else _ONLY)[digits])
        begun |= group > 0


_MINUS = table(["-"], 1)[0, 0]
_ONLY = table([str(number) for number in range(_BASE)], 1)[0]
"""The last four digits of a number without further digits."""

_FIRST = np.where(np.arange(_BASE) > 0, _ONLY, 0).astype(np.uint32)
_FURTHER = table([f"{number:04}" for number in range(_BASE)], 1)[0]
