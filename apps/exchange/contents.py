"""The content of imported files: stored in pieces, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO, UnsupportedOperation
from tempfile import TemporaryFile
from typing import IO, Any, cast

from apps.catalog.models import ImportFile
from apps.exchange.sent_files import pieces_of
from hexostore.database.raw import raw_cursor

Report = Callable[[float], None]
"""Is told the share of the work that is done, from 0 to 1."""

_AT_ONCE = 8

_COPY = "COPY catalog_importpiece (importfile_id, number, content) FROM STDIN (FORMAT BINARY)"
_SELECT = """
    SELECT content FROM catalog_importpiece
    WHERE importfile_id = %s AND number >= %s ORDER BY number LIMIT %s
"""


def write_content(row: ImportFile, content: IO[bytes]) -> None:
    """Store the content of a file."""
    with raw_cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(["int8", "int4", "bytea"])
        for number, piece in enumerate(pieces_of(content)):
            copy.write_row((row.pk, number, piece))


@contextmanager
def open_content(row: ImportFile, report: Report) -> Iterator[BufferedReader]:
    """Open the stored content of a file; `report` is told how far it was read."""
    with TemporaryFile(buffering=0) as spool:
        for piece in _stored_pieces(row):
            spool.write(piece)
        yield watched(spool, report)


def _stored_pieces(row: ImportFile) -> Iterator[bytes]:
    number = 0
    with raw_cursor() as cursor:
        while True:
            cursor.execute(_SELECT, [row.pk, number, _AT_ONCE], binary=True)
            found = cursor.fetchall()
            yield from (content for (content,) in found)
            number += len(found)
            if len(found) < _AT_ONCE:
                return


def watched(spool: IO[Any], report: Report) -> BufferedReader:
    """Return an unbuffered file to be read from its beginning; `report` is told how far."""
    if not isinstance(spool, FileIO):
        raise UnsupportedOperation("an unbuffered file")
    spool.seek(0)
    return cast("BufferedReader", WatchedReader(spool, report))


class WatchedReader(BufferedReader):
    """A file that tells how much of it was read, now and then."""

    STEPS = 50

    def __init__(self, raw: FileIO, report: Report) -> None:
        super().__init__(raw)
        self._report = report
        self._size = max(1, raw.seek(0, 2))
        self._step = max(1, self._size // self.STEPS)
        self._read = self._next = 0
        raw.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._read += len(data)
        if self._read >= self._next:
            self._next = self._read + self._step
            self._report(min(1.0, self._read / self._size))
        return data
