"""Reading the samples and events of several channels at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import attrgetter

from apps.signals.storage import reader
from apps.signals.storage.reader import Part, Piece

AT_ONCE = 256
"""How many chunks one statement reads; each has up to 32,768 samples."""

BY_DATATYPE: Callable[[Piece], int] = attrgetter("source.datatype")
BY_RECORD: Callable[[Piece], int] = attrgetter("source.record")


def read_pieces(parts: Iterable[Part]) -> Iterable[Piece]:
    """Yield what is stored, a statement for each 256 chunks."""
    return reader.read(parts, at_once=AT_ONCE)


def read_grouped(
    parts: Iterable[Part], key: Callable[[Piece], int] = BY_DATATYPE
) -> dict[int, list[Piece]]:
    """Return the pieces of each channel in their order."""
    found = defaultdict[int, list[Piece]](list)
    for piece in read_pieces(parts):
        found[key(piece)].append(piece)
    return dict(found)
