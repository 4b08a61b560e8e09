"""What a file looks like that is no FIT file: so that people see what they have sent."""

from __future__ import annotations

BYTES_NEEDED = 512

_BEGINNINGS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF", "a PDF document"),
)
_MARKS = (
    (b"<html", "a web page"),
    (b"<!doctype html", "a web page"),
    (b"<trainingcenterdatabase", "a TCX file"),
    (b"<gpx", "a GPX file"),
    (b"<", "an XML file"),
    (b"{", "a JSON file"),
    (b"[", "a JSON file"),
)
_MAGIC_AT = 8


def name_of(head: bytes) -> str:
    """Return what a file is whose first bytes these are, with its article."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if head[_MAGIC_AT : _MAGIC_AT + 4] == b".FIT":
        return "the beginning of one, whose header is malformed or cut off"
    return _name_of_text(head)


def _name_of_text(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").strip().lower()
    for mark, name in _MARKS:
        if text.startswith(mark) or (text.startswith(b"<") and mark in text and len(mark) > 1):
            return name
    printable = text and all(byte >= 0x20 or byte in b"\t\r\n" for byte in text)
    return "a text file" if printable else "a file of an unknown kind"
