"""What a file is, told by its first bytes; and unpacking, within limits."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast
from xml.parsers import expat

from django.conf import settings

from apps.exchange.activity import Activity, FileError
from apps.exchange.contents import Report, WatchedReader
from apps.exchange.formats import Read, reader_of
from apps.exchange.sent_files import FIT, GZIP, PIECE, ZIP

_FIT_AT = 8  # the signature stands behind sizes and versions

HEAD = 2**16
"""The bytes in which the first element of an XML file is looked for."""

_BLANKS = b" \t\r\n\0"
_MARK = b"\xef\xbb\xbf"  # of byte order, in UTF-8
_WIDE_MARKS = b"\xff\xfe", b"\xfe\xff"  # in UTF-16

_KNOWN = "It must be FIT, TCX or GPX, which may be packed with gzip or zip."


def read_activity(file: BinaryIO, report: Report) -> Activity:
    """Return what a file tells, whatever its format; `report` is told how much was read.

    Raise FileError, which says what it looks like and why it cannot be read.
    """
    with _unpacked(file, report) as (content, begins):
        return _reader(begins)(content)


@contextmanager
def _unpacked(file: BinaryIO, report: Report) -> Iterator[tuple[BinaryIO, bytes]]:
    """Yield the file, or what is packed in it, from the beginning, and its first bytes."""
    begins = _first_bytes(file)
    if not begins.startswith((GZIP, ZIP)):
        yield file, begins
        return
    with TemporaryFile(buffering=0) as spool:
        unpack = _unpack_zip if begins.startswith(ZIP) else _unpack_gzip
        unpack(file, spool)
        content = cast("BinaryIO", WatchedReader(spool, report))
        yield content, _first_bytes(content)


def _first_bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    begins = file.read(HEAD)
    file.seek(0)
    return begins


def _unpack_gzip(file: BinaryIO, into: IO[bytes]) -> None:
    try:
        with gzip.GzipFile(fileobj=file) as packed:
            _copy_limited(cast("IO[bytes]", packed), into)
    except (OSError, EOFError, zlib.error):
        raise FileError("The gzip file is damaged.") from None


def _unpack_zip(file: BinaryIO, into: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive, archive.open(_only_member(archive)) as packed:
            _copy_limited(packed, into)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
        raise FileError("The zip file is damaged, encrypted or packed in an unusual way.") from None


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) != 1:
        raise FileError(f"The zip file must have one file, not {len(members)}.")
    return members[0]


def _copy_limited(packed: IO[bytes], into: IO[bytes]) -> None:
    """Unpack a file. Raise FileError as soon as it is too large."""
    limit = size = settings.HEXOSTORE_IMPORT_BYTES
    while piece := packed.read(PIECE):
        size -= len(piece)
        if size < 0:
            raise FileError(f"The file is larger than the limit of {limit} bytes when unpacked.")
        into.write(piece)


def _reader(begins: bytes) -> Read:
    """Return the reader for a file that begins so. Raise FileError if there is none."""
    if begins[_FIT_AT : _FIT_AT + len(FIT)] == FIT:
        return reader_of("fit")
    bare = begins.lstrip(_BLANKS).removeprefix(_MARK).lstrip(_BLANKS)
    if bare.startswith((b"<", *_WIDE_MARKS)):
        return _xml_reader(_root_name(bare, is_whole=len(begins) < HEAD))
    raise FileError(f"{_describe(bare)} {_KNOWN}")


def _xml_reader(name: str) -> Read:
    """Return the reader for XML whose first element has that name."""
    bare = name.rpartition(":")[2]
    if bare == "TrainingCenterDatabase":
        return reader_of("tcx")
    if bare == "gpx":
        return reader_of("gpx")
    if bare.lower() == "html":
        raise FileError(f"This is a web page, not an activity. {_KNOWN}")
    what = f"XML with the first element '{bare[:40]}', which is no known format"
    raise FileError(f"This is {what}. {_KNOWN}")


def _root_name(begins: bytes, *, is_whole: bool) -> str:
    """Return the name of the first element. Raise FileError if its start tag cannot be read, or
    goes on where the file or its beginning ends."""
    names: list[str] = []

    def note_name(name: str, _attributes: object) -> None:
        names.append(name)

    parser = expat.ParserCreate()
    parser.StartElementHandler = note_name
    why = f"the start tag of its first element is not complete within {HEAD:,} bytes"
    if is_whole:
        why = "it breaks off before the end of the first start tag"
    try:
        parser.Parse(begins, False)
    except expat.ExpatError as error:
        why = f"it cannot be read: {expat.ErrorString(error.code)}"
    except (ValueError, LookupError):
        why = "its encoding is not supported"
    if names:
        return names[0]
    raise FileError(f"This begins like XML, but {why}. {_KNOWN}")


def _describe(begins: bytes) -> str:
    """Return a sentence that says what a file of no known format looks like."""
    if not begins:
        return "The file is empty."
    if begins.startswith((b"{", b"[")):
        return "This is JSON, not an activity."
    if begins.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        return "This is a picture or a document, not an activity."
    text = begins[:256].decode("utf-8", "replace")
    if all(each.isprintable() or each.isspace() for each in text):
        return "This is a text, not an activity."
    return "This is no activity."
