"""Reading `.hxd` files: pairs of a tick and a value (behaviour 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np

from apps.archives.members import Member
from apps.catalog.models import Datatype
from apps.signals.hxd import PAIR
from apps.signals.ingestion import Column, require_order
from apps.signals.series import Arrays, Series

EVENTS = 20_000_000
"""Pairs of one file."""

BLOCK = 1 << 16
"""Pairs that are read at a time."""


@contextmanager
def events(member: Member, datatype: Datatype) -> Iterator[Series]:
    """Offsets in ticks from the start of the record, and values.

    Raises ArchiveError for half a pair, which a file that was cut off ends with. Reading the
    series raises IngestionError for offsets that do not rise.
    """
    if member.size > EVENTS * PAIR:
        raise member.error(f"{member.size} bytes are more than the limit of {EVENTS * PAIR}")
    if member.size % PAIR:
        raise member.error(f"cut off: {member.size} bytes are not a whole number of pairs")
    with member.content() as file:
        yield Series(member.size // PAIR, "int64", lambda: _pieces(file, datatype))


def _pieces(file: IO[bytes], datatype: Datatype) -> Iterator[Arrays]:
    file.seek(0)
    first, after = 0, 0
    while content := file.read(BLOCK * PAIR):
        pairs = np.frombuffer(content, "<i8").reshape(-1, 2)
        offsets, values = np.ascontiguousarray(pairs.T, np.int64)
        require_order(Column(datatype.name, None, first), offsets, after)
        yield offsets, values
        first, after = first + len(offsets), int(offsets[-1])
