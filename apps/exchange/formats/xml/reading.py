"""Reading XML of strangers: in pieces, and without what an attack needs.

Nothing outside of the file is opened, and no entity of its own is expanded. Depth, sizes and the
number of elements between two that matter have limits, so memory stays flat.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple, Protocol

from lxml import etree

from apps.exchange.activity import Activity, FileError

PIECE = 1 << 16
"""Bytes that are read at a time."""

_FIRST = 1 << 20
"""The root element must begin within so many bytes."""

_MOST_MARKS, _MOST_BYTES = 100_000, 16 << 20
"""So many marks of elements and attributes, or bytes, may stand between two points."""

Parser = etree.XMLPullParser

_BLANK = b" \t\r\n"

_WRONG_BYTES = frozenset((etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.I18N_CONV_FAILED))

_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}


class Root(NamedTuple):
    """The root element, as its start tag shows it."""

    namespaces: frozenset[str]
    creator: str


class Gatherer(Protocol):
    """Takes what a file contains, element by element."""

    points: int
    """How many points there were so far."""

    def take(self, element: etree._Element) -> bool:
        """Take an element that is complete; it is cleared afterwards.

        Return whether it may be followed by as much as the whole file may have without it.
        """

    def activity(self) -> Activity:
        """Return what was taken. Raise FileError if it makes no activity."""


@dataclass(frozen=True, slots=True)
class XmlFormat:
    """What to look for in a file: its root, and the elements that a gatherer takes."""

    title: str
    root: str
    tags: Collection[str]
    begin: Callable[[Root], Gatherer]


class _WrongBytes(Exception):
    """The file has bytes that its encoding does not have."""


def read(file: BinaryIO, form: XmlFormat) -> Activity:
    """Return what a file contains. Raise FileError if that is impossible.

    A file that says UTF-8 but has bytes of Latin-1 is read again, with each of them as Latin-1.
    """
    try:
        return _read(lambda: _pieces(file), form)
    except _WrongBytes:
        pass
    try:
        return _read(lambda: _repaired(_pieces(file)), form)
    except _WrongBytes as error:
        raise FileError(str(error)) from None


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace; "" for what is no element."""
    return bare_name(element.tag) if isinstance(element.tag, str) else ""


@lru_cache(1024)
def bare_name(tag: str) -> str:
    """Return a tag without its namespace, or without a prefix that is not declared."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def child_of(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child with a local name."""
    return next((child for child in element if local_name(child) == name), None)


def child_text(element: etree._Element, *names: str) -> str:
    """Return the stripped text of the first descendant along these local names, or ""."""
    for name in names:
        found = child_of(element, name)
        if found is None:
            return ""
        element = found
    return (element.text or "").strip()


def drop_before(element: etree._Element) -> None:
    """Remove the elements before this one from their parent."""
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]


def drop_twin_before(element: etree._Element) -> None:
    """Remove the element before this one if it has the same name."""
    parent, before = element.getparent(), element.getprevious()
    if parent is not None and before is not None and before.tag == element.tag:
        parent.remove(before)


def _read(pieces: Callable[[], Iterator[bytes]], form: XmlFormat) -> Activity:
    root = _find_root(pieces(), form)
    gatherer = form.begin(root)
    _gather(pieces(), form, gatherer)
    return gatherer.activity()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Return the bytes of a file, without blanks and a byte order mark before the declaration."""
    file.seek(0)
    piece = file.read(PIECE).lstrip(_BLANK).removeprefix(codecs.BOM_UTF8).lstrip(_BLANK)
    while not piece and (more := file.read(PIECE)):
        piece = more.lstrip(_BLANK)
    while piece:
        yield piece
        piece = file.read(PIECE)


def _repaired(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return UTF-8 in which each wrong byte became the character that it is in Latin-1."""
    decode = codecs.getincrementaldecoder("utf-8")(_LATIN_1).decode
    for piece in pieces:
        yield decode(piece).encode()
    yield decode(b"", True).encode()


def _take_as_latin_1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


_LATIN_1 = "hexostore.latin-1"
codecs.register_error(_LATIN_1, _take_as_latin_1)


def _find_root(pieces: Iterator[bytes], form: XmlFormat) -> Root:
    """Return the root element. Raise FileError for a file of another kind."""
    parser = Parser(events=("start",), **_SAFE)
    seen = 0
    for piece in pieces:
        failure = _feed(parser, piece)
        for element in _events(parser):
            return _checked(element, form)
        if failure is not None:
            raise _named(failure, f"This is no {form.title} file")
        seen += len(piece)
        if seen > _FIRST:
            break
    raise FileError(f"This is no {form.title} file: no element begins in it.")


def _checked(root: etree._Element, form: XmlFormat) -> Root:
    name = local_name(root)
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileError(f"The file declares a document type, which no {form.title} file has.")
    if name != form.root:
        raise FileError(f"This is no {form.title} file: its root is {name}, not {form.root}.")
    return Root(frozenset(root.nsmap.values()), root.get("creator", ""))


def _gather(pieces: Iterator[bytes], form: XmlFormat, gatherer: Gatherer) -> None:
    """Hand over each element that matters. What follows the end of the root does not count."""
    tags = [f"{{*}}{name}" for name in (form.root, *form.tags)]
    parser = Parser(events=("end",), tag=tags, **_SAFE)
    idle = _Idle()
    for piece in pieces:
        failure = _feed(parser, piece)
        idle.count(piece)
        for element in _events(parser):
            if element.getparent() is None:
                return
            if gatherer.take(element):
                idle.forget()
            element.clear()
        if failure is not None:
            raise _named(failure, f"The XML is damaged after {gatherer.points} points")
    raise FileError(f"The file breaks off after {gatherer.points} points{_last_error(parser)}.")


def _events(parser: Parser) -> Iterator[etree._Element]:
    for _, element in parser.read_events():
        assert isinstance(element, etree._Element)
        yield element


class _Idle:
    """How much was read since the last element that matters. It stays in memory until the next."""

    def __init__(self) -> None:
        self.marks = self.bytes = 0

    def forget(self) -> None:
        self.marks = self.bytes = 0

    def count(self, piece: bytes) -> None:
        """Count a piece. Raise FileError if it is too much."""
        self.marks += piece.count(b"<") + piece.count(b"=")
        self.bytes += len(piece)
        if self.marks > _MOST_MARKS or self.bytes > _MOST_BYTES:
            raise FileError("The file has too much that is no part of an activity.")


def _feed(parser: Parser, piece: bytes) -> etree.XMLSyntaxError | None:
    """Parse a piece, and return what is wrong in it. Events before that can still be read."""
    try:
        parser.feed(piece)
    except etree.XMLSyntaxError as error:
        return error
    return None


def _named(error: etree.XMLSyntaxError, what: str) -> Exception:
    if getattr(error, "code", None) in _WRONG_BYTES:
        return _WrongBytes(f"{what}: {error.msg}.")
    return FileError(f"{what}: {error.msg}.")


def _last_error(parser: Parser) -> str:
    """Return what the parser says about an error after which it went on."""
    errors = parser.feed_error_log
    return f": {errors[-1].message} in line {errors[-1].line}" if errors else ""
