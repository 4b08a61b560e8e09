"""JSON as people read it: indented, coloured, and with the addresses in it as links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+|[{}\[\],:]')
_OWN = re.compile(r"/api/[!-\[\]-~]*")
_WEB = re.compile(r"https?://[!-\[\]-~]+")
_OPEN, _CLOSE = ("{", "["), ("}", "]")
_DEEPEST = 40
"""Levels that are indented. Those below them stand under each other."""

_SHORT = 16
"""The most tokens of an array on one line."""


def show_json(text: str, root: str) -> SafeString:
    """Return JSON as HTML. Links into the API begin with `root`.

    The spelling of numbers and strings stays as it is in the text.
    """
    tokens = _TOKEN.findall(text)
    return mark_safe("".join(_pieces(tokens, root)))  # noqa: S308 - every word is escaped


def _pieces(tokens: Sequence[str], root: str) -> Iterator[str]:
    depth, at = 0, 0
    while at < len(tokens):
        word = tokens[at]
        length = _short_length(tokens, at)
        if length:
            yield "".join(_on_one_line(tokens[at : at + length], root))
            at += length
            continue
        if word in _OPEN:
            depth += 1
            yield word + _new_line(depth)
        elif word in _CLOSE:
            depth -= 1
            yield _new_line(depth) + word
        elif word == ",":
            yield "," + _new_line(depth)
        else:
            yield _word(tokens, at, root)
        at += 1


def _short_length(tokens: Sequence[str], at: int) -> int:
    """Return the number of tokens of an empty object, or of a short array of plain values, that
    begins there; 0 if none does."""
    if tokens[at] not in _OPEN:
        return 0
    for length, word in enumerate(tokens[at + 1 : at + _SHORT], start=2):
        if word in _CLOSE:
            return length if tokens[at] == "[" or length == 2 else 0
        if word in _OPEN:
            return 0
    return 0


def _on_one_line(tokens: Sequence[str], root: str) -> Iterator[str]:
    for at, word in enumerate(tokens):
        yield ", " if word == "," else _word(tokens, at, root)


def _word(tokens: Sequence[str], at: int, root: str) -> str:
    word = tokens[at]
    if word == ":":
        return ": "
    if not word.startswith('"'):
        return escape(word)
    if tokens[at + 1 : at + 2] == [":"]:
        return f'<span class="name">{escape(word)}</span>'
    return f'<span class="text">{_linked(word, root)}</span>'


def _linked(word: str, root: str) -> str:
    """Return a string as a link if it is an address of the API, or of the web."""
    shown, value = escape(word), str(json.loads(word, strict=False))
    if _OWN.fullmatch(value):
        return f'<a href="{escape(root + value)}">{shown}</a>'
    if _WEB.fullmatch(value):
        return f'<a href="{escape(value)}" rel="noopener noreferrer">{shown}</a>'
    return shown


def _new_line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEEPEST)
