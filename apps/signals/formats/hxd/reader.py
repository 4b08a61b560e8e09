"""Reading `.hxd` files: pairs of a tick and a value (behaviour 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from apps.catalog.models import Datatype
from apps.signals.formats.hxd import pairs
from apps.signals.formats.reading.members import DownloadMember
from apps.signals.storage.ingestion import IncomingColumn, require_order
from apps.signals.storage.series import Arrays, Series

EVENTS = 20_000_000
"""The most pairs of one file."""

BLOCK = 1 << 16
"""The number of pairs that are read at a time."""


@contextmanager
def events(member: DownloadMember, datatype: Datatype) -> Iterator[Series]:
    """Yield offsets in ticks from the start of the record, and values.

    Raise ArchiveError for half a pair, which is at the end of a file that was cut off. Reading the
    series raises IngestionError for offsets that do not ascend.
    """
    most, width = pairs.size_of_events(EVENTS), pairs.size_of_events(1)
    if member.size > most:
        raise member.error(f"{member.size} bytes are more than the limit of {most}")
    if member.size % width:
        raise member.error(f"cut off: {member.size} bytes are not a whole number of pairs")
    with member.open_content() as file:
        yield Series(member.size // width, "int64", lambda: _read_pieces(file, datatype))


def _read_pieces(file: IO[bytes], datatype: Datatype) -> Iterator[Arrays]:
    file.seek(0)
    first, after = 0, 0
    while content := file.read(pairs.size_of_events(BLOCK)):
        offsets, values = pairs.split_events(content)
        require_order(IncomingColumn(datatype.name, None, first), offsets, after)
        yield offsets, values
        first, after = first + len(offsets), int(offsets[-1])
