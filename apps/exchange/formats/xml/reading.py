"""Reading XML of strangers: in pieces, and without what an attack needs.

Nothing outside of the file is opened, and no entity of its own is expanded. Depth, sizes and the
number of elements between two that matter have limits, so memory stays flat.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, Protocol

from lxml import etree

from apps.exchange.activity import Activity, FileError
from apps.exchange.formats.xml.repetition import PointForms
from apps.exchange.formats.xml.tree import local_name

PIECE = 1 << 16
"""Bytes that are read at a time."""

_FIRST = 1 << 20
"""The root element must begin within so many bytes."""

MOST_MARKS, _MOST_BYTES = 100_000, 16 << 20
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
    """How many points with a time there were so far."""

    forms: PointForms
    """The forms of points, of which this counts and keeps those that are known."""

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
    point: str
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
    raise FileError(f"This is no {form.title} file: it has no whole start tag in its first MB.")


def _checked(root: etree._Element, form: XmlFormat) -> Root:
    name = local_name(root)
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileError(f"The file declares a document type, which no {form.title} file has.")
    if name != form.root:
        raise FileError(f"This is no {form.title} file: its root is {name}, not {form.root}.")
    return Root(frozenset(root.nsmap.values()), root.get("creator", ""))


def _gather(pieces: Iterator[bytes], form: XmlFormat, gatherer: Gatherer) -> None:
    """Hand over each element that matters. What follows the end of the root does not count."""
    intake = _Intake(form, gatherer)
    rest = ""
    for piece in pieces:
        # Each byte is a character here, whatever the encoding is.
        rest = intake.take(rest + piece.decode("latin-1"))
        if intake.ended:
            return
    intake.feed(rest)
    if not intake.ended:
        raise FileError(f"The file breaks off after {gatherer.points} points.")


class _Intake:
    """Hands a file to the parser, but for points of forms that are known."""

    def __init__(self, form: XmlFormat, gatherer: Gatherer) -> None:
        tags = [f"{{*}}{name}" for name in (form.root, *form.tags)]
        self._parser = Parser(events=("end",), tag=tags, **_SAFE)
        self._gatherer = gatherer
        self._point = form.point
        self._stop = f"</{form.point}>"
        self._idle = _Idle()
        self._offset = 0
        self.ended = False

    def take(self, text: str) -> str:
        """Take a part of the file. Return its end, which is to be taken with the next part."""
        place = 0
        while (stop := text.find(self._stop, place) + len(self._stop)) >= len(self._stop):
            at_point = self.feed(text[place:stop])
            place = stop
            if self.ended:
                return ""
            if at_point:
                place, count = self._gatherer.forms.take(text, place)
                self._offset += place - stop
                self._gatherer.points += count
                self._idle.forget()
        if place and len(text) - place < PIECE:
            return text[place:]
        self.feed(text[place:])
        return ""

    def feed(self, text: str) -> bool:
        """Parse a part of the file. Return whether it ends with a point."""
        failure = _feed(self._parser, text.encode("latin-1"))
        self._idle.count(text)
        at_point = False
        for element in _events(self._parser):
            if element.getparent() is None:
                self.ended = True
                return False
            if self._gatherer.take(element):
                self._idle.forget()
            at_point = local_name(element) == self._point
            if at_point:
                self._gatherer.forms.learn(text[text.rfind(f"<{self._point}") :], element)
            element.clear()
        if failure is not None:
            points = self._gatherer.points
            what = f"The XML cannot be read near byte {self._offset}, after {points} points"
            raise _named(failure, what)
        self._offset += len(text)
        return at_point


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

    def count(self, piece: str) -> None:
        """Count a piece. Raise FileError if it is too much."""
        self.marks += piece.count("<") + piece.count("=")
        self.bytes += len(piece)
        if self.marks > MOST_MARKS or self.bytes > _MOST_BYTES:
            raise FileError("The file has too much that is no part of an activity.")


def _feed(parser: Parser, piece: bytes) -> etree.XMLSyntaxError | None:
    """Parse a piece, and return what is wrong in it. Events before that can still be read."""
    try:
        parser.feed(piece)
    except etree.XMLSyntaxError as error:
        return error
    return None


def _named(error: etree.XMLSyntaxError, what: str) -> Exception:
    """Return the error to raise. The parser does not know the line, because it misses points."""
    message = error.msg.partition(", line")[0].strip()
    text = f"{what}: {_limit(message) or message}."
    return _WrongBytes(text) if getattr(error, "code", None) in _WRONG_BYTES else FileError(text)


def _limit(message: str) -> str:
    """Return which limit of the parser a file exceeds; "" if something else is wrong.

    The parser's own messages advise programmers to do without.
    """
    return next((limit for words, limit in _LIMITS.items() if words in message), "")


_LIMITS = {
    "Excessive depth": "elements are nested more than 256 deep",
    "too long: ": "a name is longer than 50,000 bytes",
    "limit exceeded": "a text or an attribute is longer than 10,000,000 bytes",
    "too big found": "a comment or a text is longer than 10,000,000 bytes",
}
"""What is wrong, by a part of the message of the parser."""
